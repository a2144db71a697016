"""Assign a case, and write something down about it."""

from __future__ import annotations

from policy_service.domain.principals import Role
from policy_service.domain.reviews import MoveKind
from policy_service.errors import FieldError, InvalidRequest
from policy_service.services.case_steps import CaseRef, Step, hold, make, require_role, require_text
from policy_service.services.context import Context
from policy_service.services.logins import enabled_logins


def assign(context: Context, ref: CaseRef, login_id: str | None) -> None:
    """Put the case on an officer's desk, or on nobody's."""
    require_role(context, Role.COMPLIANCE)
    case = hold(context, ref, MoveKind.ASSIGNED)
    officers = {row.id for row in enabled_logins(context, Role.COMPLIANCE, Role.APPROVER)}
    if login_id is not None and login_id not in officers:
        text = "An account in use with the role compliance or approver is required."
        raise InvalidRequest(errors=[FieldError("/assigned_to", text)])
    make(context, case, Step(MoveKind.ASSIGNED, {"to": login_id}, {"assigned_to": login_id}))


def note(context: Context, ref: CaseRef, text: str) -> None:
    """Write something down. Anyone who may see the case may, also the subject."""
    require_role(context, Role.COMPLIANCE, Role.APPROVER)
    case = hold(context, ref, MoveKind.NOTED)
    make(context, case, Step(MoveKind.NOTED, {"text": require_text("/text", text)}))
