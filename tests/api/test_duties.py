"""/v1/duties: filters and pages, what each audience sees of them, and closing one."""

from __future__ import annotations

from typing import Any

import pytest

from policy_service.domain import audiences
from policy_service.domain.principals import Scope
from policy_service.services import duties as raising
from policy_service.services.context import Context
from policy_service.services.disclosures import TieForm, state_tie
from policy_service.services.parties import client_row, clinician_row
from tests.api.test_audiences import Seen
from tests.cast import Caller, World
from tests.services.duty_office import ask, befriend, duties, practise_in, report, the_duty

FULL = (Scope.DECISION_FULL, Scope.DUTIES_WRITE)
SYSTEM = {"acting_role": "system"}
OFFICER = {"role": "compliance"}


def caller(world: World, *scopes: Scope) -> Caller:
    return world.http(*(scopes or FULL))


def own(world: World, name: str) -> dict[str, str]:
    """The query of a clinician at the EHR."""
    return {"acting_role": "clinician", "acting_clinician_id": world.ids[name]}


def listed(who: Caller, query: dict[str, Any]) -> list[dict[str, Any]]:
    answer = who.get("/v1/duties", query_string=query)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json["duties"]
    return found


@pytest.fixture
def busy(world: World) -> World:
    """Gwen in Ohio has a friend as client, Gwen in California was told of misconduct."""
    practise_in(world, "US-OH")
    befriend(world, "US-OH")
    ask(world, "US-OH")
    practise_in(world, "US-CA")
    report(world, "US-CA")
    return world


def test_the_earliest_due_stand_first_and_each_says_why_and_by_whom_it_is_due(
    busy: World,
) -> None:
    found = listed(caller(busy), SYSTEM)
    assert [one["due_on"] for one in found] == sorted(one["due_on"] for one in found)
    [brochure] = [one for one in found if one["duty"] == "hand_over_brochure"]
    assert (brochure["due_basis"], brochure["source_says"]) == ("source", "now")
    assert brochure["rule"]["citations"][0]["section"] == "728"
    assert brochure["proof_asked"]["needs_note"] is True


def test_filters(busy: World) -> None:
    who = caller(busy)
    everything = listed(who, SYSTEM)
    by_clinician = listed(who, SYSTEM | {"clinician_id": busy.ids["US-CA"]})
    assert [one["duty"] for one in by_clinician] == ["hand_over_brochure"]
    assert len(listed(who, SYSTEM | {"client_id": busy.ids["nora"]})) == len(everything)
    assert listed(who, SYSTEM | {"client_id": busy.ids["tomas"]}) == []
    soon = listed(who, SYSTEM | {"due_before": "2026-03-03"})
    assert {one["due_on"] for one in soon} == {"2026-03-02"}
    assert listed(who, SYSTEM | {"state": "done"}) == []
    assert listed(who, SYSTEM | {"owner": "practice"}) == []


def test_pages_follow_one_another_without_gap_or_repetition(busy: World) -> None:
    who = caller(busy)
    whole = [one["id"] for one in listed(who, SYSTEM)]
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = who.get("/v1/duties", query_string=SYSTEM | {"limit": 2} | cursor).json
        seen += [one["id"] for one in page["duties"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert seen == whole


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"state": "waived"}, "/query/state"),
        ({"cursor": "00000000-0000-4000-8000-000000000000"}, "/query/cursor"),
        ({"due_before": "2026-13-01"}, "/query/due_before"),
        ({"owner": "client"}, "/query/owner"),
        ({"sort": "id"}, "/query/sort"),
    ],
)
def test_a_bad_filter_is_refused_by_name(
    sqlite_world: World, query: dict[str, str], pointer: str
) -> None:
    answer = caller(sqlite_world).get("/v1/duties", query_string=SYSTEM | query)
    assert answer.status_code == 422
    assert answer.json["errors"][0]["pointer"] == pointer


def test_a_clinician_sees_what_they_owe_and_nothing_of_others(busy: World) -> None:
    mine = listed(caller(busy), own(busy, "US-CA"))
    assert [one["duty"] for one in mine] == ["hand_over_brochure"]
    assert "case_id" not in mine[0]
    assert "decision_id" not in mine[0]
    theirs = the_duty(busy, "reassess").id
    answer = caller(busy).get(f"/v1/duties/{theirs}", query_string=own(busy, "US-CA"))
    assert answer.status_code == 404
    detail = caller(busy).get(f"/v1/duties/{mine[0]['id']}", query_string=own(busy, "US-CA")).json
    assert all("actor" not in move for move in detail["history"])
    assert [step["move"] for step in detail["to_come"]] == ["overdue", "escalated"]


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"acting_role": "intake"},
        {"acting_role": "patient"},
        {"acting_role": "clinician"},
        {"acting_role": "unknown"},
    ],
    ids=str,
)
def test_for_all_others_there_are_no_duties(sqlite_world: World, query: dict[str, str]) -> None:
    world = sqlite_world
    practise_in(world, "US-CA")
    before = Seen(caller(world).get("/v1/duties", query_string=query))
    report(world, "US-CA")
    after = Seen(caller(world).get("/v1/duties", query_string=query))
    assert before == after
    assert after.json == {"status": "recorded"}
    duty = the_duty(world, "hand_over_brochure").id
    assert caller(world).get(f"/v1/duties/{duty}", query_string=query).status_code == 404


def _hide_a_tie(world: World, name: str) -> None:
    """An officer records what the clinician did not say."""

    def person_ids(context: Context) -> tuple[str, str]:
        clinician = clinician_row(context, world.ids[name])
        return clinician.person_id, client_row(context, world.ids["nora"]).person_id

    with world.writing() as context:
        state_tie(context, TieForm(*person_ids(context), "FRND"))


def _seen_by_own(world: World, *, hidden: bool, stated: bool) -> Seen:
    practise_in(world, "US-OH")
    if hidden:
        _hide_a_tie(world, "US-OH")
        ask(world, "US-OH")
    if stated:
        befriend(world, "US-OH")
    ask(world, "US-OH")
    return Seen(caller(world).get("/v1/duties", query_string=own(world, "US-OH")))


@pytest.mark.parametrize("stated", [False, True], ids=["nothing-stated", "friend-stated"])
def test_a_clinician_cannot_tell_a_hidden_cause_from_none(
    world: World, twin_world: World, stated: bool
) -> None:
    plain = _seen_by_own(world, hidden=False, stated=stated)
    blind = _seen_by_own(twin_world, hidden=True, stated=stated)
    assert plain == blind
    assert bool(plain.json["duties"]) is stated
    assert len(duties(twin_world)) > len(duties(world))


def test_the_comparison_sees_a_duty_that_tells(
    world: World, twin_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: duties for hidden causes owed by the clinician."""
    new = raising._new

    def telling(cause: raising.Cause, *more: Any) -> raising.NewDuty:
        everything = frozenset(
            (finding.reading.facets.rule, finding.reading.tie)
            for finding in cause.decision.findings
        )
        known = raising.Cause(
            cause.question, cause.gathered, cause.decision, cause.decision_id, everything
        )
        return new(known, *more)

    monkeypatch.setattr(raising, "_new", telling)
    plain = _seen_by_own(world, hidden=False, stated=False)
    assert plain != _seen_by_own(twin_world, hidden=True, stated=False)


def test_proof_over_the_wire_closes_it_once(busy: World) -> None:
    who, duty = caller(busy), the_duty(busy, "hand_over_brochure")
    body = {
        "acting_user": {"role": "clinician", "clinician_id": busy.ids["US-CA"]},
        "done_on": "2026-03-02",
        "note": "Handed over and talked through.",
    }
    path, key = f"/v1/duties/{duty.id}/proof", {"Idempotency-Key": "once"}
    first = who.post(path, json=body, headers=key)
    assert (first.status_code, first.json["status"]) == (200, "recorded")
    assert who.post(path, json=body, headers=key).data == first.data
    assert who.post(path, json=body).status_code == 409
    shown = who.get(f"/v1/duties/{duty.id}", query_string=SYSTEM).json
    assert shown["state"] == "done"
    assert shown["proof"] == {"done_on": "2026-03-02", "reference": "", "next_on": None}
    assert "Handed over" not in str(shown)


def test_a_proof_without_its_note_is_refused_by_name(busy: World) -> None:
    duty = the_duty(busy, "hand_over_brochure").id
    body = {"acting_user": OFFICER, "done_on": "2026-03-02"}
    answer = caller(busy).post(f"/v1/duties/{duty}/proof", json=body)
    assert answer.status_code == 422
    assert answer.json["errors"][0]["pointer"] == "/note"


def test_only_compliance_at_the_ehr_says_that_a_duty_does_not_apply(busy: World) -> None:
    duty = the_duty(busy, "hand_over_brochure").id
    path = f"/v1/duties/{duty}/not-applicable"
    who, reason = caller(busy), {"reason": "The report was about another person."}
    assert who.post(path, json=reason).status_code == 404
    assert who.post(path, json=reason | {"acting_user": {"role": "system"}}).status_code == 403
    subject = {"role": "compliance", "clinician_id": busy.ids["US-CA"]}
    assert who.post(path, json=reason | {"acting_user": subject}).status_code == 403
    assert who.post(path, json=reason | {"acting_user": OFFICER}).status_code == 200
    shown = who.get(f"/v1/duties/{duty}", query_string=SYSTEM).json
    assert (shown["state"], shown["reason"]) == ("not_applicable", None)


def test_another_practice_s_duty_does_not_exist(postgresql_world: World) -> None:
    practise_in(postgresql_world, "US-CA")
    report(postgresql_world, "US-CA")
    dana = postgresql_world.http(*FULL, dana=True)
    duty = the_duty(postgresql_world, "hand_over_brochure").id
    assert dana.get(f"/v1/duties/{duty}", query_string=SYSTEM).status_code == 404
    assert listed(dana, SYSTEM) == []


def test_free_text_is_for_officers_alone() -> None:
    duty = {"id": "d", "proof": {"done_on": "x", "note": "secret"}, "reason": "secret"}
    for audience in set(audiences.Audience) - {audiences.Audience.OFFICER}:
        assert "secret" not in str(audiences.redact_duty(duty, audience))
