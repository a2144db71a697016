"""Hook calls of an invented EHR about the standing cast, and what they are answered.

The EHR knows Alma as Practitioner/alma, Ben as Practitioner/ben, the front desk as
Practitioner/desk and the compliance officer as Practitioner/officer; Tomas is Patient/ehr-tomas.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from werkzeug.test import TestResponse

from policy_service.domain.principals import Role, Scope
from policy_service.services.external_identifiers import NewIdentifier, register_identifier
from policy_service.services.logins import LoginForm, create_login
from tests.cast import World
from tests.signing import SigningEhr

JsonObject = dict[str, Any]
ALMA, BEN = "Practitioner/alma", "Practitioner/ben"
DESK, OFFICER, NOBODY = "Practitioner/desk", "Practitioner/officer", "Practitioner/nobody"
PATIENT, RELATIVE = "Patient/ehr-tomas", "RelatedPerson/7"
TOMAS: JsonObject = {
    "resourceType": "Patient",
    "id": "ehr-tomas",
    "name": [{"given": ["Tomas"], "family": "Reyes"}],
    "birthDate": "1983-09-24",
    "gender": "male",
    "telecom": [
        {"system": "phone", "value": "+1 512 555 0147"},
        {"system": "email", "value": "tomas.reyes@example.org"},
    ],
}
NORA: JsonObject = {
    "resourceType": "Patient",
    "id": "ehr-nora",
    "name": [{"given": ["Nora"], "family": "Lind"}],
    "birthDate": "1990-02-17",
    "gender": "female",
    "telecom": [{"system": "email", "value": "nora.lind@example.org"}],
}
NO_RELATED: JsonObject = {"resourceType": "Bundle", "type": "searchset", "total": 0}
SERVICE_OF = "/cds-services/boundary-{}"


@dataclass
class HookEhr:
    """The EHR, with its users registered."""

    ehr: SigningEhr

    @classmethod
    def at(cls, world: World, *scopes: Scope) -> HookEhr:
        """Registered in this world."""
        made = cls(SigningEhr.registered(world, *scopes))
        with world.writing() as context:
            for name in ("alma", "ben"):
                new = NewIdentifier("Practitioner", name, clinician_id=world.ids[name])
                register_identifier(context, new)
            for name, role in (("desk", Role.INTAKE), ("officer", Role.COMPLIANCE)):
                form = LoginForm(
                    f"{name}@example.org", name, "a long passphrase", frozenset({role})
                )
                login = create_login(context, form)
                register_identifier(context, NewIdentifier("Practitioner", name, login_id=login))
        return made

    def call(self, hook: str, context: JsonObject, **more: Any) -> TestResponse:
        """The answer to a call; `more` are members of its body, `prefetch` among them."""
        body = {
            "hook": hook,
            "hookInstance": str(uuid4()),
            "context": context,
            "prefetch": {"patient": TOMAS, "related": NO_RELATED},
        } | more
        return self.ehr.post(SERVICE_OF.format(hook), body)

    def cards(self, hook: str, context: JsonObject, **more: Any) -> list[JsonObject]:
        """The cards of a call that is answered."""
        answer = self.call(hook, context, **more)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        found: list[JsonObject] = (answer.json or {})["cards"]
        return found

    def feedback(self, items: Any) -> TestResponse:
        """Feedback on cards."""
        return self.ehr.post(f"{SERVICE_OF.format('patient-view')}/feedback", {"feedback": items})


def chart(user: str, patient: str = "ehr-tomas") -> JsonObject:
    """The context of patient-view."""
    return {"userId": user, "patientId": patient}


def booking(user: str, *actors: str, patient: str = "ehr-tomas") -> JsonObject:
    """The context of appointment-book: one appointment with these practitioners."""
    people = [{"reference": f"Patient/{patient}"}, *({"reference": one} for one in actors)]
    appointment = {
        "resourceType": "Appointment",
        "id": "draft-1",
        "status": "proposed",
        "start": "2026-03-04T15:00:00Z",
        "participant": [{"actor": one, "status": "needs-action"} for one in people],
    }
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": appointment}]}
    return {"userId": user, "patientId": patient, "appointments": bundle}


def referral(user: str, *performers: str) -> JsonObject:
    """The context of order-sign: a referral to these practitioners."""
    request = {
        "resourceType": "ServiceRequest",
        "status": "draft",
        "intent": "order",
        "subject": {"reference": PATIENT},
        "performer": [{"reference": one} for one in performers],
    }
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": request}]}
    return {"userId": user, "patientId": "ehr-tomas", "draftOrders": bundle}


def encounter(*participants: str) -> JsonObject:
    """An Encounter in which these practitioners take part."""
    return {
        "resourceType": "Encounter",
        "id": "enc-1",
        "status": "in-progress",
        "class": {"code": "AMB"},
        "participant": [{"individual": {"reference": one}} for one in participants],
    }
