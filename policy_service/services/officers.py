"""Who may say who is who: compliance officers, and an EHR key granted just that."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from policy_service.database.tables.registry import ClinicianRow
from policy_service.domain.principals import Role, Scope
from policy_service.errors import NotAllowed
from policy_service.services.context import Context


def require_officer(context: Context) -> None:
    """NotAllowed unless the principal is a compliance officer, the operator, or holds the scope."""
    principal = context.principal
    if not (
        principal.has(Role.COMPLIANCE, Role.OPERATOR) or Scope.IDENTITY_WRITE in principal.scopes
    ):
        raise NotAllowed("This needs a compliance officer.")


def require_eraser(context: Context) -> None:
    """NotAllowed unless the principal may ask for erasures and keep legal holds."""
    principal = context.principal
    officers = (Role.COMPLIANCE, Role.APPROVER, Role.OPERATOR)
    if not (principal.has(*officers) or Scope.ERASURES_ASK in principal.scopes):
        raise NotAllowed("This needs a compliance officer or an approver.")


def require_not_own(context: Context, person_ids: Iterable[str]) -> None:
    """NotAllowed when one of the persons is the officer: nobody decides their own case."""
    if context.principal.clinician_id is None:
        return
    own = select(ClinicianRow.person_id).where(ClinicianRow.id == context.principal.clinician_id)
    if context.session.scalars(own).first() in set(person_ids):
        raise NotAllowed("Nobody decides their own case.")
