"""Which entries of the log: one set of filters for pages, exports and tails, and who may use them.

A leaf names people by pseudonym alone. Whoever may ask *which pseudonym is this client's* learns
more than the log says, so filtering by the id of a client, clinician or person needs the right to
read those. Without it every id, real or made up, is refused in the same words.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select

from policy_service.database.tables.audit import EntryRow, EntrySubjectRow
from policy_service.database.tables.people import PersonRow
from policy_service.database.tables.registry import ClientRow, ClinicianRow
from policy_service.database.types import is_id
from policy_service.domain.principals import Role, Scope
from policy_service.errors import NotAllowed
from policy_service.ledger.leaf import format_at
from policy_service.services.context import Context
from policy_service.services.decisions import pseudonym_of

READERS = (Role.COMPLIANCE, Role.APPROVER, Role.AUDITOR)
"""Who reads the log in the console: they see everything."""


@dataclass(frozen=True, slots=True)
class EntryFilter:
    """Which entries. `subject` is a pseudonym, or the id of a client, clinician or person.

    `since` is included, `until` is not.
    """

    actor: str | None = None
    action: str | None = None
    subject: str | None = None
    outcome: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def to_json(self) -> dict[str, Any]:
        """The filters that are set, as the entry about the reading has them."""
        return {
            name: format_at(value) if isinstance(value, datetime) else value
            for name, value in asdict(self).items()
            if value is not None
        }

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> EntryFilter:
        """Inverse of `to_json`."""
        moments = {name: datetime.fromisoformat(kept[name]) for name in _MOMENTS if name in kept}
        return cls(**kept | moments)


_MOMENTS = ("since", "until")


def conditions(practice_id: str, wanted: EntryFilter) -> Iterator[ColumnElement[bool]]:
    """What an entry must fulfil; the subject must be a pseudonym by now (`resolved`)."""
    for column, value in (
        (EntryRow.actor_ref, wanted.actor),
        (EntryRow.action, wanted.action),
        (EntryRow.outcome, wanted.outcome),
    ):
        if value is not None:
            yield column == value
    if wanted.since is not None:
        yield EntryRow.at >= wanted.since
    if wanted.until is not None:
        yield EntryRow.at < wanted.until
    if wanted.subject is not None:
        yield EntryRow.id.in_(
            select(EntrySubjectRow.entry_id).where(
                EntrySubjectRow.practice_id == practice_id,
                EntrySubjectRow.subject_ref == wanted.subject,
            )
        )


def resolved(context: Context, wanted: EntryFilter) -> EntryFilter:
    """With the pseudonym in place of an id. NotAllowed for an id without the right to read ids."""
    if wanted.subject is None:
        return wanted
    return replace(wanted, subject=_subject(context, wanted.subject))


def _subject(context: Context, ref: str) -> str:
    found = _pseudonym(context, ref, _nameable(context))
    if found is None and not reads_registry(context) and not _is_pseudonym(context, ref):
        raise NotAllowed(
            "This is not a pseudonym of the log. To filter by the id of a client or clinician, the "
            "key needs the scope registry.read as well."
        )
    return found or ref


def pseudonym_named(context: Context, ref: str) -> str:
    """The pseudonym of the client, clinician or person of that id; else `ref`, as it is."""
    return _pseudonym(context, ref, (ClientRow, ClinicianRow, PersonRow)) or ref


_Named = type[ClientRow] | type[ClinicianRow] | type[PersonRow]


def _nameable(context: Context) -> tuple[_Named, ...]:
    """Whom this principal may name by id."""
    if not reads_registry(context):
        return ()
    scopes = context.principal.scopes
    sees_all = context.principal.has(*READERS) or Scope.IDENTITY_WRITE in scopes
    return (ClientRow, ClinicianRow, PersonRow) if sees_all else (ClientRow, ClinicianRow)


def reads_registry(context: Context) -> bool:
    """Whether the caller may name the clients and clinicians of the practice."""
    principal = context.principal
    return principal.has(*READERS) or Scope.REGISTRY_READ in principal.scopes


def _pseudonym(context: Context, ref: str, tables: tuple[_Named, ...]) -> str | None:
    if not is_id(ref):
        return None
    for table in tables:
        row = context.session.get(table, (context.practice_id, ref))
        if isinstance(row, PersonRow):
            return row.pseudonym
        if isinstance(row, ClientRow | ClinicianRow):
            return pseudonym_of(context, row.person_id)
    return None


def _is_pseudonym(context: Context, ref: str) -> bool:
    named = select(EntrySubjectRow.entry_id).where(
        EntrySubjectRow.practice_id == context.practice_id, EntrySubjectRow.subject_ref == ref
    )
    return context.session.execute(named.limit(1)).first() is not None
