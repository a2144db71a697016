"""What a clinician decides about an upload: store it, discard it, or take a stored one back."""

from __future__ import annotations

from sqlalchemy import Select, select

from policy_service.database.tables.contacts import ContactImportRow
from policy_service.database.tables.registry import ClinicianRow
from policy_service.errors import StateConflict
from policy_service.jobs import queue
from policy_service.services.accounts import AccountForm, add_account
from policy_service.services.context import Context
from policy_service.services.desk import Desk
from policy_service.services.expiry import end_expired
from policy_service.services.imports.contact_accounts import PLATFORMS, accounts_for
from policy_service.services.imports.contact_states import (
    DISCARDED,
    EXPIRED,
    READY,
    STORED,
    STORING,
    UNDOING,
    end_unstored,
    import_row,
    log_step,
)
from policy_service.services.imports.known_contacts import Origin, newest_stored

STORE, UNDO = "contacts.store", "contacts.undo"
"""Kinds of work. Each piece stores, or takes back, one batch and queues the next."""


def store_import(
    context: Context, clinician_id: str, import_id: str, *, with_missing: bool | None = None
) -> None:
    """Have the worker store what the preview showed. StateConflict when that is void by now.

    `with_missing`: connections that the export no longer shows count as removed. Unsaid, they do
    where every line was read: a line that was refused may be the very contact.
    """
    row = _locked(context, clinician_id, import_id, READY)
    if row.expires_at <= context.now:
        raise StateConflict("The upload was kept for a day and is gone: upload the file again.")
    _find_account(context, row)
    _require_newest(context, row, row.after_import_id)
    row.state, row.decided_at, row.sealed = STORING, context.now, None
    row.with_missing = row.with_missing if with_missing is None else with_missing
    log_step(context, "contacts.confirmed", row)
    _queue(context, STORE, row)


def _find_account(context: Context, row: ContactImportRow) -> None:
    """The account the export is of; a first one is made, and what it is for is not said yet."""
    if row.source not in PLATFORMS or row.account_id is not None:
        return
    person_id = context.session.get_one(
        ClinicianRow, (context.practice_id, row.clinician_id)
    ).person_id
    known = accounts_for(context, person_id, (row.source,), None)[row.source]
    row.account_id = known or add_account(context, person_id, AccountForm(row.source, ""))


def _require_newest(context: Context, row: ContactImportRow, expected: str | None) -> None:
    """What is stored is what the preview, or the undoing, was made from."""
    origin = Origin(row.clinician_id, row.source, row.account_id)
    newest = newest_stored(context, origin)
    if (newest.id if newest else None) != expected:
        raise StateConflict("Another import of this source was stored since. Look at it again.")
    busy = select(ContactImportRow.id).where(
        ContactImportRow.clinician_id == row.clinician_id,
        ContactImportRow.source == row.source,
        ContactImportRow.account_id.is_not_distinct_from(row.account_id),
        ContactImportRow.state.in_((STORING, UNDOING)),
    )
    if context.session.scalars(busy).first() is not None:
        raise StateConflict("An import of this source is being stored or taken back. Wait for it.")


def discard_import(context: Context, clinician_id: str, import_id: str) -> None:
    """Nothing of the upload is stored; what was read of it is destroyed."""
    end_unstored(context, _locked(context, clinician_id, import_id, READY), DISCARDED)


def undo_import(context: Context, clinician_id: str, import_id: str) -> None:
    """Have the worker take a stored import back. StateConflict unless it is the newest.

    Who came with it is forgotten; who left or changed state stands again as before.
    """
    row = _locked(context, clinician_id, import_id, STORED)
    _require_newest(context, row, row.id)
    row.state, row.done = UNDOING, 0
    log_step(context, "contacts.undo_asked", row)
    _queue(context, UNDO, row)


def _locked(context: Context, clinician_id: str, import_id: str, state: str) -> ContactImportRow:
    """One decision a clinician at a time: two at once would each find the other's not there yet."""
    context.session.execute(
        select(ClinicianRow.id).where(ClinicianRow.id == clinician_id).with_for_update()
    )
    row = import_row(context, import_id, clinician_id=clinician_id, lock=True)
    if row.state != state:
        raise StateConflict(f"The import is {row.state}, not {state}.")
    return row


def _queue(context: Context, kind: str, row: ContactImportRow) -> None:
    context.session.flush()
    body = [{"import": row.id}]
    due = context.now - queue.AHEAD
    queue.enqueue(context.session, context.practice_id, kind, body, due)


def expire_uploads(desk: Desk, practice_id: str) -> int:
    """Destroy uploads nobody decided on within a day, for the worker; returns how many."""
    return end_expired(
        desk, practice_id, _expired, lambda context, row: end_unstored(context, row, EXPIRED)
    )


def _expired(context: Context) -> Select[ContactImportRow]:
    return select(ContactImportRow).where(
        ContactImportRow.state == READY, ContactImportRow.expires_at <= context.now
    )
