"""Calls of the six hooks as an EHR would send them, about the standing cast of tests/cast.py.

In the EHR the people have ids of its own: Patient/tomas, Practitioner/alma, and so on.
"""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from policy_service.domain.people import PersonRecord
from tests.cast import ALMA, BEN, NORA, TOMAS, person

HOOKS = (
    "patient-view",
    "appointment-book",
    "encounter-start",
    "encounter-discharge",
    "order-dispatch",
    "order-sign",
)
FHIR_SERVER = "https://ehr.example.org/fhir"
Json = dict[str, Any]


def service_id(hook: str) -> str:
    """One id per hook: a public client keys services by URL."""
    return f"boundary-{hook}"


def patient(key: str, record: PersonRecord) -> Json:
    """The EHR's Patient resource of a person."""
    name = record.names[0]
    telecom = [{"system": "phone", "value": phone} for phone in record.phones]
    telecom += [{"system": "email", "value": email} for email in record.emails]
    return {
        "resourceType": "Patient",
        "id": key,
        "active": True,
        "name": [{"use": "official", "family": name.family, "given": [name.given]}],
        "gender": record.sex,
        "birthDate": record.birth_date,
        "telecom": telecom,
    }


def practitioner(key: str, record: PersonRecord) -> Json:
    """The EHR's Practitioner resource of a clinician."""
    name = record.names[0]
    named = {"family": name.family, "given": [name.given]}
    return {"resourceType": "Practitioner", "id": key, "name": [named]}


DESK = person("Fay", "Desk")
"""The front desk, which books; she treats nobody."""
RESOURCES: dict[str, Json] = {
    "Patient/tomas": patient("tomas", TOMAS),
    "Patient/nora": patient("nora", NORA),
    "Practitioner/alma": practitioner("alma", ALMA),
    "Practitioner/ben": practitioner("ben", BEN),
    "Practitioner/desk": practitioner("desk", DESK),
}


def bundle(*resources: Json) -> Json:
    """A searchset."""
    entries = [{"resource": resource} for resource in resources]
    return {"resourceType": "Bundle", "type": "searchset", "total": len(entries), "entry": entries}


def appointment(client: str, *clinicians: str) -> Json:
    """A proposed appointment of a patient with practitioners."""
    actors = [f"Patient/{client}", *(f"Practitioner/{name}" for name in clinicians)]
    return {
        "resourceType": "Appointment",
        "id": "appointment-1",
        "status": "proposed",
        "start": "2026-03-09T10:00:00Z",
        "end": "2026-03-09T10:50:00Z",
        "participant": [{"actor": {"reference": ref}, "status": "needs-action"} for ref in actors],
    }


def referral(client: str, clinician: str) -> Json:
    """A draft referral of a patient to a practitioner."""
    return {
        "resourceType": "ServiceRequest",
        "id": "referral-1",
        "status": "draft",
        "intent": "order",
        "subject": {"reference": f"Patient/{client}"},
        "performer": [{"reference": f"Practitioner/{clinician}"}],
    }


def user_of(hook: str, clinician: str) -> str:
    """Whoever clicks: the front desk books, clinicians open charts, meet clients and refer."""
    return "Practitioner/desk" if hook == "appointment-book" else f"Practitioner/{clinician}"


def context_of(hook: str, clinician: str, client: str, user: str | None = None) -> Json:
    """The context of a hook that puts this clinician and this client together."""
    who = user or user_of(hook, clinician)
    if hook == "order-dispatch":
        return {
            "patientId": client,
            "dispatchedOrders": ["ServiceRequest/referral-1"],
            "performer": f"Practitioner/{clinician}",
        }
    context: Json = {"userId": who, "patientId": client}
    if hook == "appointment-book":
        context["appointments"] = bundle(appointment(client, clinician))
    elif hook == "order-sign":
        context["draftOrders"] = bundle(referral(client, clinician))
    else:
        context["encounterId"] = "encounter-1"
    return context


def encounter(client: str, clinician: str) -> Json:
    """A session of a patient with a practitioner."""
    taking_part = {"individual": {"reference": f"Practitioner/{clinician}"}}
    return {
        "resourceType": "Encounter",
        "id": "encounter-1",
        "status": "in-progress",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        "subject": {"reference": f"Patient/{client}"},
        "participant": [taking_part],
    }


def prefetch_of(hook: str, clinician: str, client: str) -> Json:
    """What the service of a hook asks the EHR to bring along, all of it there."""
    whole: Json = {"patient": RESOURCES[f"Patient/{client}"], "related": bundle()}
    if hook != "order-dispatch":
        whole["user"] = RESOURCES[user_of(hook, clinician)]
    if hook.startswith("encounter-"):
        whole["encounter"] = encounter(client, clinician)
    return whole


def body_of(hook: str, clinician: str, client: str, /, **changes: Any) -> Json:
    """A whole call; a change to None leaves the field out."""
    body: Json = {
        "hook": hook,
        "hookInstance": str(uuid4()),
        "context": context_of(hook, clinician, client),
        "prefetch": prefetch_of(hook, clinician, client),
    }
    return {name: value for name, value in (body | changes).items() if value is not None}


def authorization(**changes: Any) -> Json:
    """A FHIR authorization as the text describes it; a change to None leaves the field out."""
    whole: Json = {
        "access_token": "opaque-token-of-the-ehr",
        "token_type": "Bearer",
        "expires_in": 300,
        "scope": "user/Patient.rs user/RelatedPerson.rs user/EpisodeOfCare.rs",
        "subject": "policy-service",
    }
    return {name: value for name, value in (whole | changes).items() if value is not None}
