"""What arrived is read back from the EHR, written by the usual services, and checked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import func, select

from policy_service.database.tables.care import EpisodeRow
from policy_service.database.tables.decisions import DecisionRow
from policy_service.database.tables.registry import ClientRow
from policy_service.database.tables.reviews import CaseRow
from policy_service.domain.notices import MOST_ATTEMPTS
from policy_service.services.clinicians import ClinicianForm, register_clinician
from policy_service.services.outbound import Outbound
from policy_service.services.people import open_person
from policy_service.services.webhooks.arrivals import replay_arrival
from tests.cast import ALMA, World, person
from tests.interop.webhooks.ehr import Ehr, ehr_at
from tests.services.loopback import Host, web_server
from tests.services.webhooks.post import ada

MOSS = {"given": "Iris", "family": "Moss"}
PATIENT = {
    "resourceType": "Patient",
    "id": "p7",
    "name": [{"use": "official", "given": ["Iris"], "family": "Moss"}],
    "birthDate": "1991-04-05",
}


@pytest.fixture
def host() -> Iterator[Host]:
    with web_server() as serving:
        yield serving


@pytest.fixture
def rest(sqlite_world: World, host: Host) -> Ehr:
    return _with_a_clinician(ehr_at(sqlite_world, host, "rest"))


@pytest.fixture
def fhir(sqlite_world: World, host: Host) -> Ehr:
    return _with_a_clinician(ehr_at(sqlite_world, host, "fhir"))


def _with_a_clinician(ehr: Ehr) -> Ehr:
    """A clinician whom the EHR calls `doc-1`; her brother is the client `ehr-tomas`."""
    with ehr.world.writing() as context:
        form = ClinicianForm(person("Rosa", "Lind", "1980-01-01"), "doc-1")
        ehr.world.ids["rosa"] = register_clinician(context, form)
    return ehr


def _send(ehr: Ehr, kind: str, record_id: str, event_id: str = "evt_1") -> None:
    event = {"type": f"{kind}.updated", "data": {"id": record_id}}
    ehr.world.clock.advance(seconds=1)
    assert ehr.send(event, event_id).status_code == 202
    ehr.take()


def _client(ehr: Ehr, external_id: str) -> Any:
    with ehr.world.reading() as context:
        row = context.session.scalars(select(ClientRow).filter_by(external_id=external_id)).one()
        return open_person(context, row.person_id).record


def _checks(ehr: Ehr, purpose: str) -> int:
    with ehr.world.reading() as context:
        mine = DecisionRow.purpose == purpose
        counted = select(func.count()).select_from(DecisionRow).where(mine)
        return int(context.session.execute(counted).scalar_one())


def test_a_client_is_registered_and_later_corrected_from_what_the_ehr_says(
    world: World, host: Host
) -> None:
    ehr = ehr_at(world, host, "rest")
    ehr.records["clients/c7"] = {"person": {"names": [MOSS]}, "balance": 12.5, "note": "private"}
    _send(ehr, "client", "c7")
    assert _client(ehr, "c7").names[0].family == "Moss"
    ehr.records["clients/c7"]["person"]["birth_date"] = "1991-04-05"
    _send(ehr, "client", "c7", "evt_2")
    assert _client(ehr, "c7").birth_date == "1991-04-05"
    _send(ehr, "client", "c7", "evt_3")
    said = [words for _, words in ehr.states()]
    assert said == ["client registered", "client changed", "client as it was"]
    assert [came.path for came in host.received] == ["/api/clients/c7"] * 3


def test_a_patient_is_read_from_a_fhir_server(fhir: Ehr) -> None:
    fhir.records["Patient/p7"] = PATIENT
    _send(fhir, "patient", "p7")
    assert fhir.states() == [("done", "client registered")]
    record = _client(fhir, "p7")
    assert (record.names[0].given, record.birth_date) == ("Iris", "1991-04-05")
    assert fhir.host.received[0].headers["accept"] == "application/fhir+json"


def test_an_appointment_is_checked_and_its_client_is_read_if_unknown(rest: Ehr) -> None:
    rest.records["appointments/a1"] = {"client_ids": ["c7"], "clinician_ids": ["doc-1"]}
    rest.records["clients/c7"] = {"person": {"names": [MOSS]}}
    _send(rest, "appointment", "a1")
    assert rest.states() == [("done", "1 checked")]
    assert _checks(rest, "booking") == 1
    assert _client(rest, "c7").names[0].family == "Moss"


def test_a_conflict_at_a_booking_opens_its_case(rest: Ehr) -> None:
    with rest.world.writing() as context:
        register_clinician(context, ClinicianForm(ALMA, "doc-2"))
    rest.records["appointments/a1"] = {"client_ids": ["ehr-tomas"], "clinician_ids": ["doc-2"]}
    _send(rest, "appointment", "a1")
    with rest.world.reading() as context:
        assert context.session.scalars(select(CaseRow)).first() is not None


def test_an_arrival_that_is_taken_twice_checks_once(rest: Ehr) -> None:
    rest.records["appointments/a1"] = {"client_ids": ["ehr-nora"], "clinician_ids": ["doc-1"]}
    rest.records["appointments/a1"]["clinician_ids"].append("nobody")
    _send(rest, "appointment", "a1")
    assert _checks(rest, "booking") == 0
    rest.records["appointments/a1"]["clinician_ids"].remove("nobody")
    for _ in range(2):
        with rest.world.writing(ada(rest.world)) as context:
            row = rest.arrivals()[0]
            row.state = "failed"
            context.session.merge(row)
            context.session.flush()
            replay_arrival(context, row.id)
        rest.take()
    assert _checks(rest, "booking") == 1


def test_a_fhir_appointment_checks_every_practitioner_also_behind_a_role(fhir: Ehr) -> None:
    with fhir.world.writing() as context:
        register_clinician(context, ClinicianForm(person("Otto", "Vale"), "doc-2"))
    fhir.records["Appointment/a1"] = {
        "resourceType": "Appointment",
        "status": "booked",
        "participant": [
            {"actor": {"reference": "Patient/p7"}, "status": "accepted"},
            {"actor": {"reference": "Practitioner/doc-1"}, "status": "accepted"},
            {"actor": {"reference": "PractitionerRole/r2"}, "status": "accepted"},
            {"actor": {"reference": "Location/l1"}, "status": "accepted"},
        ],
    }
    fhir.records["PractitionerRole/r2"] = {
        "resourceType": "PractitionerRole",
        "practitioner": {"reference": "Practitioner/doc-2"},
    }
    fhir.records["Patient/p7"] = PATIENT
    _send(fhir, "appointment", "a1")
    assert fhir.states() == [("done", "2 checked")]
    assert _checks(fhir, "booking") == 2


@pytest.mark.parametrize("base", ["https://elsewhere.example/fhir", "http://127.0.0.1:1/api"])
def test_a_reference_to_another_server_is_never_followed(fhir: Ehr, base: str) -> None:
    fhir.records["Appointment/a1"] = {
        "resourceType": "Appointment",
        "status": "booked",
        "participant": [{"actor": {"reference": f"{base}/Patient/p7"}, "status": "accepted"}],
    }
    _send(fhir, "appointment", "a1")
    [(state, said)] = fhir.states()
    assert (state, said) == (
        "failed",
        "/participant/reference: A record of the same server is expected.",
    )
    assert len(fhir.host.received) == 1


def test_a_cancelled_appointment_is_nothing_to_check(fhir: Ehr) -> None:
    fhir.records["Appointment/a1"] = {
        "resourceType": "Appointment",
        "status": "cancelled",
        "participant": [{"actor": {"reference": "Patient/p7"}, "status": "declined"}],
    }
    _send(fhir, "appointment", "a1")
    assert fhir.states() == [("done", "nothing to check")]


def test_an_episode_is_opened_changed_and_checked(rest: Ehr) -> None:
    rest.records["episodes/e1"] = {
        "clients": [{"id": "ehr-nora"}],
        "clinicians": [{"id": "doc-1", "role": "treating"}],
        "began_on": "2026-01",
    }
    _send(rest, "episode", "e1")
    rest.records["episodes/e1"] |= {"terminated_on": "2026-02-20"}
    _send(rest, "episode", "e1", "evt_2")
    _send(rest, "episode", "e1", "evt_3")
    assert [said for _, said in rest.states()] == [
        "episode registered; 1 checked",
        "episode changed; 1 checked",
        "episode as it was; 1 checked",
    ]
    with rest.world.reading() as context:
        [row] = context.session.scalars(
            select(EpisodeRow).filter_by(external_id="e1", is_current=True)
        ).all()
        assert (row.terminated_on, row.is_open, row.revision) == ("2026-02-20", False, 2)


def test_a_fhir_episode_entered_in_error_is_withdrawn(fhir: Ehr) -> None:
    fhir.records["Patient/p7"] = PATIENT
    fhir.records["EpisodeOfCare/e1"] = {
        "resourceType": "EpisodeOfCare",
        "status": "active",
        "patient": {"reference": "Patient/p7"},
        "careManager": {"reference": "Practitioner/doc-1"},
        "period": {"start": "2026-01-10"},
    }
    _send(fhir, "episode", "e1")
    fhir.records["EpisodeOfCare/e1"]["status"] = "entered-in-error"
    _send(fhir, "episode", "e1", "evt_2")
    assert [said for _, said in fhir.states()] == [
        "episode registered; 1 checked",
        "episode withdrawn",
    ]


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ({"client_ids": ["ehr-nora"], "clinician_ids": ["who"]}, "/clinician: No active clinician"),
        ({"client_ids": ["ehr-nora"]}, "/clinician_ids: This element is required."),
        ({"client_ids": "ehr-nora", "clinician_ids": []}, "/client_ids: A list is expected."),
    ],
    ids=["unknown", "missing", "text"],
)
def test_what_makes_no_sense_waits_for_a_person_and_names_the_field(
    rest: Ehr, record: dict[str, Any], said: str
) -> None:
    rest.records["appointments/a1"] = record
    _send(rest, "appointment", "a1")
    [(state, words)] = rest.states()
    assert state == "failed"
    assert str(words).startswith(said)
    rest.records["appointments/a1"] = {"client_ids": ["ehr-nora"], "clinician_ids": ["doc-1"]}
    with rest.world.writing(ada(rest.world)) as context:
        replay_arrival(context, rest.arrivals()[0].id)
    rest.take()
    assert rest.states() == [("done", "1 checked")]


@pytest.mark.parametrize("status", [401, 500, 503, 302])
def test_a_record_that_is_not_given_is_asked_for_again_and_in_the_end_waits_for_a_person(
    rest: Ehr, status: int
) -> None:
    rest.records["clients/c7"] = {"person": {"names": [MOSS]}}
    rest.statuses["clients/c7"] = status
    _send(rest, "client", "c7")
    assert rest.states() == [("waiting", f"HTTP {status}")]
    for _ in range(16):
        rest.world.clock.advance(hours=6)
        rest.take()
    assert rest.states() == [("failed", f"HTTP {status}")]
    assert len(rest.host.received) == MOST_ATTEMPTS
    assert rest.arrivals()[0].sealed is not None


def test_a_record_that_is_gone_is_done(rest: Ehr) -> None:
    _send(rest, "client", "c7")
    assert rest.states() == [("done", "the record is gone at the source")]


def test_an_id_is_one_part_of_the_path_whatever_it_holds(rest: Ehr) -> None:
    _send(rest, "client", "../../admin?x=1#y")
    [came] = rest.host.received
    assert came.path == "/api/clients/..%2F..%2Fadmin%3Fx%3D1%23y"


def test_a_source_inside_the_network_is_not_read_from(rest: Ehr) -> None:
    rest.world.desk.outbound = Outbound()  # the operator has closed loopback again
    _send(rest, "client", "c7")
    assert (rest.states(), rest.host.received) == ([("waiting", "AddressRefused")], [])
