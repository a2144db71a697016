"""Previews over REST: the EHR speaks for a clinician it signed in, and for nobody else."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from policy_service.domain.previews import Contemplated
from policy_service.domain.principals import Scope
from tests.api.rows import new_rows, row_counts
from tests.care import current_client, former_client
from tests.cast import Caller, World, person

PREVIEWS = "/v1/previews"
INES = person(
    "Ines", "Marchetti", "1991-08-14", phones=("+1 512 555 0166",), emails=("ines@example.org",)
)


@pytest.fixture
def ehr(world: World) -> Caller:
    """An EHR that signs its clinicians in, and Ben's former client Ines."""
    world.ids["ines"] = former_client(world, world.ids["ben"], "2025-01-10", INES)
    return world.http(Scope.PREVIEW_OWN)


def asked(world: World, own: str | None = "ines", **more: Any) -> dict[str, Any]:
    about = {"client": {"id": world.ids[own]}} if own else {}
    return {
        "clinician": {"id": world.ids["ben"]},
        "contemplated": {"kind": "friendship"},
        "acting_user": at_the_keyboard(world),
        **about,
        **more,
    }


def at_the_keyboard(world: World, who: str = "ben") -> dict[str, Any]:
    return {"role": "clinician", "clinician_id": world.ids[who]}


def query(world: World, who: str = "ben") -> dict[str, Any]:
    return {"acting_role": "clinician", "acting_clinician_id": world.ids[who]}


def test_the_answer_tells_the_bar_what_it_closes_and_what_to_write_first(
    world: World, ehr: Caller
) -> None:
    response = ehr.post(PREVIEWS, json=asked(world))
    assert response.status_code == 201
    assert response.headers["Location"] == f"{PREVIEWS}/{response.json['id']}"
    answer = response.json
    assert answer["summary"] == (
        "Barred until 2027-01-10. "
        "Once the tie exists, the way (back) into your care is closed for ever."
    )
    lpc = answer["codes"][0]
    assert lpc["title"] == "Texas rules for licensed professional counselors"
    assert [period["outcome"] for period in lpc["periods"]] == ["prohibit", "deliberate"]
    assert {item["obligation"] for item in lpc["first"]} == {
        "document_forethought",
        "obtain_consent",
        "weigh_factors",
    }
    assert all(item["text"] for item in answer["first"])
    assert answer["receipt"]
    assert "matched" not in answer["summary"]


def test_it_is_read_back_as_it_was_by_the_clinician_alone(world: World, ehr: Caller) -> None:
    given = ehr.post(PREVIEWS, json=asked(world))
    address = given.headers["Location"]
    assert ehr.get(address, query_string=query(world)).json == given.json
    never = ehr.get(f"{PREVIEWS}/{uuid4()}", query_string=query(world))
    for who in ({}, {"acting_role": "system"}, {"acting_role": "compliance"}, query(world, "alma")):
        refused = ehr.get(address, query_string=who)
        assert refused.status_code == 404
        assert refused.data == never.data


def test_the_list_is_the_clinician_s_own(world: World, ehr: Caller) -> None:
    made = ehr.post(PREVIEWS, json=asked(world)).json
    listed = ehr.get(PREVIEWS, query_string=query(world)).json
    [line] = listed["previews"]
    assert line == {name: made[name] for name in line}
    assert line["contemplated"] == {"kind": "friendship", "on": "2026-03-02"}
    assert ehr.get(PREVIEWS, query_string=query(world, "alma")).json["previews"] == []
    assert ehr.get(PREVIEWS).json == {"status": "recorded"}


def test_officers_learn_a_count_until_it_is_shared(world: World, ehr: Caller) -> None:
    officer = {"acting_role": "compliance"}
    made = ehr.post(PREVIEWS, json=asked(world)).json
    count = [{"clinician_id": world.ids["ben"], "month": "2026-03", "count": 1}]
    assert ehr.get(PREVIEWS, query_string=officer).json == {
        "status": "recorded",
        "counts": count,
        "shared": [],
    }
    address = f"{PREVIEWS}/{made['id']}"
    for role in ("system", "compliance", "intake"):
        body = {"acting_user": {"role": role}}
        assert ehr.post(f"{address}/share", json=body).status_code == 404
    shared = ehr.post(f"{address}/share", json={"acting_user": at_the_keyboard(world)})
    assert shared.status_code == 200
    assert shared.json["shared_at"] == "2026-03-02T09:00:00.000000Z"
    assert ehr.get(address, query_string=officer).json["summary"] == made["summary"]
    [line] = ehr.get(PREVIEWS, query_string=officer).json["shared"]
    assert line["id"] == made["id"]


def test_another_practice_finds_no_preview_of_ours(postgresql_world: World) -> None:
    world = postgresql_world
    world.ids["ines"] = former_client(world, world.ids["ben"], "2025-01-10", INES)
    ours, theirs = world.http(Scope.PREVIEW_OWN), world.http(Scope.PREVIEW_OWN, dana=True)
    made = ours.post(PREVIEWS, json=asked(world)).headers["Location"]
    for address in (made, f"{PREVIEWS}/{uuid4()}"):
        assert theirs.get(address, query_string=query(world)).status_code == 404
        shared = theirs.post(f"{address}/share", json={"acting_user": at_the_keyboard(world)})
        assert shared.status_code == 404
    assert theirs.get(PREVIEWS, query_string=query(world)).json["previews"] == []
    assert theirs.get(PREVIEWS, query_string={"acting_role": "compliance"}).json["counts"] == []
    alike = theirs.post(PREVIEWS, json=asked(world))
    assert (alike.status_code, alike.json["errors"][0]["pointer"]) == (422, "/clinician/id")


def refused(world: World, ehr: Caller, client_id: str) -> tuple[int, bytes, dict[str, str]]:
    response = ehr.post(PREVIEWS, json=asked(world, None, client={"id": client_id}))
    return response.status_code, response.data, dict(response.headers)


def test_who_is_a_client_here_cannot_be_found_out_by_asking(world: World, ehr: Caller) -> None:
    """Byte for byte: nobody, a prospect, a colleague's former and present client."""
    ids = world.ids
    everybody = [
        str(uuid4()),
        ids["tomas"],
        former_client(world, ids["alma"], "2024-05-05", person("Lea", "Holm", "1992-01-02")),
        current_client(world, ids["alma"], person("Per", "Dahl", "1988-03-04")),
    ]
    before = row_counts(world)
    told = [refused(world, ehr, client_id) for client_id in everybody]
    assert told[0][0] == 422
    assert all(one == told[0] for one in told[1:])
    assert new_rows(before, row_counts(world)) == {}


def test_control_an_own_client_is_answered(world: World, ehr: Caller) -> None:
    assert refused(world, ehr, world.ids["ines"])[0] == 201


def test_a_hypothetical_question_is_labelled(world: World, ehr: Caller) -> None:
    care = {"client_status": "former", "last_contact_on": "2025-01", "ended_on": "2025-02"}
    answer = ehr.post(PREVIEWS, json=asked(world, None, hypothetical=care)).json
    assert (answer["basis"], answer["client_id"]) == ("hypothetical", None)
    assert answer["barred"] == {
        "when": "between",
        "earliest": "2027-02-01",
        "latest": "2027-02-28",
    }


def test_a_retry_gives_the_same_bytes(world: World, ehr: Caller) -> None:
    key = {"Idempotency-Key": "p-1"}
    first, again = (ehr.post(PREVIEWS, json=asked(world), headers=key) for _ in range(2))
    assert first.data == again.data
    other = asked(world, contemplated={"kind": "romance"})
    assert ehr.post(PREVIEWS, json=other, headers=key).status_code == 422


FORMER = {"client_status": "former"}


@pytest.mark.parametrize(
    ("more", "pointer", "said"),
    [
        ({"contemplated": {"kind": "marriage"}}, "/contemplated/kind", "not allowed"),
        (
            {"contemplated": {"kind": "romance", "on": "2026-03-01"}},
            "/contemplated/on",
            "disclosed, not previewed",
        ),
        ({"contemplated": {"kind": "romance", "on": "2036-03-01"}}, "/contemplated/on", "up to"),
        ({"hypothetical": FORMER}, "/client", "not both and not neither"),
        ({"client": {"id": "x"}}, "/client/id", "UUID"),
        ({"client": {"id": str(uuid4()), "ended_on": "2020"}}, "/client/ended_on", "Unknown"),
        ({"acting_user": {"role": "system"}}, "/acting_user", "clinician's own"),
        ({"acting_user": None}, "/acting_user", "null"),
        ({"clinician": {"id": str(uuid4())}}, "/acting_user", "clinician's own"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_refusal_names_the_field(
    sqlite_world: World, more: dict[str, Any], pointer: str, said: str
) -> None:
    world = sqlite_world
    world.ids["ines"] = former_client(world, world.ids["ben"], "2025-01-10", INES)
    ehr, before = world.http(Scope.PREVIEW_OWN), row_counts(world)
    response = ehr.post(PREVIEWS, json=asked(world) | more)
    assert response.status_code == 422
    [error] = response.json["errors"]
    assert error["pointer"] == pointer
    assert said in error["detail"]
    if pointer == "/contemplated/kind":
        assert error["allowed"] == list(Contemplated)
    assert new_rows(before, row_counts(world)) == {"ehr_client": 1} or not new_rows(
        before, row_counts(world)
    )


@pytest.mark.parametrize(
    ("care", "pointer"),
    [
        ({"client_status": "prospective"}, "/hypothetical/client_status"),
        ({}, "/hypothetical/client_status"),
        ({"client_status": "current", "ended_on": "2024"}, "/hypothetical/ended_on"),
        (FORMER | {"ended_on": "2031"}, "/hypothetical/ended_on"),
        (FORMER | {"ended_on": "soon"}, "/hypothetical/ended_on"),
        (FORMER | {"name": "Ines"}, "/hypothetical/name"),
    ],
    ids=["prospective", "nothing", "ended and going on", "the future", "no date", "a name"],
)
def test_a_hypothetical_care_is_checked(
    sqlite_world: World, care: dict[str, Any], pointer: str
) -> None:
    ehr = sqlite_world.http(Scope.PREVIEW_OWN)
    response = ehr.post(PREVIEWS, json=asked(sqlite_world, None, hypothetical=care))
    assert response.status_code == 422
    assert pointer in [error["pointer"] for error in response.json["errors"]]


def test_no_other_scope_lets_an_ehr_speak_for_a_clinician(sqlite_world: World) -> None:
    others = sqlite_world.http(*(scope for scope in Scope if scope is not Scope.PREVIEW_OWN))
    body = asked(sqlite_world, None, hypothetical=FORMER)
    assert others.post(PREVIEWS, json=body).status_code == 403
    assert others.get(PREVIEWS, query_string=query(sqlite_world)).status_code == 403
