"""Store an import batch by batch, or take it back: what the worker does.

A batch commits as a whole with its entry and the work that stores the next, so that a worker that
dies loses nothing and stores nothing twice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from policy_service.database.tables.contacts import ContactImportRow
from policy_service.database.tables.registry import ClinicianRow
from policy_service.domain.principals import Principal
from policy_service.errors import NotFound
from policy_service.jobs import queue
from policy_service.jobs.queue import Work
from policy_service.services.context import Context
from policy_service.services.desk import Desk
from policy_service.services.imports.contact_batches import Batch, plan_batch
from policy_service.services.imports.contact_decisions import STORE, UNDO
from policy_service.services.imports.contact_states import (
    STORED,
    STORING,
    UNDOING,
    UNDONE,
    destroy_upload,
    import_row,
    log_step,
)
from policy_service.services.imports.contact_undoing import undo_some
from policy_service.services.revisions import bump
from policy_service.services.touch import touch_clinicians


def importer(practice_id: str) -> Principal:
    """Who stores: the service itself, on the clinician's word that the log holds."""
    return Principal(practice_id, "importing", "importing", frozenset())


def store_batch(desk: Desk, practice_id: str, work: Work) -> bool:
    """Store the next batch of an import; True if something was stored."""
    principal = importer(practice_id)
    with desk.reading(principal) as context:
        row = _row(context, work, STORING)
        if row is None:
            return False
        batch, keyring = plan_batch(context, row), context.keyring
    with desk.writing(principal) as context:
        row = _row(context, work, STORING, lock=True)
        if row is None or row.done != batch.number:
            return False  # another worker was faster
        # The keys made while planning are held by that keyring and nowhere else yet.
        _store(replace(context, keyring=keyring), row, batch)
    return True


def _store(context: Context, row: ContactImportRow, batch: Batch) -> None:
    counts = batch.write(context, row)
    row.done += 1
    log_step(context, "contacts.batch_stored", row, batch=batch.number, **counts)
    if row.done < row.batches:
        _go_on(context, STORE, row)
        return
    destroy_upload(context, row)
    row.state, row.ended_at = STORED, context.now
    log_step(context, "contacts.stored", row)
    touch_clinicians(context, [row.clinician_id])


def undo_batch(desk: Desk, practice_id: str, work: Work) -> bool:
    """Take the next contacts of an import back; True if something was taken back."""
    with desk.writing(importer(practice_id)) as context:
        row = _row(context, work, UNDOING, lock=True)
        if row is None:
            return False
        counts = undo_some(context, row)
        if counts:
            row.done += sum(counts.values())
            log_step(context, "contacts.batch_undone", row, **counts)
            _go_on(context, UNDO, row)
            return True
        row.state, row.ended_at = UNDONE, context.now
        log_step(context, "contacts.undone", row)
        touch_clinicians(context, [row.clinician_id])
    return True


def _row(
    context: Context, work: Work, state: str, *, lock: bool = False
) -> ContactImportRow | None:
    try:
        row = import_row(context, work.body["import"], lock=lock)
    except NotFound:
        return None
    return row if row.state == state else None


def _go_on(context: Context, kind: str, row: ContactImportRow) -> None:
    """The next batch is queued; a check that read half of this one prepares again."""
    context.session.flush()
    bump(context, ClinicianRow, {row.clinician_id})
    body = [{"import": row.id}]
    due = context.now - queue.AHEAD
    queue.enqueue(context.session, context.practice_id, kind, body, due)


CONTACT_STEPS: dict[str, Callable[[Desk, str, Work], bool]] = {
    STORE: store_batch,
    UNDO: undo_batch,
}
"""For the worker: by kind of work."""
