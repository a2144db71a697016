"""What an EHR calls our clinicians and accounts, and who a FHIR reference is.

A reference is known by its type and id ("Practitioner", "7"), or by a business identifier of an
identifier system. A clinician is also known by the EHR's own id in the registry, as a Practitioner.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, select, tuple_

from policy_service.audit.log import Owned
from policy_service.database.tables.directory import LoginRow
from policy_service.database.tables.prompts import ExternalIdentifierRow
from policy_service.database.tables.registry import ClinicianRow
from policy_service.domain.people import clean_text
from policy_service.domain.principals import ActingRole, ActingUser, Role
from policy_service.errors import Conflict, FieldError, InvalidRequest, NotAllowed, NotFound
from policy_service.ledger.canonical import Json
from policy_service.services.context import Context
from policy_service.services.logins import login_row, roles_of
from policy_service.services.parties import named_clinician

_BY_NAME = select(ExternalIdentifierRow).where(
    tuple_(ExternalIdentifierRow.system, ExternalIdentifierRow.value).in_(
        bindparam("names", expanding=True)
    )
)
_BY_EXTERNAL_ID = select(ClinicianRow).where(
    ClinicianRow.external_id.in_(bindparam("ids", expanding=True))
)
PRACTITIONER = "Practitioner"
LONGEST = 200
Name = tuple[str, str]
"""System and value."""


@dataclass(frozen=True, slots=True)
class Known:
    """Who a reference is here. Without a `clinician_id` it is an account that treats nobody."""

    clinician_id: str | None
    acting: ActingUser


def find(context: Context, names: Iterable[Name]) -> Known | None:
    """Whom these names mean, all of them together; None if nobody or more than one."""
    return find_all(context, [tuple(names)])[0]


def find_all(context: Context, asked: Sequence[Sequence[Name]]) -> list[Known | None]:
    """The same for several at once, by two statements: a hook call names up to twenty."""
    wanted = {name for names in asked for name in names}
    known: dict[Name, set[Known]] = {name: set() for name in wanted}
    for name, who in (*_registered(context, wanted), *_in_registry(context, wanted)):
        known[name].add(who)
    meant = [set[Known]().union(*(known[name] for name in names)) for names in asked]
    return [found.pop() if len(found) == 1 else None for found in meant]


def _registered(context: Context, names: Iterable[Name]) -> Iterator[tuple[Name, Known]]:
    for row in context.session.scalars(_BY_NAME, {"names": sorted(names)}):
        if row.clinician_id is not None:
            clinician = context.session.get(ClinicianRow, (context.practice_id, row.clinician_id))
            found: Iterable[Known] = _clinician(clinician)
        else:
            found = _account(context, row.login_id or "")
        yield from (((row.system, row.value), who) for who in found)


def _in_registry(context: Context, names: Iterable[Name]) -> Iterator[tuple[Name, Known]]:
    ids = sorted(value for system, value in names if system == PRACTITIONER)
    for row in context.session.scalars(_BY_EXTERNAL_ID, {"ids": ids}):
        yield from (((PRACTITIONER, row.external_id or ""), who) for who in _clinician(row))


def _clinician(row: ClinicianRow | None) -> Iterator[Known]:
    if row is not None and row.is_active:
        yield Known(row.id, ActingUser(ActingRole.CLINICIAN, row.id))


def _account(context: Context, login_id: str) -> Iterator[Known]:
    """The least of an account's roles: who treats clients here reads as their clinician."""
    row = context.session.get(LoginRow, login_id)
    if row is None or row.practice_id != context.practice_id or row.disabled_at is not None:
        return
    roles = roles_of(row)
    if row.clinician_id is not None:
        own = context.session.get(ClinicianRow, (context.practice_id, row.clinician_id))
        yield from _clinician(own)
    elif Role.INTAKE in roles:
        yield Known(None, ActingUser(ActingRole.INTAKE))
    elif roles & {Role.COMPLIANCE, Role.APPROVER, Role.AUDITOR}:
        yield Known(None, ActingUser(ActingRole.COMPLIANCE))
    else:
        yield Known(None, ActingUser(ActingRole.UNKNOWN))


@dataclass(frozen=True, slots=True)
class NewIdentifier:
    """A name an EHR uses, and whom it means: a clinician or an account, not both."""

    system: str
    value: str
    clinician_id: str | None = None
    login_id: str | None = None


def register_identifier(context: Context, new: NewIdentifier) -> None:
    """Let a name mean somebody. Conflict if it means somebody else already. For officers."""
    _require_officer(context)
    system, value = (_text(text, at) for text, at in ((new.system, "system"), (new.value, "value")))
    if (new.clinician_id is None) is (new.login_id is None):
        text = "Either a clinician or an account is expected."
        raise InvalidRequest(errors=[FieldError("/clinician_id", text)])
    if new.clinician_id is not None:
        named_clinician(context, new.clinician_id, "/clinician_id")
    if new.login_id is not None:
        login_row(context, new.login_id)
    if context.session.get(ExternalIdentifierRow, (context.practice_id, system, value)) is not None:
        raise Conflict("This identifier is registered already.")
    context.session.add(
        ExternalIdentifierRow(
            practice_id=context.practice_id,
            system=system,
            value=value,
            clinician_id=new.clinician_id,
            login_id=new.login_id,
            added_at=context.now,
            added_by=context.principal.actor_ref,
        )
    )
    context.session.flush()
    means = {"clinician": new.clinician_id, "account": new.login_id}
    _log(context, "identifier.registered", system, value, means)


def remove_identifier(context: Context, system: str, value: str) -> None:
    """A name means nobody any more. NotFound if it did not. For officers."""
    _require_officer(context)
    row = context.session.get(ExternalIdentifierRow, (context.practice_id, system, value))
    if row is None:
        raise NotFound
    context.session.delete(row)
    context.session.flush()
    _log(context, "identifier.removed", system, value, {})


def identifiers(context: Context) -> list[ExternalIdentifierRow]:
    """All of the practice, by system and value."""
    rows = select(ExternalIdentifierRow)
    order = ExternalIdentifierRow.system, ExternalIdentifierRow.value
    return list(context.session.scalars(rows.order_by(*order)))


def reference_of(context: Context, clinician_id: str) -> str | None:
    """How an EHR refers to a clinician: "Practitioner/7"; None where nothing says so."""
    row = context.session.get(ClinicianRow, (context.practice_id, clinician_id))
    if row is not None and row.external_id is not None:
        return f"{PRACTITIONER}/{row.external_id}"
    mine = ExternalIdentifierRow.clinician_id == clinician_id
    wanted = select(ExternalIdentifierRow.value).where(
        mine, ExternalIdentifierRow.system == PRACTITIONER
    )
    value = context.session.scalars(wanted.order_by(ExternalIdentifierRow.value)).first()
    return None if value is None else f"{PRACTITIONER}/{value}"


def _require_officer(context: Context) -> None:
    if not context.principal.has(Role.COMPLIANCE, Role.ADMIN, Role.OPERATOR):
        raise NotAllowed("This needs a compliance officer or an administrator.")


def _text(text: str, name: str) -> str:
    cleaned = clean_text(text)
    if not 0 < len(cleaned) <= LONGEST:
        detail = f"1 to {LONGEST} characters are expected."
        raise InvalidRequest(errors=[FieldError(f"/{name}", detail)])
    return cleaned


def _log(
    context: Context, action: str, system: str, value: str, means: dict[str, str | None]
) -> None:
    said: dict[str, Json] = {"system": system, "value": value, **means}
    context.log(action, {"identifier": Owned(said)})
