"""FHIR resources as EHRs send them: tolerant of what we do not read, exact about what we do."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_service.domain.people import Address, Handle, NameKind, PersonName, RelatedRole
from policy_service.errors import InvalidRequest
from policy_service.interop.fhir.reading import (
    Appointment,
    Bundle,
    CareState,
    Encounter,
    EpisodeOfCare,
    Identifier,
    OperationOutcome,
    Patient,
    Practitioner,
    PractitionerRole,
    Reference,
    RelatedPerson,
    ServiceRequest,
    last_contact,
    read,
    read_all,
    read_any,
)

PATIENT: dict[str, Any] = {
    "resourceType": "Patient",
    "id": "p-1",
    "meta": {"versionId": "3"},
    "extension": [{"url": "https://ehr.example.org/x", "valueDecimal": 1.5}],
    "identifier": [
        {"system": "urn:oid:1.2.3", "value": "MRN-9"},
        {"system": "https://ehr.example.org/none"},
    ],
    "active": True,
    "name": [
        {"use": "maiden", "family": "Berg", "given": ["Anna"]},
        {"use": "nickname", "given": ["Anni"]},
        {"use": "official", "family": "Lund", "given": ["Anna", "Maria", None], "suffix": ["Jr"]},
        {"family": "Older", "given": ["Anna"], "period": {"end": "2010"}},
    ],
    "telecom": [
        {"system": "phone", "value": "tel:+1-555-0100", "use": "mobile"},
        {"system": "email", "value": "mailto:anna@example.org"},
        {"system": "url", "value": "https://www.linkedin.com/in/anna-lund"},
        {"system": "url", "value": "https://example.org/home"},
    ],
    "gender": "female",
    "birthDate": "1980-05",
    "address": [
        {"line": ["12 Elm Street", "Flat 4"], "city": "Austin", "state": "TX", "postalCode": "7"},
        {"text": "34 Oak Lane, Austin"},
    ],
    "contact": [
        {
            "relationship": [{"text": "brother"}],
            "name": {"text": "Olaf Berg"},
            "telecom": [{"system": "phone", "value": "+15550101"}],
        },
        {"organization": {"display": "A school"}},
    ],
    "link": [{"other": {"reference": "Patient/p-0"}, "type": "replaces"}],
    "multipleBirthInteger": 1,
}


def changed(resource: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {**deepcopy(resource), **more}


def pointers(value: Any, kind: Any, at: str = "") -> list[str]:
    with pytest.raises(InvalidRequest) as refused:
        read(value, kind, at)
    assert all(error.detail for error in refused.value.errors)
    return [error.pointer for error in refused.value.errors]


def test_a_patient_is_a_person_record() -> None:
    patient = read(PATIENT, Patient)
    record = patient.record
    assert (patient.id, patient.is_active) == ("p-1", True)
    assert patient.identifiers == (Identifier("MRN-9", "urn:oid:1.2.3"),)
    assert record.names == (
        PersonName("Anna", "Lund", "Maria", "Jr"),
        PersonName("Anna", "Berg", kind=NameKind.MAIDEN),
        PersonName("Anni", "", kind=NameKind.NICKNAME),
        PersonName("Anna", "Older", kind=NameKind.FORMER),
    )
    assert (record.birth_date, record.sex) == ("1980-05", "female")
    assert record.phones == ("+1-555-0100",)
    assert record.emails == ("anna@example.org",)
    assert record.handles == (Handle("linkedin", "anna-lund"),)
    assert record.addresses == (
        Address(street="12 Elm Street", unit="Flat 4", city="Austin", state="TX", postcode="7"),
        Address(street="34 Oak Lane, Austin"),
    )
    assert patient.links == (Reference("Patient/p-0"),)


def test_the_contacts_of_a_patient_are_the_people_their_record_names() -> None:
    (olaf,) = read(PATIENT, Patient).record.related
    assert (olaf.name.given, olaf.name.family) == ("Olaf", "Berg")
    assert (olaf.relation, olaf.role, olaf.phone) == ("BRO", RelatedRole.FAMILY, "+15550101")


def test_a_related_person_is_named_with_what_they_are_to_the_patient() -> None:
    resource = {
        "resourceType": "RelatedPerson",
        "patient": {"reference": "Patient/p-1"},
        "relationship": [
            {
                "coding": [
                    {
                        "system": "http://terminology.hl7.org/CodeSystem/v3-RoleCode",
                        "code": "CHILD",
                    }
                ]
            }
        ],
        "name": [{"family": "Lund", "given": ["Kaj"]}],
        "birthDate": "2009",
        "period": {"start": "2009-01-02"},
    }
    kaj = read(resource, RelatedPerson)
    assert kaj.patient.id == "p-1"
    assert kaj.relation.kind == "CHILD"
    named = kaj.as_named()
    assert (named.relation, named.name.given, named.birth_date) == ("CHILD", "Kaj", "2009")


def test_a_practitioner_and_their_role_name_each_other() -> None:
    person = read(
        {"resourceType": "Practitioner", "id": "d", "name": [{"text": "Reyes, Alma"}]}, Practitioner
    )
    assert person.record.names == (PersonName("Alma", "Reyes"),)
    role = read(
        {
            "resourceType": "PractitionerRole",
            "practitioner": {
                "reference": "https://ehr.example.org/fhir/Practitioner/d/_history/2",
                "identifier": {"system": "urn:npi", "value": "1"},
            },
        },
        PractitionerRole,
    )
    practitioner = role.practitioner
    assert (practitioner.kind, practitioner.id) == ("Practitioner", "d")
    assert practitioner.base == "https://ehr.example.org/fhir"
    assert practitioner.identifier == Identifier("1", "urn:npi")


@pytest.mark.parametrize(
    ("text", "kind", "ref"),
    [
        ("#contained", "", ""),
        ("urn:uuid:0f1e2d3c-0000-4000-8000-000000000000", "", ""),
        ("Practitioner/a/b", "", ""),
        ("Practitioner/7", "Practitioner", "7"),
    ],
)
def test_a_reference_is_never_guessed(text: str, kind: str, ref: str) -> None:
    reference = Reference(text)
    assert (reference.kind, reference.id) == (kind, ref)


APPOINTMENT: dict[str, Any] = {
    "resourceType": "Appointment",
    "status": "proposed",
    "start": "2026-03-02T23:30:00-06:00",
    "participant": [
        {"actor": {"reference": "Patient/p-1"}, "status": "accepted"},
        {"actor": {"reference": "Practitioner/d"}, "status": "needs-action"},
        {"actor": {"reference": "Practitioner/d"}, "status": "accepted"},
        {"actor": {"type": "PractitionerRole", "identifier": {"value": "x"}}, "status": "declined"},
        {"status": "accepted"},
    ],
}


def test_everybody_who_takes_part_in_an_appointment_is_found() -> None:
    found = read(APPOINTMENT, Appointment)
    assert [one.reference for one in found.actors("Practitioner")] == ["Practitioner/d"]
    assert len(found.actors("Practitioner", "PractitionerRole")) == 2
    assert found.on == "2026-03-02"  # the day of the place, not of UTC


@pytest.mark.parametrize(
    ("status", "history", "state"),
    [
        ("planned", (), CareState.NOT_BEGUN),
        ("waitlist", (), CareState.NOT_BEGUN),
        ("active", (), CareState.OPEN),
        ("onhold", (), CareState.OPEN),
        ("finished", (), CareState.OVER),
        ("cancelled", ("planned",), CareState.UNKNOWN),
        ("cancelled", ("planned", "active"), CareState.OVER),
        ("entered-in-error", (), CareState.VOID),
    ],
)
def test_the_status_of_an_episode_says_whether_care_goes_on(
    status: str, history: tuple[str, ...], state: CareState
) -> None:
    resource = {
        "resourceType": "EpisodeOfCare",
        "status": status,
        "statusHistory": [{"status": one, "period": {}} for one in history],
        "patient": {"reference": "Patient/p-1"},
        "careManager": {"reference": "Practitioner/d"},
        "period": {"start": "2020-01", "end": "2021-06-30"},
    }
    episode = read(resource, EpisodeOfCare)
    assert episode.state is state
    assert episode.care_manager.id == "d"
    assert episode.began_on == "2020-01"
    assert episode.terminated_on == ("2021-06-30" if state is CareState.OVER else "")


def encounter(status: str, **period: str) -> Encounter:
    resource: dict[str, Any] = {"resourceType": "Encounter", "status": status}
    return read({**resource, "period": period} if period else resource, Encounter)


def test_the_last_contact_is_the_latest_day_it_can_be() -> None:
    seen = [
        encounter("finished", start="2024-03-01T10:00:00Z", end="2024-03-01T11:00:00Z"),
        encounter("finished", start="2024"),
        encounter("planned", start="2030-01-01"),
        encounter("cancelled", start="2029-01-01"),
    ]
    found = last_contact(seen)
    assert (found.on, found.is_complete) == ("2024", True)


def test_a_contact_without_a_date_leaves_the_last_one_open() -> None:
    found = last_contact([encounter("finished", start="2024-03-01"), encounter("unknown")])
    assert (found.on, found.is_complete) == ("2024-03-01", False)
    assert last_contact([]).is_complete


def test_a_referral_names_who_is_asked() -> None:
    resource = {
        "resourceType": "ServiceRequest",
        "status": "draft",
        "intent": "order",
        "subject": {"reference": "Patient/p-1"},
        "performer": [{"reference": "PractitionerRole/r"}],
        "code": {"text": "Psychotherapy"},
    }
    request = read(resource, ServiceRequest)
    assert (request.performers[0].kind, request.code.words) == ("PractitionerRole", "Psychotherapy")


def bundle(**more: Any) -> dict[str, Any]:
    entries = [
        {"fullUrl": "https://ehr.example.org/fhir/Patient/p-1", "resource": PATIENT},
        {"resource": {"resourceType": "Basic"}, "search": {"mode": "include"}},
        {"request": {"method": "DELETE", "url": "Patient/1"}},
    ]
    return {"resourceType": "Bundle", "type": "searchset", "entry": entries, **more}


def test_a_bundle_gives_what_is_wanted_of_it() -> None:
    found = read(bundle(), Bundle)
    assert found.is_whole
    assert [one.id for one in read_all(found, Patient)] == ["p-1"]
    assert [(one.kind, one.mode) for one in found.entries] == [
        ("Patient", ""),
        ("Basic", "include"),
    ]


def test_a_page_with_a_next_one_is_not_the_whole() -> None:
    link = [{"relation": "self", "url": "a"}, {"relation": "next", "url": "https://e.example/2"}]
    found = read(bundle(link=link), Bundle)
    assert (found.is_whole, found.next_url) == (False, "https://e.example/2")


def test_an_outcome_among_the_entries_is_not_the_whole_either() -> None:
    failed = {"resource": {"resourceType": "OperationOutcome", "issue": []}}
    assert not read(bundle(entry=[failed]), Bundle).is_whole


def test_an_outcome_says_why_there_is_nothing() -> None:
    resource = {
        "resourceType": "OperationOutcome",
        "issue": [{"severity": "error", "code": "forbidden", "diagnostics": "No."}],
    }
    found = read_any(resource, Patient, OperationOutcome)
    assert isinstance(found, OperationOutcome)
    assert found.is_failure
    assert found.issues[0].words == "No."


def test_empty_values_stand_for_not_given() -> None:
    sparse = {"resourceType": "Patient", "name": None, "birthDate": "", "telecom": [], "gender": ""}
    assert read(sparse, Patient).record.names == ()


def test_an_element_that_is_not_read_may_be_anything() -> None:
    assert read(changed(PATIENT, photo="no list", maritalStatus=[7]), Patient).id == "p-1"


@pytest.mark.parametrize(
    ("more", "wrong"),
    [
        ({"birthDate": "1980-02-31"}, "/birthDate"),
        ({"birthDate": 1980}, "/birthDate"),
        ({"gender": "F"}, "/gender"),
        ({"active": "yes"}, "/active"),
        ({"name": {"family": "Lund"}}, "/name"),
        ({"name": ["Lund"]}, "/name/0"),
        ({"name": [{"given": "Anna"}]}, "/name/0/given"),
        ({"name": [{"given": [{}]}]}, "/name/0/given/0"),
        ({"name": [{"use": "birth"}]}, "/name/0/use"),
        ({"telecom": [{"system": "fax machine"}]}, "/telecom/0/system"),
        ({"address": [{"line": "12 Elm"}]}, "/address/0/line"),
        ({"contact": [{"name": {"period": {"start": "soon"}}}]}, "/contact/0/name/period/start"),
        ({"link": [{"type": "seealso"}]}, "/link/0/other"),
        ({"id": 7}, "/id"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_defect_is_named_by_its_place(more: dict[str, Any], wrong: str) -> None:
    assert pointers(changed(PATIENT, **more), Patient) == [wrong]
    assert pointers(changed(PATIENT, **more), Patient, "/prefetch/p") == [f"/prefetch/p{wrong}"]


def test_all_defects_are_named_together() -> None:
    assert len(pointers(changed(PATIENT, birthDate="x", gender="y", active=3), Patient)) == 3


@pytest.mark.parametrize(
    ("resource", "kind", "wrong"),
    [
        (None, Patient, ""),
        ([], Patient, ""),
        ({}, Patient, "/resourceType"),
        ({"resourceType": "Person"}, Patient, "/resourceType"),
        ({"resourceType": ["Patient"]}, Patient, "/resourceType"),
        ({"resourceType": "RelatedPerson"}, RelatedPerson, "/patient"),
        ({"resourceType": "EpisodeOfCare", "status": "active"}, EpisodeOfCare, "/patient"),
        ({"resourceType": "Encounter"}, Encounter, "/status"),
        ({"resourceType": "Encounter", "status": "done"}, Encounter, "/status"),
        ({"resourceType": "Bundle"}, Bundle, "/type"),
        ({"resourceType": "Bundle", "type": "x", "entry": [{"resource": 3}]}, Bundle,
         "/entry/0/resource"),
        ({"resourceType": "OperationOutcome"}, OperationOutcome, "/issue"),
        ({"resourceType": "Appointment", "status": "booked"}, Appointment, "/participant"),
        ({"resourceType": "Appointment", "status": "booked", "participant": [{}]}, Appointment,
         "/participant/0/status"),
        ({"resourceType": "Encounter", "status": "finished",
          "period": {"start": "2024-03", "end": "2023"}}, Encounter, "/period/end"),
    ],
    ids=str,
)  # fmt: skip
def test_a_missing_or_wrong_element_is_named(resource: Any, kind: Any, wrong: str) -> None:
    assert pointers(resource, kind) == [wrong]


_WORDS = (
    "id name given family use text period start end telecom system value address line contact "
    "relationship coding code birthDate gender active identifier patient status participant actor "
    "reference type entry resource link relation url issue severity subject"
)
_ELEMENTS = st.sampled_from(sorted(_WORDS.split()))
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_ELEMENTS, inner, max_size=4),
    max_leaves=12,
)
_KINDS = (
    Patient, Practitioner, RelatedPerson, PractitionerRole, Appointment, EpisodeOfCare, Encounter,
    ServiceRequest, Bundle, OperationOutcome,
)  # fmt: skip


@given(st.sampled_from(_KINDS), st.dictionaries(_ELEMENTS, _JSON, max_size=6))
def test_any_json_is_read_or_refused_by_name(kind: Any, elements: dict[str, Any]) -> None:
    resource = {**elements, "resourceType": kind.__name__}
    wrong: tuple[str, ...] = ()
    try:
        read(resource, kind)
    except InvalidRequest as refused:
        wrong = tuple(error.pointer for error in refused.errors)
        refusals = len(refused.errors)
    else:
        refusals = 0
    assert len(wrong) == refusals
    assert all(pointer.startswith("/") for pointer in wrong)
