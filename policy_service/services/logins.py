"""Accounts of people: create, disable, change roles. Every change ends the account's sessions."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from sqlalchemy import Select, delete, select

from policy_service.audit.log import Owned
from policy_service.database.tables.directory import ConsoleSessionRow, LoginRow
from policy_service.database.tables.registry import ClinicianRow
from policy_service.domain.people import clean_text
from policy_service.domain.principals import Principal, Role
from policy_service.errors import Conflict, FieldError, InvalidRequest, NotAllowed, NotFound
from policy_service.services.context import Context
from policy_service.services.passwords import hash_password

_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,189}", re.ASCII)
GRANTABLE = tuple(role for role in Role if role is not Role.EHR)
"""What a person's account may hold; `ehr` is for machines."""


@dataclass(frozen=True, slots=True)
class LoginForm:
    """A new account. `clinician_id` ties it to the clinician it belongs to; `reports_to` is the
    login of the person's superior, which decides who may be an independent consultant."""

    email: str
    name: str
    password: str = field(repr=False)
    roles: frozenset[Role]
    clinician_id: str | None = None
    reports_to: str | None = None


@dataclass(frozen=True, slots=True)
class RolesForm:
    """What an account may do from now on."""

    roles: frozenset[Role]
    clinician_id: str | None = None
    reports_to: str | None = None


def create_login(context: Context, form: LoginForm) -> str:
    """Open an account; returns its id. Conflict if the e-mail address is taken in this practice."""
    email = form.email.strip().lower()
    if not _EMAIL.fullmatch(email):
        text = "An e-mail address such as name@example.org is required."
        raise InvalidRequest(errors=[FieldError("/email", text)])
    if context.session.scalars(_of_email(context, email)).first() is not None:
        raise Conflict("An account with this e-mail address exists.")
    _require_grants(context, RolesForm(form.roles, form.clinician_id, form.reports_to))
    row = LoginRow(
        id=context.new_id(),
        practice_id=context.practice_id,
        email=email,
        name=_name(form.name),
        password_hash=hash_password(form.password),
        roles=_words(form.roles),
        clinician_id=form.clinician_id,
        reports_to=form.reports_to,
        created_at=context.now,
    )
    context.session.add(row)
    context.session.flush()
    _log(context, "login.created", row)
    return row.id


def change_roles(context: Context, login_id: str, form: RolesForm) -> None:
    """Grant exactly these roles. Nobody changes their own."""
    row = _another(context, login_id)
    _require_grants(context, form, login_id)
    row.roles = _words(form.roles)
    row.clinician_id, row.reports_to = form.clinician_id, form.reports_to
    _end_sessions(context, login_id)
    _log(context, "login.roles_changed", row)


def disable_login(context: Context, login_id: str) -> None:
    """Close an account for good; its sessions end at once. Nobody disables their own."""
    row = _another(context, login_id)
    row.disabled_at = row.disabled_at or context.now
    _end_sessions(context, login_id)
    _log(context, "login.disabled", row)


def logins(context: Context) -> list[LoginRow]:
    """All accounts of the practice, by name."""
    mine = LoginRow.practice_id == context.practice_id
    return list(context.session.scalars(select(LoginRow).where(mine).order_by(LoginRow.name)))


def enabled_logins(context: Context, *roles: Role) -> list[LoginRow]:
    """Accounts in use that hold at least one of the roles (any account where none is named)."""
    return [
        row
        for row in logins(context)
        if row.disabled_at is None and (not roles or roles_of(row) & set(roles))
    ]


def roles_of(row: LoginRow) -> frozenset[Role]:
    """The roles of an account."""
    return frozenset(Role(word) for word in row.roles.split())


def principal_of(row: LoginRow) -> Principal:
    """What an account proves once its password or session was checked."""
    return Principal(
        row.practice_id, row.id, row.name, roles_of(row), clinician_id=row.clinician_id
    )


def _require_grants(context: Context, form: RolesForm, login_id: str | None = None) -> None:
    errors = []
    if not form.roles or Role.EHR in form.roles:
        allowed = tuple(role.value for role in GRANTABLE)
        errors.append(FieldError("/roles", "At least one role is required.", allowed))
    if (form.clinician_id is None) is (Role.CLINICIAN in form.roles):
        text = "The role clinician and a registered clinician go together."
        errors.append(FieldError("/clinician_id", text))
    elif form.clinician_id is not None and not _is_clinician(context, form.clinician_id):
        errors.append(FieldError("/clinician_id", "No clinician of this practice has this id."))
    if form.reports_to is not None and not _may_lead(context, form.reports_to, login_id):
        errors.append(FieldError("/reports_to", "Another account of this practice is required."))
    if errors:
        raise InvalidRequest(errors=errors)


def _is_clinician(context: Context, clinician_id: str) -> bool:
    return context.session.get(ClinicianRow, (context.practice_id, clinician_id)) is not None


def _may_lead(context: Context, leader_id: str, login_id: str | None) -> bool:
    leader = context.session.get(LoginRow, leader_id)
    found = leader is not None and leader.practice_id == context.practice_id
    return found and leader_id != login_id


def login_row(context: Context, login_id: str) -> LoginRow:
    """An account of this practice. NotFound for any other."""
    row = context.session.get(LoginRow, login_id)
    if row is None or row.practice_id != context.practice_id:
        raise NotFound
    return row


def _another(context: Context, login_id: str) -> LoginRow:
    if login_id == context.principal.id:
        raise NotAllowed("Nobody changes their own account.")
    return login_row(context, login_id)


def _of_email(context: Context, email: str) -> Select[LoginRow]:
    return select(LoginRow).filter_by(practice_id=context.practice_id, email=email)


def _name(name: str) -> str:
    cleaned = clean_text(name)
    if not cleaned:
        raise InvalidRequest(errors=[FieldError("/name", "A name is required.")])
    return cleaned


def _words(roles: frozenset[Role]) -> str:
    return " ".join(sorted(roles))


def _end_sessions(context: Context, login_id: str) -> None:
    context.session.execute(delete(ConsoleSessionRow).where(ConsoleSessionRow.login_id == login_id))


def _log(context: Context, action: str, row: LoginRow) -> None:
    """Who the account belongs to stays out of the log: its id is enough to find the row."""
    said = {
        "login": row.id,
        "roles": sorted(row.roles.split()),
        "clinician": row.clinician_id,
        "reports_to": row.reports_to,
    }
    context.log(action, {"login": Owned(said)})
