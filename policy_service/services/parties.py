"""Find what a request names: NotFound for an address, InvalidRequest for a field of a body.

An id of another practice is found no more than one that never existed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from sqlalchemy import select

from policy_service.audit.log import Owned
from policy_service.database.tables.people import PersonRow
from policy_service.database.tables.registry import (
    AttestationRow,
    ClientRow,
    ClinicianRow,
    LicenceRow,
    MembershipRow,
)
from policy_service.database.tables.ties import TieRow
from policy_service.domain.dates import PartialDate
from policy_service.errors import Conflict, FieldError, InvalidRequest, NotFound
from policy_service.services.context import Context
from policy_service.services.revisions import current

R = TypeVar("R", AttestationRow, LicenceRow, MembershipRow, TieRow)


def clinician_row(context: Context, clinician_id: str) -> ClinicianRow:
    """The clinician of this id. NotFound if this practice has none."""
    row = context.session.get(ClinicianRow, (context.practice_id, clinician_id))
    if row is None:
        raise NotFound
    return row


def client_row(context: Context, client_id: str) -> ClientRow:
    """The client of this id. NotFound if this practice has none."""
    row = context.session.get(ClientRow, (context.practice_id, client_id))
    if row is None:
        raise NotFound
    return row


def named_clinician(context: Context, clinician_id: str, pointer: str) -> ClinicianRow:
    """The clinician a body names. InvalidRequest that points at the field otherwise."""
    row = context.session.get(ClinicianRow, (context.practice_id, clinician_id))
    if row is None:
        raise refusal(pointer, "No clinician of this practice has this id.")
    return row


def named_client(context: Context, client_id: str, pointer: str) -> ClientRow:
    """The client a body names. InvalidRequest that points at the field otherwise."""
    row = context.session.get(ClientRow, (context.practice_id, client_id))
    if row is None:
        raise refusal(pointer, "No client of this practice has this id.")
    return row


def named_person(context: Context, person_id: str, pointer: str) -> PersonRow:
    """The person a body names. InvalidRequest that points at the field otherwise."""
    row = context.session.get(PersonRow, (context.practice_id, person_id))
    if row is None or row.erased_at is not None:
        raise refusal(pointer, "No person of this practice has this id.")
    return row


def record_of(context: Context, table: type[R], clinician_id: str, record_id: str) -> R:
    """A record of that clinician, newest revision. NotFound for anybody else's."""
    clinician_row(context, clinician_id)
    row = current(context, table, record_id)
    if row.clinician_id != clinician_id:
        raise NotFound
    return row


def pseudonyms(context: Context, person_ids: Iterable[str]) -> frozenset[str]:
    """What the audit log calls these persons."""
    wanted = sorted(set(person_ids))
    rows = select(PersonRow.pseudonym).where(PersonRow.id.in_(wanted))
    return frozenset(context.session.scalars(rows))


def keeper_of(context: Context, person_id: str) -> str | None:
    """Under whose key words about a person are sealed: their own, or None, the practice's, once
    they are erased. Then only what names nobody is written."""
    person = context.session.get_one(PersonRow, (context.practice_id, person_id))
    return None if person.erased_at else person.id


def tell(
    context: Context,
    action: str,
    owner: str,
    told: Mapping[str, Any],
    others: Iterable[str] = (),
) -> None:
    """Write the audit entry of a change: `told` (JSON) sealed under the key of person `owner`.

    The entry names the owner and the `others` (person ids) by their pseudonyms.
    """
    subjects = pseudonyms(context, [owner, *others])
    context.log(action, {"change": Owned(dict(told), owner)}, subjects=subjects)


def refuse_taken(
    context: Context, table: type[ClinicianRow | ClientRow], external_id: str | None
) -> None:
    """Conflict if another record of the practice already bears the EHR's id."""
    if external_id is None:
        return
    taken = select(table.id).where(table.external_id == external_id)
    if context.session.scalars(taken).first() is not None:
        detail = "Another record of this practice already has this external_id."
        raise Conflict(errors=[FieldError("/external_id", detail)])


def require_period(since: str | None, until: str | None, pointers: tuple[str, str]) -> None:
    """InvalidRequest unless both are dates and the end may lie on or after the beginning."""
    begin, end = (_partial(text, at) for text, at in zip((since, until), pointers, strict=True))
    if begin is not None and end is not None and end.last < begin.first:
        raise refusal(pointers[1], f"A date not before {begin.text} is expected.")


def _partial(text: str | None, pointer: str) -> PartialDate | None:
    try:
        return None if text is None else PartialDate(text)
    except ValueError:
        detail = "A date that exists is expected: YYYY, YYYY-MM or YYYY-MM-DD."
        raise refusal(pointer, detail) from None


def refusal(pointer: str, detail: str, allowed: Iterable[Any] = ()) -> InvalidRequest:
    """An InvalidRequest about one field."""
    return InvalidRequest(errors=[FieldError(pointer, detail, tuple(map(str, allowed)))])
