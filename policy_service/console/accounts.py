"""Accounts: for administrators, who see no case."""

from __future__ import annotations

from typing import Any

from flask import flash, request
from werkzeug.wrappers import Response

from policy_service.console import door
from policy_service.console.door import Refusal, blueprint, form_text
from policy_service.database.tables.registry import ClinicianRow
from policy_service.domain.duties import DutyState
from policy_service.domain.principals import Role
from policy_service.errors import Conflict, FieldError, InvalidRequest
from policy_service.services.case_queue import active_clinicians, names_of
from policy_service.services.context import Context
from policy_service.services.duty_files import late_duties
from policy_service.services.logins import (
    GRANTABLE,
    LoginForm,
    RolesForm,
    change_roles,
    create_login,
    disable_login,
    login_row,
    logins,
)
from policy_service.services.webhooks.endpoints import paused_by_itself

Answer = Response | tuple[str, int]


@blueprint.get("/accounts")
def accounts() -> str:
    """All accounts."""
    return _list(None)


def _list(refusal: Refusal | None) -> str:
    with door.desk().reading(door.principal(Role.ADMIN)) as context:
        return door.page("accounts.html", refusal=refusal, **_choices(context))


def _choices(context: Context) -> dict[str, Any]:
    return {
        "rows": logins(context),
        "roles": [role.value for role in GRANTABLE],
        "clinicians": names_of(context, ClinicianRow, active_clinicians(context)),
        "escalated": late_duties(context).get(DutyState.ESCALATED, 0),
        "paused": paused_by_itself(context),
    }


@blueprint.post("/accounts", endpoint="create_account")
def create_account() -> Answer:
    """Open an account with a first password, which its owner is told by other means."""
    who = door.principal(Role.ADMIN)
    try:
        with door.desk().writing(who) as context:
            roles = _roles_form()
            form = LoginForm(
                email=form_text("email"),
                name=form_text("name"),
                password=form_text("password"),
                roles=roles.roles,
                clinician_id=roles.clinician_id,
                reports_to=roles.reports_to,
            )
            create_login(context, form)
    except (InvalidRequest, Conflict) as error:
        return _list(_refusal(error)), error.status
    flash("The account is open.")
    return door.see("console.accounts")


@blueprint.get("/accounts/<uuid:login_id>")
def account(login_id: Any) -> str:
    """One account: its roles."""
    return _one(str(login_id), None)


def _one(login_id: str, refusal: Refusal | None) -> str:
    with door.desk().reading(door.principal(Role.ADMIN)) as context:
        row = login_row(context, login_id)
        return door.page("account.html", row=row, refusal=refusal, **_choices(context))


@blueprint.post("/accounts/<uuid:login_id>/roles")
def set_roles(login_id: Any) -> Answer:
    """Grant exactly these roles; the account's sessions end."""
    who = door.principal(Role.ADMIN)
    try:
        with door.desk().writing(who) as context:
            change_roles(context, str(login_id), _roles_form())
    except InvalidRequest as error:
        return _one(str(login_id), _refusal(error)), error.status
    flash("The roles are changed; the account must sign in again.")
    return door.see("console.accounts")


@blueprint.post("/accounts/<uuid:login_id>/disable")
def close_account(login_id: Any) -> Answer:
    """Close an account for good."""
    with door.desk().writing(door.principal(Role.ADMIN)) as context:
        disable_login(context, str(login_id))
    flash("The account is closed.")
    return door.see("console.accounts")


def _roles_form() -> RolesForm:
    words = request.form.getlist("roles")
    allowed = tuple(role.value for role in GRANTABLE)
    if not set(words) <= set(allowed):
        raise InvalidRequest(errors=[FieldError("/roles", "Another word is required.", allowed)])
    return RolesForm(
        frozenset(Role(word) for word in words),
        form_text("clinician_id") or None,
        form_text("reports_to") or None,
    )


def _refusal(error: InvalidRequest | Conflict) -> Refusal:
    """What was typed comes back, but the password."""
    typed = {name: text for name, text in request.form.items() if name != "password"}
    return Refusal(error, typed, "account")
