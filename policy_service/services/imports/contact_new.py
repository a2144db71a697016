"""The rows of a contact that was not known before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from policy_service.database.base import PracticeOwned
from policy_service.database.tables.accounts import ConnectionRow
from policy_service.database.tables.contacts import ContactImportRow, ContactRow
from policy_service.database.tables.people import MatchKeyRow, PersonKeyRow, PersonRow
from policy_service.database.tables.ties import TieRow
from policy_service.domain.accounts import ConnectionState
from policy_service.domain.dates import PartialDate
from policy_service.services.accounts import handle_key
from policy_service.services.context import Context
from policy_service.services.imports.contact_records import Line
from policy_service.services.imports.known_contacts import contact_key, content_digest
from policy_service.services.people import hashed_person_row, match_key_rows
from policy_service.services.revisions import first_stamps
from policy_service.services.ties import StatedTie, TieSource, seal_tie

_OVER = (ConnectionState.REMOVED, ConnectionState.DECLINED)
Rows = Mapping[type[PracticeOwned], list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class NewContact:
    """The rows of one new contact, by table. The person is sealed under a key of their own."""

    person_id: str
    rows: Rows


def new_contact(context: Context, row: ContactImportRow, owner: str, line: Line) -> NewContact:
    """Hash, seal and lay out one contact. `owner` is the clinician's person."""
    person_id = context.new_id()
    rows: dict[type[PracticeOwned], list[dict[str, Any]]] = {
        PersonKeyRow: [context.keyring.new_person_key(person_id)],
        PersonRow: [hashed_person_row(context, person_id, line.record)],
        MatchKeyRow: match_key_rows(context, person_id, line.record),
    }
    contact = {
        **first_stamps(context, context.new_id()),
        "clinician_id": row.clinician_id,
        "source": row.source,
        "account_id": row.account_id,
        "contact_key": contact_key(context, line),
        "digest": content_digest(context, line),
        "person_id": person_id,
        "connection_id": None,
        "connection_revision": None,
        "tie_id": None,
        "is_listed": True,
        "import_id": row.id,
    }
    if line.is_connection and row.account_id is not None:
        made = first_stamps(context, context.new_id()) | {
            "account_id": row.account_id,
            "far_person_id": person_id,
            **connection_columns(context, line),
        }
        rows[ConnectionRow] = [made]
        contact |= {"connection_id": made["id"], "connection_revision": 1}
    if line.tie:
        tie = tie_row(context, row.clinician_id, (owner, person_id), line.tie)
        rows[TieRow], contact["tie_id"] = [tie], tie["id"]
    rows[ContactRow] = [contact]
    return NewContact(person_id, rows)


def connection_columns(context: Context, line: Line) -> dict[str, Any]:
    """What an export says of a connection. Of the far side's handle only a key is kept.

    The day of a connection that is over is the day it ended.
    """
    contact, day = line.contact, known_day(line.contact.since)
    key = handle_key(context, contact.platform, contact.handle) if contact.handle else None
    is_over = contact.state in _OVER
    return {
        "far_handle_key": key,
        "direction": contact.direction.value if contact.direction else None,
        "initiator": contact.initiator,
        "state": contact.state.value if contact.state else None,
        "since": None if is_over else day,
        "changed_after": day if is_over else None,
        "changed_before": day if is_over else None,
    }


def known_day(text: str) -> str | None:
    """A partial date; None for anything else, which an export may well hold."""
    try:
        return PartialDate(text).text
    except ValueError:
        return None


def tie_row(
    context: Context, clinician_id: str, ends: tuple[str, str], kind: str
) -> dict[str, Any]:
    """What the card says the person is to the clinician, as the clinician's own statement."""
    owner, person_id = ends
    tie = StatedTie(
        id=context.new_id(),
        from_person=owner,
        to_person=person_id,
        kind=kind,
        is_ended=False,
        since=None,
        until=None,
        source=TieSource.IMPORT.value,
        clinician_id=clinician_id,
    )
    return first_stamps(context, tie.id) | {
        "from_person_id": owner,
        "to_person_id": person_id,
        "is_ended": False,
        "source": tie.source,
        "clinician_id": clinician_id,
        "sealed": seal_tie(context, tie, 1),
    }
