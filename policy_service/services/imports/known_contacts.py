"""What is stored of a clinician's contacts, and how an export differs from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select

from policy_service.database.tables.accounts import ConnectionRow
from policy_service.database.tables.contacts import IS_PERSON_OF, ContactImportRow, ContactRow
from policy_service.database.tables.people import PersonRow
from policy_service.domain.accounts import ConnectionState, Direction
from policy_service.matching.filing import FILING
from policy_service.services.context import Context
from policy_service.services.imports.contact_accounts import PLATFORMS
from policy_service.services.imports.contact_records import Line
from policy_service.services.imports.contact_states import STORED
from policy_service.vault.keys import Purpose

NEW, CHANGED, KNOWN = "new", "changed", "known"
_BOTH_WAYS = frozenset({Direction.CLINICIAN_FOLLOWS.value, Direction.CLIENT_FOLLOWS.value})


@dataclass(frozen=True, slots=True)
class Origin:
    """Where contacts come from: two accounts of one platform have contacts of their own."""

    clinician_id: str
    source: str
    account_id: str | None


@dataclass(frozen=True, slots=True)
class Known:
    """A stored contact as it stands. `lists` are the parts of an export that would show it.

    `is_filed`: its hashes are of this release; else an export that says nothing new hashes it anew.
    """

    contact_id: str
    digest: bytes
    is_listed: bool
    is_filed: bool
    lists: frozenset[str]


def of_origin(origin: Origin) -> tuple[ColumnElement[bool], ...]:
    """The contacts of one origin that stand."""
    return (
        ContactRow.is_current.is_(True),
        ContactRow.is_withdrawn.is_(False),
        ContactRow.clinician_id == origin.clinician_id,
        ContactRow.source == origin.source,
        ContactRow.account_id.is_not_distinct_from(origin.account_id),
    )


def contact_key(context: Context, line: Line) -> int:
    """What finds the contact in a newer export of the same source."""
    return context.keyring.match_key(f"contact:{line.contact.source}:{line.name}")


def content_digest(context: Context, line: Line) -> bytes:
    """Keyed digest of all that the export says of the contact."""
    return context.keyring.digest(Purpose.THIRD_PARTY, line.content)


def known_contacts(context: Context, origin: Origin) -> dict[int, Known]:
    """Every stored contact of an origin, by its key."""
    if origin.account_id is None and origin.source in PLATFORMS:
        return {}
    rows = context.session.execute(
        select(
            ContactRow.contact_key,
            ContactRow.id,
            ContactRow.digest,
            ContactRow.is_listed,
            PersonRow.filed,
            ConnectionRow.direction,
            ConnectionRow.state,
        )
        .join(PersonRow, IS_PERSON_OF)
        .outerjoin(
            ConnectionRow,
            (ConnectionRow.practice_id == ContactRow.practice_id)
            & (ConnectionRow.id == ContactRow.connection_id)
            & ConnectionRow.is_current.is_(True),
        )
        .where(*of_origin(origin))
        .order_by(ContactRow.recorded_at, ContactRow.id)
    )
    return {
        key: Known(contact_id, digest, is_listed, filed == FILING, lists_of(direction, state))
        for key, contact_id, digest, is_listed, filed, direction, state in rows
    }


def lists_of(direction: str | None, state: str | None) -> frozenset[str]:
    """In which parts of an export a connection stands; empty for an address book."""
    if direction is None or state is None:
        return frozenset()
    if state == ConnectionState.REQUESTED:
        return frozenset({f"requested:{direction}"})
    return _BOTH_WAYS if direction == Direction.MUTUAL else frozenset({direction})


def compare(context: Context, line: Line, known: Mapping[int, Known]) -> str:
    """Whether a contact is new, says something new, or is known."""
    found = known.get(contact_key(context, line))
    if found is None:
        return NEW
    is_same = found.is_listed and found.is_filed and found.digest == content_digest(context, line)
    return KNOWN if is_same else CHANGED


def missing_contacts(
    context: Context, lines: Sequence[Line], known: Mapping[int, Known], is_archive: bool
) -> list[Known]:
    """Listed contacts that the export does not show though it would.

    A single file may hold the followers alone: those followed are not missing then. An archive
    holds every list of its platform.
    """
    shown = {contact_key(context, line) for line in lines}
    lists = _lists(lines)
    return [
        one
        for key, one in known.items()
        if one.is_listed and key not in shown and (is_archive or one.lists <= lists)
    ]


def _lists(lines: Iterable[Line]) -> frozenset[str]:
    found = (lists_of(line.contact.direction, line.contact.state) for line in lines)
    return frozenset().union(*found)


def newest_stored(context: Context, origin: Origin) -> ContactImportRow | None:
    """The import of this origin that stands, if any: no other that is stored came after it.

    Clocks are not asked: each import names the one it was compared with.
    """
    rows = context.session.scalars(
        select(ContactImportRow).where(
            ContactImportRow.clinician_id == origin.clinician_id,
            ContactImportRow.source == origin.source,
            ContactImportRow.account_id.is_not_distinct_from(origin.account_id),
            ContactImportRow.state == STORED,
        )
    ).all()
    followed = {row.after_import_id for row in rows}
    return next((row for row in rows if row.id not in followed), None)
