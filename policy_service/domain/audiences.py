"""Who sees what (design, section 7). `redact` is the only way out of the service.

The answer itself is the leak to guard: the check endpoint is a membership oracle. For one audience
and one standing, two worlds that differ only in a hidden cause give the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from policy_service.domain.principals import ActingRole, ActingUser, Principal, Role, Scope
from policy_service.domain.standings import MESSAGES, Advice


class Audience(StrEnum):
    """From everything to a constant."""

    OFFICER = "officer"
    EHR = "ehr"
    INTAKE = "intake"
    TREATING_CLINICIAN = "treating_clinician"
    ANYONE = "anyone"


@dataclass(frozen=True, slots=True)
class Answer:
    """A decision as it may be shown to an officer, with what redaction needs to know.

    `full` is the rendered decision JSON. `names` are third parties' names by tie, for officers
    only. `known_to_clinician` marks the findings (rule, tie) that rest only on what the clinician
    stated or the client told them.
    """

    id: str
    at: str
    receipt: str
    advice: Advice
    clinician_id: str
    full: Mapping[str, Any]
    tie_names: Mapping[str, Any]
    known_to_clinician: frozenset[tuple[str, str | None]]


_OFFICERS = (Role.COMPLIANCE, Role.APPROVER, Role.AUDITOR)
_CONSTANT = "recorded"


def audience_of(principal: Principal, acting: ActingUser, clinician_id: str) -> Audience:
    """The least of what the credential grants and what the person at the keyboard may learn."""
    if Role.EHR not in principal.roles:
        return _account_audience(principal, clinician_id)
    if acting.role is ActingRole.CLINICIAN:
        own = acting.clinician_id is not None and acting.clinician_id == clinician_id
        return Audience.TREATING_CLINICIAN if own else Audience.ANYONE
    if acting.role in (ActingRole.PATIENT, ActingRole.RELATIVE, ActingRole.UNKNOWN):
        return Audience.ANYONE
    if acting.role is ActingRole.INTAKE or Scope.DECISION_FULL not in principal.scopes:
        return Audience.INTAKE
    return Audience.EHR


def _account_audience(principal: Principal, clinician_id: str) -> Audience:
    if principal.has(*_OFFICERS):
        return Audience.OFFICER
    if principal.has(Role.INTAKE):
        return Audience.INTAKE
    if principal.has(Role.CLINICIAN) and principal.clinician_id == clinician_id:
        return Audience.TREATING_CLINICIAN
    return Audience.ANYONE


def redact(answer: Answer, audience: Audience) -> dict[str, Any]:
    """What this audience may learn of the answer."""
    match audience:
        case Audience.OFFICER:
            return {**_frame(answer), **answer.full, "ties": dict(answer.tie_names)}
        case Audience.EHR:
            return {**_frame(answer), **answer.full}
        case Audience.TREATING_CLINICIAN:
            return {**_brief(answer), "findings": _own_findings(answer)}
        case Audience.INTAKE:
            return _brief(answer)
        case Audience.ANYONE:
            return {"id": answer.id, "at": answer.at, "status": _CONSTANT}


def _frame(answer: Answer) -> dict[str, Any]:
    return {"id": answer.id, "at": answer.at, "status": _CONSTANT, "receipt": answer.receipt}


def _brief(answer: Answer) -> dict[str, Any]:
    return {
        **_frame(answer),
        "standing": answer.advice.value,
        "message": MESSAGES[answer.advice],
    }


def _own_findings(answer: Answer) -> list[dict[str, Any]]:
    return [
        finding
        for finding in answer.full["findings"]
        if (finding["rule"], finding["tie"]) in answer.known_to_clinician
    ]
