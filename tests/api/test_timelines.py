"""GET /v1/checks/{id}/timeline: the same days as the decision, and blind to what is hidden."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from policy_service.domain import audiences
from policy_service.domain.principals import Scope
from policy_service.services.disclosures import TieForm, state_tie
from policy_service.services.episodes import (
    ClientPart,
    ClinicianPart,
    EpisodeForm,
    open_episode,
)
from policy_service.services.events import EventForm, report_event
from policy_service.services.parties import client_row, clinician_row
from tests.api.conftest import asked
from tests.api.test_audiences import Seen
from tests.cast import NORA, World
from tests.services.duty_office import befriend

ALL = (Scope.DECISION_FULL, Scope.DECISION_BRIEF)
SYSTEM = {"acting_role": "system"}
TWO_YEARS = "us-tx-lpc.681-38d.tie-within-two-years"


def former(world: World, ended: str) -> None:
    """Nora was Ben's client until then."""
    part = ClinicianPart(world.ids["ben"], ended_on=ended, last_contact_on=ended)
    form = EpisodeForm(
        (ClientPart(world.ids["nora"]),), (part,), "2022-01", ended, "planned", is_open=False
    )
    with world.writing() as context:
        open_episode(context, form)


def dinner(world: World) -> str:
    """Ben meets Nora for dinner; returns the check's id."""
    form = EventForm(
        world.ids["ben"], world.ids["nora"], "contact_outside_sessions", "mutual",
        occurred_on="2026-02-20", stated_by="clinician",
    )  # fmt: skip
    response = report_event(world.desk, world.cleo, form, world.door())
    return str(orjson.loads(response.body)["id"])


def timeline(world: World, check_id: str, query: dict[str, str]) -> Seen:
    return Seen(world.http(*ALL).get(f"/v1/checks/{check_id}/timeline", query_string=query))


def bar(seen: Seen, rule: str = TWO_YEARS) -> dict[str, Any]:
    """The one bar of that rule."""
    [found] = [one for one in seen.json["entries"] if one["bar"] and one["bar"]["rule"] == rule]
    return dict(found)


def test_a_known_end_of_care_gives_the_day_and_what_begins_after(world: World) -> None:
    former(world, "2024-09-01")
    befriend(world, "ben", NORA, since="2025-06-01")
    found = bar(timeline(world, dinner(world), SYSTEM))
    assert (found["when"], found["earliest"], found["latest"]) == ("on", "2026-09-01", "2026-09-01")
    assert found["certain"] is True
    assert found["bar"]["then"] == "deliberate"
    assert found["bar"]["citations"]


def test_a_month_alone_gives_the_interval_although_the_decision_names_no_day(world: World) -> None:
    former(world, "2024-09")
    befriend(world, "ben", NORA, since="2025-06-01")
    check_id = dinner(world)
    found = bar(timeline(world, check_id, SYSTEM))
    said = (found["when"], found["earliest"], found["latest"])
    assert said == ("between", "2026-09-01", "2026-09-30")
    decided = world.http(*ALL).get(f"/v1/checks/{check_id}", query_string=SYSTEM).json
    [finding] = [one for one in decided["findings"] if one["rule"] == TWO_YEARS]
    assert finding["clock"]["clears_on"] is None


def test_what_happened_is_told_in_order(world: World) -> None:
    former(world, "2024-09-01")
    befriend(world, "ben", NORA, since="2025-06-01")
    entries = timeline(world, dinner(world), SYSTEM).json["entries"]
    told = [(one["what"], one["stated"]) for one in entries if one["stated"]]
    assert told == [
        ("care_began", "2022-01"),
        ("last_professional_contact", "2024-09-01"),
        ("relationship_ended", "2024-09-01"),
        ("terminated", "2024-09-01"),
        ("tie_began", "2025-06-01"),
        ("event", "2026-02-20"),
    ]


@pytest.mark.parametrize(
    "query",
    [{}, {"acting_role": "intake"}, {"acting_role": "patient"}, {"acting_role": "clinician"}],
    ids=str,
)
def test_for_those_who_may_not_know_there_is_a_constant(
    sqlite_world: World, query: dict[str, str]
) -> None:
    world = sqlite_world
    caller = world.http(*ALL)
    empty = caller.post("/v1/checks", json=asked(world, "ben", "nora")).json["id"]
    former(world, "2024-09-01")
    befriend(world, "ben", NORA, since="2025-06-01")
    assert timeline(world, empty, query) == timeline(world, dinner(world), query)
    assert timeline(world, empty, query).json.keys() == {"id", "at", "status"}


def test_a_check_that_never_was_has_no_timeline(sqlite_world: World) -> None:
    nowhere = "00000000-0000-4000-8000-000000000000"
    assert timeline(sqlite_world, nowhere, SYSTEM).shape[0] == 404


def _seen_by_ben(world: World, *, hidden: bool, stated: bool) -> Seen:
    former(world, "2024-09-01")
    if hidden:
        with world.writing() as context:
            ben = clinician_row(context, world.ids["ben"]).person_id
            nora = client_row(context, world.ids["nora"]).person_id
            state_tie(context, TieForm(ben, nora, "business_partner", since="2023"))
    if stated:
        befriend(world, "ben", NORA, since="2025-06-01")
    own = {"acting_role": "clinician", "acting_clinician_id": world.ids["ben"]}
    return timeline(world, dinner(world), own)


@pytest.mark.parametrize("stated", [False, True], ids=["nothing-stated", "friend-stated"])
def test_the_clinician_cannot_tell_a_hidden_tie_from_none(
    world: World, twin_world: World, stated: bool
) -> None:
    plain = _seen_by_ben(world, hidden=False, stated=stated)
    blind = _seen_by_ben(twin_world, hidden=True, stated=stated)
    assert plain == blind
    assert bool(plain.json["entries"]) is stated


def test_the_clinician_sees_the_bar_of_what_they_said(sqlite_world: World) -> None:
    seen = _seen_by_ben(sqlite_world, hidden=True, stated=True)
    assert bar(seen)["tie"] == "t1"
    assert {one["what"] for one in seen.json["entries"]} == {"tie_began", "bar_ends"}


def test_the_comparison_sees_a_timeline_that_tells(
    world: World, twin_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: every entry is told, whatever it rests on."""
    monkeypatch.setattr(audiences, "_own_entry", lambda entry, _refs: entry)
    plain = _seen_by_ben(world, hidden=False, stated=True)
    assert plain != _seen_by_ben(twin_world, hidden=True, stated=True)
