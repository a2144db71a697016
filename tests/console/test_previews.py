"""Asking ahead in the console: a clinician's own pages, and the count that officers see."""

from __future__ import annotations

import re
from datetime import date
from html import unescape
from uuid import uuid4

import pytest

from policy_service.console.preview_drawing import draw
from policy_service.console.preview_words import closings
from policy_service.domain.previews import Contemplated
from policy_service.domain.principals import Role
from tests.care import current_client, former_client
from tests.cast import World, person
from tests.console.office import Browser, signed_in
from tests.previewing import ask

INES = person("Ines", "Marchetti", "1991-08-14", emails=("ines@example.org",))


def ben(world: World) -> Browser:
    return signed_in(world, "ben", Role.CLINICIAN, clinician_id=world.ids["ben"])


@pytest.fixture
def ines(world: World) -> str:
    return former_client(world, world.ids["ben"], "2025-01-10", INES)


def text(page: str) -> str:
    """What a reader sees."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page)))


def asked(world: World, client_id: str, **form: str) -> str:
    """Where the answer is."""
    sent = ben(world).post("/ask-ahead", {"client": client_id, "kind": "friendship"} | form)
    assert sent.status_code == 303, text(sent.get_data(as_text=True))
    return str(sent.location).removeprefix("/console")


def test_the_answer_is_calm_and_says_what_it_closes(world: World, ines: str) -> None:
    page = text(ben(world).get(asked(world, ines)).get_data(as_text=True))
    assert "Thinking about a friendship with Ines Marchetti" in page
    assert "Questions about closeness, friendship and attraction are normal" in page
    assert "Barred until 2027-01-10." in page
    assert "closed for ever" in page
    assert "22 TAC 681.38(d)" in page
    assert "Record, beforehand, what good and harm may follow" in page
    assert "Share this answer" in page


def test_each_rule_of_the_answer_leads_to_its_page(sqlite_world: World) -> None:
    ines = former_client(sqlite_world, sqlite_world.ids["ben"], "2025-01-10", INES)
    mine = ben(sqlite_world)
    page = unescape(mine.get(asked(sqlite_world, ines)).get_data(as_text=True))
    links = set(re.findall(r'href="/console(/rules/[^"]+)"', page))
    assert any(link.startswith("/rules/us-tx-lpc/us-tx-lpc.681-38d.") for link in links)
    for link in links:
        assert "digest=" in link
        assert mine.get(link).status_code == 200, link


def test_the_form_offers_own_clients_alone(world: World, ines: str) -> None:
    page = ben(world).get("/ask-ahead").get_data(as_text=True)
    assert "Ines Marchetti, formerly in care with me" in page
    assert "Tomas" not in page
    assert "Nora" not in page


def test_somebody_else_s_client_and_nobody_are_refused_alike(world: World) -> None:
    theirs = former_client(world, world.ids["alma"], "2024-05-05", INES)
    mine = ben(world)
    pages = []
    for client in (theirs, str(uuid4()), world.ids["tomas"]):
        sent = mine.post("/ask-ahead", {"client": client, "kind": "romance"})
        assert sent.status_code == 422
        page = sent.get_data(as_text=True)
        assert 'href="#f-client"' in page
        pages.append(re.sub(r'name="csrf_token" value="[^"]+"', "", page))
    assert pages[0] == pages[1] == pages[2]


def test_a_hypothetical_question_is_labelled_and_names_nobody(world: World) -> None:
    form = {"kind": "romance", "client_status": "former", "last_contact_on": "2024", "ended_on": ""}
    page = text(ben(world).get(asked(world, "nobody", **form)).get_data(as_text=True))
    assert "Hypothetical The dates of care were imagined" in page
    assert "with nobody in particular" in page
    assert "When was care formally terminated?" in page


def test_a_present_client_s_page_warns_against_ending_care_for_it(world: World) -> None:
    client_id = current_client(world, world.ids["ben"], INES)
    page = text(ben(world).get(asked(world, client_id)).get_data(as_text=True))
    assert "Were care to end for this" in page
    assert "Ending care to make room for a tie is itself weighed by the codes" in page
    assert "Barred while care goes on" in page


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"client": "", "kind": "romance"}, "client"),
        ({"client": "nobody", "kind": "marriage"}, "kind"),
        ({"client": "nobody", "kind": "romance"}, "client_status"),
        ({"client": "nobody", "kind": "romance", "on": "soon"}, "on"),
        (
            {
                "client": "nobody",
                "kind": "romance",
                "on": "2026-03-01",
                "client_status": "current",
            },
            "on",
        ),
        (
            {
                "client": "nobody",
                "kind": "romance",
                "client_status": "former",
                "ended_on": "last May",
            },
            "ended_on",
        ),
        (
            {
                "client": "nobody",
                "kind": "romance",
                "client_status": "former",
                "ended_on": "2031",
            },
            "ended_on",
        ),
    ],
    ids=["nobody chosen", "no kind", "no care", "no day", "a past day", "no date", "the future"],
)
def test_a_refusal_names_the_field_and_keeps_what_was_typed(
    sqlite_world: World, form: dict[str, str], field: str
) -> None:
    sent = ben(sqlite_world).post("/ask-ahead", form)
    assert sent.status_code == 422
    page = sent.get_data(as_text=True)
    assert f'href="#f-{field}"' in page
    assert re.search(f'id="f-{field}"', page)
    if form["kind"] == "romance":
        assert re.search(r'value="romance" checked', page)


def test_officers_see_a_count_and_no_more_until_it_is_shared(world: World, ines: str) -> None:
    address = asked(world, ines)
    preview_id = address.rsplit("/", 1)[-1]
    officer = signed_in(world, "olga", Role.COMPLIANCE)
    page = text(officer.get("/previews").get_data(as_text=True))
    assert "2026-03 Ben Okafor 1" in page
    assert "friendship" not in page
    assert "Ines" not in page
    private = officer.get(f"/previews/{preview_id}")
    never = officer.get(f"/previews/{uuid4()}")
    assert private.status_code == never.status_code == 404
    assert private.get_data() == never.get_data()
    assert officer.get(address).status_code == 403

    mine = ben(world)
    assert mine.post(f"{address}/share", {}, address).status_code == 303
    shared = text(officer.get(f"/previews/{preview_id}").get_data(as_text=True))
    assert "Ben Okafor shared this answer" in shared
    assert "It is a question, not something that happened." in shared
    assert "Share this answer" not in shared
    assert "previews.read" in world.actions()


def test_a_colleague_finds_nothing(world: World, ines: str) -> None:
    address = asked(world, ines)
    alma = signed_in(world, "alma", Role.CLINICIAN, clinician_id=world.ids["alma"])
    assert alma.get(address).status_code == 404
    assert alma.post(f"{address}/share", {}, "/ask-ahead").status_code == 404
    assert "Nothing yet." in text(alma.get("/ask-ahead").get_data(as_text=True))


def test_the_stripes_follow_the_periods_and_the_table_twin_says_the_same(
    sqlite_world: World,
) -> None:
    world = sqlite_world
    client_id = former_client(world, world.ids["ben"], "2025", INES)
    answer = ask(world, world.ids["ben"], Contemplated.FRIENDSHIP, client_id=client_id)
    drawing = draw(answer["codes"], "periods", date(2026, 3, 2))
    assert drawing is not None
    [lpc] = drawing.stripes
    assert [part.outcome for part in lpc.parts] == ["prohibit", "deliberate", "deliberate"]
    assert [part.may_bar for part in lpc.parts] == [False, True, False]
    for one, after in zip(lpc.parts, lpc.parts[1:], strict=False):
        assert one.x + one.width == pytest.approx(after.x, abs=0.2)
    page = text(ben(world).get(asked(world, client_id)).get_data(as_text=True))
    assert "Barred until 2027-01-01 at least, and until 2027-12-31 at most." in page


def test_a_verdict_is_one_line_with_every_rule_behind_it(sqlite_world: World) -> None:
    world = sqlite_world
    client_id = former_client(world, world.ids["ben"], "2025", INES)
    answer = ask(world, world.ids["ben"], Contemplated.ROMANCE, client_id=client_id)
    [lpc] = [code for code in answer["codes"] if code["pack"] == "us-tx-lpc"]
    assert len(lpc["closings"]) == 3
    [line] = closings(lpc)
    assert (line["closes"], line["first"], line["until"]) == ("closed_for_ever", "2026-03-02", None)
    rules = [finding["rule"] for finding in line["findings"]]
    assert len(rules) == len(set(rules))
    assert "us-tx-lpc.681-38d.counselling-family-friends-associates" in rules


def test_nothing_is_drawn_where_nothing_changes(sqlite_world: World) -> None:
    world = sqlite_world
    client_id = former_client(world, world.ids["ben"], "2022-01-01", INES)
    answer = ask(world, world.ids["ben"], Contemplated.FRIENDSHIP, client_id=client_id)
    assert draw(answer["codes"], "periods", date(2026, 3, 2)) is None
