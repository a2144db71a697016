"""The states of an import of contacts, and what every step of it does: log, seal, destroy.

ready -> storing -> stored -> undoing -> undone; a ready one may be discarded or expire instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, select

from policy_service.audit.log import Owned
from policy_service.database.tables.contacts import ContactBatchRow, ContactImportRow
from policy_service.errors import NotFound
from policy_service.services.context import Context
from policy_service.services.parties import clinician_row, pseudonyms

READY, STORING, STORED = "ready", "storing", "stored"
UNDOING, UNDONE = "undoing", "undone"
DISCARDED, EXPIRED = "discarded", "expired"
_LOGGED = ("id", "source", "contacts", "refused", "new", "changed", "known", "missing")


def sealed_at(import_id: str, number: int | None = None) -> tuple[str, str, str]:
    """Where an import's preview, or one of its batches, is kept: it opens only there."""
    if number is None:
        return ("contact_import", import_id, "sealed")
    return ("contact_batch", f"{import_id}/{number}", "sealed")


def import_row(
    context: Context, import_id: str, *, clinician_id: str | None = None, lock: bool = False
) -> ContactImportRow:
    """An import of this practice, and of this clinician where one is named; else NotFound."""
    wanted = select(ContactImportRow).where(ContactImportRow.id == import_id)
    if lock:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    row = context.session.scalars(wanted).one_or_none()
    if row is None or clinician_id not in (None, row.clinician_id):
        raise NotFound
    return row


def log_import(
    context: Context, action: str, row: Mapping[str, Any], person_id: str, **more: int
) -> None:
    """One entry, in numbers: no name and nothing of a contact is in it."""
    told = {name: row[name] for name in _LOGGED} | more
    subjects = pseudonyms(context, [person_id])
    context.log(action, {"import": Owned(told, person_id)}, subjects=subjects)


def log_step(context: Context, action: str, row: ContactImportRow, **more: int) -> None:
    """`log_import` for a row that is stored."""
    told = {name: getattr(row, name) for name in _LOGGED}
    log_import(context, action, told, clinician_row(context, row.clinician_id).person_id, **more)


def destroy_upload(context: Context, row: ContactImportRow) -> None:
    """Of what was uploaded nothing is left: not the batches, not the sample."""
    row.sealed = None
    context.session.execute(
        delete(ContactBatchRow)
        .where(
            ContactBatchRow.practice_id == context.practice_id,
            ContactBatchRow.import_id == row.id,
        )
        .execution_options(synchronize_session=False)
    )


def end_unstored(context: Context, row: ContactImportRow, state: str) -> None:
    """A ready import is not stored: what was read of the file is destroyed."""
    destroy_upload(context, row)
    row.state, row.ended_at = state, context.now
    log_step(context, f"contacts.{state}", row)


def discard_earlier(context: Context, new: Mapping[str, Any]) -> None:
    """Uploads of the same source and account that still wait make way for a new one."""
    waiting = context.session.scalars(
        select(ContactImportRow)
        .where(
            ContactImportRow.clinician_id == new["clinician_id"],
            ContactImportRow.source == new["source"],
            ContactImportRow.account_id.is_not_distinct_from(new["account_id"]),
            ContactImportRow.state == READY,
        )
        .with_for_update()
    ).all()
    for row in waiting:
        end_unstored(context, row, DISCARDED)
