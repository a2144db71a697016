"""Every practitioner of a context is checked, and each audience is told what it may know."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from policy_service.database.tables.decisions import DecisionRow
from policy_service.database.tables.reviews import CaseRow
from policy_service.domain.principals import Scope
from policy_service.services.case_moves import moves_of
from tests.cast import World
from tests.interop.cds.hooks import (
    ALMA,
    BEN,
    DESK,
    NO_RELATED,
    NOBODY,
    NORA,
    OFFICER,
    PATIENT,
    RELATIVE,
    TOMAS,
    HookEhr,
    JsonObject,
    booking,
    chart,
    encounter,
    referral,
)

PRIVATE = ("brother", "sibling", "relative", "BRO", "kin", "family", "tie")


def decided(world: World) -> list[tuple[str, str]]:
    """Whom every decision was about, by name, and its purpose."""
    names = {world.ids[name]: name for name in ("alma", "ben")}
    with world.reading() as context:
        rows = context.session.scalars(select(DecisionRow).order_by(DecisionRow.at, DecisionRow.id))
        return sorted((names[row.clinician_id], row.purpose) for row in rows)


def test_the_therapist_of_a_booking_is_its_participant_and_not_who_clicks(world: World) -> None:
    (card,) = HookEhr.at(world).cards("appointment-book", booking(DESK, ALMA))
    assert card["summary"] == "Alma Reyes: please choose another clinician for this client."
    assert card["indicator"] == "critical"
    assert decided(world) == [("alma", "booking")]


def test_of_several_therapists_the_one_in_conflict_is_named(sqlite_world: World) -> None:
    cards = HookEhr.at(sqlite_world).cards("appointment-book", booking(DESK, BEN, ALMA))
    assert [card["summary"].split(":")[0] for card in cards] == ["Alma Reyes"]
    assert decided(sqlite_world) == [("alma", "booking"), ("ben", "booking")]


def test_a_front_desk_reads_no_private_word(sqlite_world: World) -> None:
    answer = HookEhr.at(sqlite_world).call("appointment-book", booking(DESK, ALMA))
    text = answer.get_data(as_text=True).lower()
    assert not [word for word in PRIVATE if f" {word.lower()}" in text or f"{word}:" in text]


@pytest.mark.parametrize("user", [PATIENT, RELATIVE])
def test_a_patient_or_relative_who_books_is_told_nothing(sqlite_world: World, user: str) -> None:
    answer = HookEhr.at(sqlite_world).call("appointment-book", booking(user, ALMA))
    assert answer.json == {"cards": [], "systemActions": []}
    assert decided(sqlite_world) == [("alma", "booking")]


def test_a_clinician_sees_what_they_stated_themselves(sqlite_world: World) -> None:
    (card,) = HookEhr.at(sqlite_world).cards("patient-view", chart(ALMA))
    assert "relative" in card["detail"].lower()
    assert "ACA" in card["detail"]


def test_another_clinician_is_told_nothing(sqlite_world: World) -> None:
    cards = HookEhr.at(sqlite_world).cards("appointment-book", booking(BEN, ALMA))
    assert cards == []


def test_an_unregistered_user_learns_the_least_and_the_case_says_so_once(world: World) -> None:
    ehr = HookEhr.at(world)
    for _ in range(2):
        assert ehr.cards("appointment-book", booking(NOBODY, ALMA)) == []
    with world.reading() as context:
        case = context.session.scalars(select(CaseRow)).one()
        words = [dict(move.words) for move in moves_of(context, case)]
    assert words.count({"user_not_registered": NOBODY}) == 1


def test_an_officer_of_a_full_client_reads_rules_and_what_is_not_known(sqlite_world: World) -> None:
    ehr = HookEhr.at(sqlite_world, Scope.DECISION_FULL)
    (card,) = ehr.cards("appointment-book", booking(OFFICER, ALMA))
    assert "ACA" in card["detail"]
    assert "To find out" in card["detail"]
    assert "Tomas" not in card["detail"]


NEW = {"patientId": "ehr-tomas", "dispatchedOrders": ["ServiceRequest/1"], "performer": ALMA}
OLD = {"patientId": "ehr-tomas", "order": "ServiceRequest/1", "performer": ALMA}


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (NEW, ["alma"]),
        (OLD, ["alma"]),
        ({**OLD, "task": {"resourceType": "Task", "owner": {"reference": BEN}}}, ["alma", "ben"]),
        ({**NEW, "fulfillmentTasks": [{"owner": {"reference": BEN}}]}, ["alma", "ben"]),
    ],
    ids=["new names", "old names", "old task", "new tasks"],
)
def test_an_order_is_checked_by_its_new_and_old_names(
    sqlite_world: World, given: JsonObject, wanted: list[str]
) -> None:
    (card,) = HookEhr.at(sqlite_world).cards("order-dispatch", given)
    assert card["summary"].startswith("Alma Reyes")
    assert decided(sqlite_world) == [(name, "assignment") for name in wanted]


def test_the_performers_of_a_referral_are_checked(sqlite_world: World) -> None:
    (card,) = HookEhr.at(sqlite_world).cards("order-sign", referral(DESK, ALMA, BEN))
    assert card["summary"].startswith("Alma Reyes")


@pytest.mark.parametrize("hook", ["encounter-start", "encounter-discharge"])
def test_whoever_takes_part_in_an_encounter_is_checked(sqlite_world: World, hook: str) -> None:
    context = {**chart(DESK), "encounterId": "enc-1"}
    brought = {"patient": TOMAS, "related": NO_RELATED, "encounter": encounter(ALMA)}
    (card,) = HookEhr.at(sqlite_world).cards(hook, context, prefetch=brought)
    assert card["summary"].startswith("Alma Reyes")
    assert decided(sqlite_world) == [("alma", "session")]


def test_a_practitioner_is_known_by_a_registered_identifier_of_their_resource(
    sqlite_world: World,
) -> None:
    from policy_service.services.external_identifiers import NewIdentifier, register_identifier

    ehr = HookEhr.at(sqlite_world)
    npi = "http://hl7.org/fhir/sid/us-npi"
    with sqlite_world.writing() as context:
        new = NewIdentifier(npi, "1234567893", clinician_id=sqlite_world.ids["alma"])
        register_identifier(context, new)
    user: JsonObject = {
        "resourceType": "Practitioner",
        "id": "x9",
        "identifier": [{"system": npi, "value": "1234567893"}],
    }
    brought = {"patient": TOMAS, "related": NO_RELATED, "user": user}
    (card,) = ehr.cards("patient-view", chart("Practitioner/x9"), prefetch=brought)
    assert "ACA" in card["detail"]


def test_an_id_of_another_host_is_nobody_here(sqlite_world: World) -> None:
    foreign = "https://evil.example/fhir/Practitioner/alma"
    answer = HookEhr.at(sqlite_world).call("appointment-book", booking(DESK, foreign))
    # The front desk is known and no clinician is: the answer says that nothing was checked.
    (card,) = (answer.json or {})["cards"]
    assert card["summary"].startswith("Boundary check not complete")
    assert decided(sqlite_world) == []


def test_no_conflict_and_nothing_missing_is_no_card(sqlite_world: World) -> None:
    brought = {"patient": NORA, "related": NO_RELATED}
    context = booking(DESK, BEN, patient="ehr-nora")
    answer = HookEhr.at(sqlite_world).call("appointment-book", context, prefetch=brought)
    assert answer.json == {"cards": [], "systemActions": []}


GAPS: dict[str, Any] = {
    "missing": {"patient": TOMAS},
    "null": {"patient": TOMAS, "related": None},
    "an outcome": {"patient": TOMAS, "related": {"resourceType": "OperationOutcome"}},
    "a further page": {
        "patient": TOMAS,
        "related": {**NO_RELATED, "link": [{"relation": "next", "url": "https://x.example/2"}]},
    },
    "no patient": {"related": NO_RELATED},
    "patient null": {"patient": None, "related": NO_RELATED},
    "nothing": {},
}


@pytest.mark.parametrize("gap", GAPS)
def test_what_was_not_brought_is_never_silence(sqlite_world: World, gap: str) -> None:
    cards = HookEhr.at(sqlite_world).cards(
        "appointment-book", booking(DESK, BEN), prefetch=GAPS[gap]
    )
    assert [card["source"]["topic"]["code"] for card in cards] == ["boundary-check-incomplete"]
    assert cards[0]["indicator"] == "info"


def test_a_patient_nobody_knows_and_nobody_brought_is_412(sqlite_world: World) -> None:
    context = booking(DESK, BEN, patient="nobody")
    answer = HookEhr.at(sqlite_world).call("appointment-book", context, prefetch={})
    assert answer.status_code == 412
    issue = (answer.json or {})["issue"][0]
    assert issue["expression"] == ["context.patientId"]


def test_practitioners_of_whom_none_is_known_are_412(sqlite_world: World) -> None:
    answer = HookEhr.at(sqlite_world).call("patient-view", chart(NOBODY))
    assert answer.status_code == 412
    assert (answer.json or {})["issue"][0]["expression"] == ["context.userId"]
    assert decided(sqlite_world) == []


def test_a_practitioner_among_others_who_is_not_known_is_said(sqlite_world: World) -> None:
    cards = HookEhr.at(sqlite_world).cards("appointment-book", booking(DESK, BEN, NOBODY))
    assert ["not registered" in card["detail"] for card in cards] == [True]


def test_a_silent_client_gets_no_card_and_its_questions_are_decided(world: World) -> None:
    from policy_service.services.ehr_clients import LIVE, SILENT, set_mode

    ehr = HookEhr.at(world)
    with world.writing() as context:
        set_mode(context, ehr.ehr.client_id, SILENT)
    assert ehr.cards("appointment-book", booking(DESK, ALMA)) == []
    assert decided(world) == [("alma", "booking")]
    with world.reading() as context:
        assert context.session.scalars(select(CaseRow)).all() == []
    with world.writing() as context:
        set_mode(context, ehr.ehr.client_id, LIVE)
    assert len(ehr.cards("appointment-book", booking(DESK, ALMA))) == 1
