"""Contacts that stand already: what a newer export says of them, and who it no longer shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, update

from policy_service.database.tables.accounts import ConnectionRow
from policy_service.database.tables.contacts import ContactImportRow, ContactRow
from policy_service.database.tables.people import PersonRow
from policy_service.database.tables.ties import TieRow
from policy_service.domain.accounts import ConnectionState
from policy_service.services.context import Context
from policy_service.services.imports.contact_new import connection_columns, tie_row
from policy_service.services.imports.contact_records import Line
from policy_service.services.imports.contact_states import import_row
from policy_service.services.imports.known_contacts import content_digest
from policy_service.services.parties import clinician_row
from policy_service.services.people import hashed_columns, match_keys_of, replace_match_keys
from policy_service.services.revisions import current, revise
from policy_service.services.touch import touch_tie

_SHOWN = ("far_handle_key", "direction", "initiator", "state", "since")
SHOWN, GONE = "as a newer export shows it", "a newer export no longer shows it"


@dataclass(frozen=True, slots=True)
class Change:
    """A stored contact and the line that says it anew; `says_more` where its content differs,
    or its hashes are of an older release."""

    contact_id: str
    line: Line
    says_more: bool


def write_change(context: Context, row: ContactImportRow, change: Change) -> str:
    """The contact stands as the newer export shows it; returns the person's id."""
    contact = current(context, ContactRow, change.contact_id)
    if change.says_more:
        _rehash(context, contact.person_id, change.line)
    revision = _reconnect(context, row, contact.connection_id, change.line)
    tie_id = contact.tie_id or _tie(context, row, contact.person_id, change.line)
    revise(
        context,
        contact,
        SHOWN,
        digest=content_digest(context, change.line),
        is_listed=True,
        connection_revision=revision,
        tie_id=tie_id,
        import_id=row.id,
    )
    return contact.person_id


def _tie(context: Context, row: ContactImportRow, person_id: str, line: Line) -> str | None:
    """The card says only now what the person is to the clinician."""
    if not line.tie:
        return None
    owner = clinician_row(context, row.clinician_id).person_id
    made = tie_row(context, row.clinician_id, (owner, person_id), line.tie)
    context.session.execute(insert(TieRow), [made])
    touch_tie(context, owner, person_id)
    return str(made["id"])


def _rehash(context: Context, person_id: str, line: Line) -> None:
    """What is known of a third party is replaced, as every person record is."""
    context.session.execute(
        update(PersonRow)
        .where(PersonRow.practice_id == context.practice_id, PersonRow.id == person_id)
        .values(**hashed_columns(context, person_id, line.record))
        .execution_options(synchronize_session=False)
    )
    replace_match_keys(context, person_id, match_keys_of(context, line.record))


def _reconnect(
    context: Context, row: ContactImportRow, connection_id: str | None, line: Line
) -> int | None:
    """The connection as the export shows it; returns its new revision, None where it stands so."""
    if connection_id is None:
        return None
    connection = current(context, ConnectionRow, connection_id)
    wanted = connection_columns(context, line)
    if connection.is_withdrawn or all(getattr(connection, name) == wanted[name] for name in _SHOWN):
        return None
    if connection.state != wanted["state"] and wanted["changed_before"] is None:
        wanted |= _between(context, row)
    wanted["since"] = wanted["since"] or connection.since
    return revise(context, connection, SHOWN, **wanted).revision


def mark_missing(context: Context, row: ContactImportRow, contact_ids: Sequence[str]) -> list[str]:
    """Connections that the newer export no longer shows were removed on some day in between.

    Returns the persons' ids.
    """
    gone = []
    for contact_id in contact_ids:
        contact = current(context, ContactRow, contact_id)
        if contact.is_withdrawn or not contact.is_listed:
            continue
        made = {
            "connection_revision": _disconnect(context, row, contact.connection_id),
            "import_id": row.id,
        }
        revise(context, contact, GONE, is_listed=False, **made)
        gone.append(contact.person_id)
    return gone


def _disconnect(context: Context, row: ContactImportRow, connection_id: str | None) -> int | None:
    if connection_id is None:
        return None
    connection = current(context, ConnectionRow, connection_id)
    if connection.is_withdrawn or connection.state == ConnectionState.REMOVED:
        return None
    removed = ConnectionState.REMOVED.value
    return revise(context, connection, GONE, state=removed, **_between(context, row)).revision


def _between(context: Context, row: ContactImportRow) -> dict[str, Any]:
    """Nobody dated the change: it lies between the export before and this one."""
    before = import_row(context, row.after_import_id) if row.after_import_id else None
    return {
        "changed_after": before.at.date().isoformat() if before else None,
        "changed_before": row.at.date().isoformat(),
    }
