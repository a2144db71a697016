"""State law end to end, on both databases: what is asked, what is owed, who was not consulted."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from policy_service.database.tables.duties import DutyRow
from policy_service.database.tables.reviews import CaseRow
from policy_service.domain.dates import PartialDate
from policy_service.domain.people import PersonRecord
from policy_service.services.gathering.event_facts import RecordedEvent
from tests.care import clinician, current_client, former_client
from tests.cast import World, person
from tests.services.test_checks import Ehr, count, rules

DEPENDENCE = "dependence_or_deception"


@pytest.fixture
def ehr(world: World) -> Ehr:
    return Ehr(world)


def someone(name: str) -> PersonRecord:
    return person(name, "Ostrander", "1988-09-19", emails=(f"{name.lower()}@example.org",))


def happened(kind: str, direction: str = "mutual", **more: Any) -> RecordedEvent:
    day = PartialDate("2026-02-20")
    return RecordedEvent(kind, direction, "client", day, None, "clinician", **more)


def duties(world: World) -> set[str]:
    with world.reading() as context:
        return set(context.session.scalars(select(DutyRow.kind)))


def test_minnesota_asks_about_dependence_only_where_there_was_contact(ehr: Ehr) -> None:
    therapist = clinician(ehr.world, licence=("US-MN", "LP"))
    client_id = former_client(ehr.world, therapist, "2025-06-01", someone("Runa"))
    place = {"location_of_service": "US-MN"}
    plain = ehr.check(therapist, client_id, purpose="session", **place)
    assert DEPENDENCE not in {ask["fact"] for ask in plain["ask"]}
    contact = happened("sexual_contact")
    asked = ehr.check(therapist, client_id, purpose="event", event=contact, **place)
    assert (asked["outcome"], asked["could_become"]) == ("deliberate", "prohibit")
    assert (DEPENDENCE, "not_asked") in {(ask["fact"], ask["why"]) for ask in asked["ask"]}


@pytest.mark.parametrize(("said", "outcome"), [("yes", "prohibit"), ("no", "deliberate")])
def test_minnesota_decides_by_what_was_said_of_dependence(
    ehr: Ehr, said: str, outcome: str
) -> None:
    therapist = clinician(ehr.world, licence=("US-MN", "LP"))
    client_id = former_client(ehr.world, therapist, "2025-06-01", someone("Runa"))
    answer = ehr.check(
        therapist,
        client_id,
        purpose="event",
        event=happened("sexual_contact", dependence_or_deception=said),
        location_of_service="US-MN",
    )
    assert answer["outcome"] == outcome
    assert DEPENDENCE not in {ask["fact"] for ask in answer["ask"]}
    assert "act_on_knowledge" in {owed["obligation"] for owed in answer["obligations"]}


def test_california_owes_the_brochure_to_a_client_who_reports(ehr: Ehr) -> None:
    therapist = clinician(ehr.world, licence=("US-CA", "LMFT"))
    client_id = current_client(ehr.world, therapist, someone("Sanna"))
    told = happened("reported_prior_misconduct", "client_to_clinician")
    place = {"location_of_service": "US-CA"}
    answer = ehr.check(therapist, client_id, purpose="event", event=told, **place)
    assert answer["outcome"] == "monitor"
    assert "us-ca-psychotherapists.728.hand-over-brochure" in rules(answer)
    assert "hand_over_brochure" in duties(ehr.world)


def test_colorado_owes_the_notice_at_first_contact_and_opens_no_case(ehr: Ehr) -> None:
    therapist = clinician(ehr.world, licence=("US-CO", "LPC"))
    place = {"location_of_service": "US-CO"}
    answer = ehr.check(therapist, someone("Tove"), **place)
    assert (answer["outcome"], answer["standing"]) == ("monitor", "none")
    assert "give_first_contact_notice" in duties(ehr.world)
    assert count(ehr.world, CaseRow) == 0


@pytest.mark.parametrize(
    ("licence", "missing"), [("LCSW", {"US-CA LCSW"}), ("LMFT", set()), ("LEP", set())]
)
def test_a_statute_does_not_stand_for_a_board(ehr: Ehr, licence: str, missing: set[str]) -> None:
    therapist = clinician(ehr.world, licence=("US-CA", licence))
    answer = ehr.check(therapist, someone("Ulla"), location_of_service="US-CA")
    assert {body["body"] for body in answer["not_consulted"]} == missing
    assert answer["complete"] is (not missing)
