"""Take an import back, some contacts at a time.

Who came with it is forgotten: withdrawn, and the person's key destroyed. Who left or changed stands
again as before. What a contact that stays was called meanwhile is not put back: it is kept as
hashes, and the older ones are gone.
"""

from __future__ import annotations

from collections import Counter
from typing import TypeVar

from sqlalchemy import select

from policy_service.database.tables.accounts import ConnectionRow
from policy_service.database.tables.contacts import ContactImportRow, ContactRow
from policy_service.services.context import Context
from policy_service.services.disclosures import withdraw_disclosure
from policy_service.services.erasing.people import erase_people
from policy_service.services.revisions import current, revise, withdraw
from policy_service.services.touch import touch_new_people

R = TypeVar("R", ConnectionRow, ContactRow)
AT_ONCE = 200
_UNDONE = "the import was undone"
_SAID = ("direction", "state", "initiator", "since", "changed_after", "changed_before")


def undo_some(context: Context, row: ContactImportRow) -> dict[str, int]:
    """Take back what the next contacts owe to this import; empty when none is left."""
    contacts = context.session.scalars(
        select(ContactRow)
        .where(
            ContactRow.import_id == row.id,
            ContactRow.is_current.is_(True),
            ContactRow.is_withdrawn.is_(False),
        )
        .order_by(ContactRow.id)
        .limit(AT_ONCE)
    ).all()
    forgotten = []
    for contact in contacts:
        made = _first_of(context, contact)
        if made.revision == 1:
            forgotten.append(contact.person_id)
            _withdraw(context, contact)
        else:
            _restore(context, contact, made)
    erase_people(context, forgotten)
    touch_new_people(context, [contact.person_id for contact in contacts])
    counts = Counter(forgotten=len(forgotten), restored=len(contacts) - len(forgotten))
    return dict(counts) if contacts else {}


def _first_of(context: Context, contact: ContactRow) -> ContactRow:
    """The first revision that this import made of the contact."""
    return context.session.scalars(
        select(ContactRow)
        .where(ContactRow.id == contact.id, ContactRow.import_id == contact.import_id)
        .order_by(ContactRow.revision)
        .limit(1)
    ).one()


def _withdraw(context: Context, contact: ContactRow) -> None:
    if contact.connection_id is not None:
        connection = current(context, ConnectionRow, contact.connection_id)
        if not connection.is_withdrawn:
            withdraw(context, connection, _UNDONE)
    if contact.tie_id is not None:
        withdraw_disclosure(context, contact.tie_id, _UNDONE)
    withdraw(context, contact, _UNDONE)


def _restore(context: Context, contact: ContactRow, made: ContactRow) -> None:
    """As it stood before this import first revised it."""
    before = _revision(context, ContactRow, contact.id, made.revision - 1)
    if contact.connection_id is not None and made.connection_revision is not None:
        _reconnect(context, contact.connection_id, made.connection_revision)
    if contact.tie_id is not None and before.tie_id is None:
        withdraw_disclosure(context, contact.tie_id, _UNDONE)
    undone = {name: getattr(before, name) for name in ("is_listed", "tie_id", "import_id")}
    revise(context, contact, _UNDONE, connection_revision=None, **undone)


def _reconnect(context: Context, connection_id: str, revision: int) -> None:
    """Unless the clinician has said otherwise since, the connection stands as before the import."""
    now = current(context, ConnectionRow, connection_id)
    imported = _revision(context, ConnectionRow, connection_id, revision)
    if now.is_withdrawn or _said(now) != _said(imported):
        return
    before = _revision(context, ConnectionRow, connection_id, revision - 1)
    revise(context, now, _UNDONE, **dict(zip(_SAID, _said(before), strict=True)))


def _said(connection: ConnectionRow) -> tuple[str | None, ...]:
    return tuple(getattr(connection, name) for name in _SAID)


def _revision(context: Context, table: type[R], record_id: str, number: int) -> R:
    return context.session.get_one(table, (context.practice_id, record_id, number))
