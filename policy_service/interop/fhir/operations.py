"""`POST /fhir/$check-boundary`: one check per practitioner, by the one way every door checks.

Everything is read and resolved before the first check runs, so a request with a mistake records
nothing. Each check is `services.checks.run_check`; what it may tell is `domain.audiences`' to say.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson

from policy_service.database.types import is_id
from policy_service.domain.audiences import Audience
from policy_service.domain.principals import ActingUser, Principal
from policy_service.errors import FieldError, InvalidRequest
from policy_service.interop.fhir.detected_issues import Parties, detected_issue
from policy_service.interop.fhir.elements import Reference
from policy_service.interop.fhir.naming import acting_user, clinician_meant
from policy_service.interop.fhir.parameters import Asked, Named
from policy_service.interop.outcomes import issue
from policy_service.services.checks import CheckDoor, CheckRequest, run_check
from policy_service.services.desk import Desk
from policy_service.services.packs import wording
from policy_service.services.stored_responses import IdempotencyKey, Response


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the operation: who asks what, and by which key a retry is recognised."""

    principal: Principal
    asked: Asked
    today: date
    base: str
    idempotency: IdempotencyKey | None = None


@dataclass(frozen=True, slots=True)
class _Clinician:
    """A clinician to check, and how the caller referred to them."""

    id: str
    named: Named


def check_boundary(desk: Desk, call: Call) -> dict[str, Any]:
    """The Bundle: a DetectedIssue for each practitioner, in order, then the OperationOutcome."""
    clinicians, acting = _resolved(desk, call)
    told = [_check(desk, call, acting, number, one.id) for number, one in enumerate(clinicians)]
    issues = [
        detected_issue(call.base, answer, _parties(call.asked, one.named))
        for one, answer in zip(clinicians, told, strict=True)
    ]
    outcome = {"resourceType": "OperationOutcome", "issue": list(map(_said, told))}
    entries = [
        {"fullUrl": f"{call.base}/fhir/DetectedIssue/{one['id']}", "resource": one}
        for one in issues
    ]
    entry = [*entries, {"resource": outcome}]
    return {"resourceType": "Bundle", "type": "collection", "entry": entry}


def _resolved(desk: Desk, call: Call) -> tuple[list[_Clinician], ActingUser]:
    asked = call.asked
    with desk.reading(call.principal) as context:
        found = {clinician_meant(context, one): one for one in asked.practitioners}
        acting = acting_user(context, asked.acting_role, asked.acting_practitioner)
    return [_Clinician(*one) for one in found.items()], acting


def _check(
    desk: Desk, call: Call, acting: ActingUser, number: int, clinician_id: str
) -> dict[str, Any]:
    asked = call.asked
    request = CheckRequest(
        clinician_id=clinician_id,
        purpose=asked.purpose,
        as_of=call.today,
        client_id=None if asked.record else _client_id(asked),
        client_record=asked.record,
        client_external_id=(asked.patient.id or None) if asked.record else None,
        location_of_service=asked.location,
        acting=acting,
    )
    how = CheckDoor(
        render=wording(desk, call.principal),
        respond=_kept,
        idempotency=_numbered(call.idempotency, number),
    )
    told: dict[str, Any] = orjson.loads(run_check(desk, call.principal, request, how).body)
    return told


def _client_id(asked: Asked) -> str:
    """A reference alone must be one of ours: random ids tell nobody who is a client here."""
    if not is_id(asked.patient.id) or asked.patient.base:
        said = "Send the Patient resource, or a Reference with the id that this service gave."
        raise InvalidRequest(errors=[FieldError(asked.patient_at, said)])
    return asked.patient.id


def _kept(told: dict[str, Any], audience: Audience, decision_id: str) -> Response:
    """What a retry replays: the redacted answer, from which the same resources are built."""
    return Response(200, orjson.dumps(told))


def _numbered(key: IdempotencyKey | None, number: int) -> IdempotencyKey | None:
    """Each check of a call is a request of its own."""
    return key and IdempotencyKey(f"{key.key} {number}", key.fingerprint)


def _parties(asked: Asked, named: Named) -> Parties:
    return Parties(_written(asked.patient, "Patient"), _written(named.reference, "Practitioner"))


def _written(reference: Reference, kind: str) -> dict[str, Any] | None:
    """The caller's own reference, as it can be written down again."""
    made: dict[str, Any] = {"reference": reference.reference} if reference.id else {}
    if reference.identifier is not None:
        known = reference.identifier
        made["identifier"] = {"system": known.system, "value": known.value}
        made["identifier"] = {name: one for name, one in made["identifier"].items() if one}
    return {**made, "type": reference.kind or kind} if made else None


def _said(told: dict[str, Any]) -> dict[str, Any]:
    """How complete an answer is, as far as the caller may know."""
    if told.get("mode") == "silent":
        return issue("information", "informational", "Recorded; this client is on trial.")
    if told.get("complete") is False:
        return issue("warning", "incomplete", "Recorded. Something is not known: it is not clear.")
    return issue("information", "informational", told.get("message", "Recorded."))
