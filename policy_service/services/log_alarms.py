"""Alarms of the log: which stand, how old the oldest unsigned entry is, and how one is resolved.

Resolving is an officer's act after a legitimate restore, or once a break-in was looked into. It
changes nothing of the past: it accepts the log as it stands, says so in the log itself, signs that
head and publishes it. Whoever kept a head from before can still show that the log went back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from policy_service.audit import sealer
from policy_service.audit.guard import guard_in, resolve_in
from policy_service.audit.log import Owned
from policy_service.audit.published import Alarm, Published
from policy_service.audit.reading import head
from policy_service.audit.rows import StoredRow, waiting_faults, waiting_rows
from policy_service.audit.signing import SignerMovedOn, sign_anew
from policy_service.database import driver
from policy_service.database.tables.audit import (
    IS_LEAF_OF,
    CheckpointRow,
    EntryRow,
    LeafRow,
    PendingRow,
)
from policy_service.domain.principals import Principal
from policy_service.errors import FieldError, InvalidRequest, StateConflict
from policy_service.ledger.errors import NoteRefused
from policy_service.ledger.merkle import Head
from policy_service.services.context import Context
from policy_service.services.desk import Desk
from policy_service.services.directory import practices
from policy_service.services.officers import require_officer


@dataclass(frozen=True, slots=True)
class LogHealth:
    """One practice's log. `unsigned`: for how long its oldest entry under no signed head waits."""

    alarm: Alarm | None
    unsigned: timedelta

    def is_red(self, most: timedelta) -> bool:
        """An alarm stands, or an entry waits too long: nobody seals or signs."""
        return self.alarm is not None or self.unsigned > most


def log_health(desk: Desk, practice_id: str) -> LogHealth:
    """The health of a log as this machine sees it; a few small reads."""
    alarm = guard_in(desk.database).heads.alarm(practice_id)
    with desk.database.read(practice_id) as session:
        oldest = _oldest_unsigned(session, practice_id)
    waited = desk.clock() - oldest if oldest else timedelta()
    return LogHealth(alarm, max(waited, timedelta()))


def health_of_logs(desk: Desk) -> list[LogHealth]:
    """The health of every practice's log."""
    return [log_health(desk, practice.id) for practice in practices(desk)]


def _oldest_unsigned(session: Session, practice_id: str) -> datetime | None:
    """Time of the oldest entry that waits for a place, or has one under no signed head yet."""
    pending = select(func.min(PendingRow.at)).where(PendingRow.practice_id == practice_id)
    signed = select(func.coalesce(func.max(CheckpointRow.size), 0)).where(
        CheckpointRow.practice_id == practice_id
    )
    placed = (
        select(EntryRow.at)
        .join(LeafRow, IS_LEAF_OF)
        .where(LeafRow.practice_id == practice_id, LeafRow.leaf_index == signed.scalar_subquery())
    )
    found = [session.scalars(query).first() for query in (pending, placed)]
    return min((at for at in found if at is not None), default=None)


@dataclass(frozen=True, slots=True)
class Resolution:
    """Why an alarm is resolved. `admit`: waiting entries that could not be shown to be genuine
    take their place in the tree, named in the entry; else they stay, and the alarm comes back."""

    reason: str
    admit: bool = False


def resolve(desk: Desk, officer: Principal, resolution: Resolution) -> str:
    """Accept the log as it stands; returns the signed head. StateConflict where no alarm stands."""
    guard = guard_in(desk.database)
    alarm = guard.heads.alarm(officer.practice_id)
    if alarm is None:
        raise StateConflict("No alarm stands for the log of this practice.")
    if not resolution.reason.strip():
        raise InvalidRequest(errors=[FieldError("/reason", "A reason is required.")])
    with desk.writing(officer) as context:
        require_officer(context)
        resolve_in(context.session)
        admitted = _doubtful(desk, context) if resolution.admit else []
        _record(context, alarm, _published(desk, officer.practice_id), resolution, admitted)
    signer = desk.log_key(desk.practice(officer.practice_id).log_origin)
    try:
        note = sign_anew(desk.database, officer.practice_id, signer, desk.clock())
    except SignerMovedOn as error:
        raise StateConflict(
            f"The signer process remembers a larger head. Where it runs, `flask audit signer "
            f"forget {signer.name}` makes it forget; then resolve again."
        ) from error
    guard.heads.silence(officer.practice_id)
    return note


def _doubtful(desk: Desk, context: Context) -> list[StoredRow]:
    """Waiting entries that the sealer holds."""
    guard, practice_id = guard_in(desk.database), context.practice_id
    faults = waiting_faults(context.session, guard.row_key(practice_id), may_be_unmarked=False)
    held = {fault.entry_id for fault in faults}
    return [row for _, row in waiting_rows(context.session) if row.id in held]


def _record(
    context: Context,
    alarm: Alarm,
    published: Published | None,
    resolution: Resolution,
    admitted: list[StoredRow],
) -> None:
    """The entry that says it, in the tree at once: nothing is sealed while an alarm stands."""
    session, practice_id = context.session, context.practice_id
    said: dict[str, Any] = {
        "alarm": {"kind": alarm.kind.value, "text": alarm.text, "since": alarm.since},
        "published": _said(published.checkpoint.head) if published else None,
        "found": _said(head(session, practice_id)),
        "admitted": [row.id for row in admitted],
        "reason": resolution.reason.strip(),
    }
    leaf = context.log("log.resolved", {"resolution": Owned(said)})
    placed = [(row.id, row.leaf_hash) for row in admitted]
    if session.get_bind().dialect.name == "postgresql":
        placed.append((leaf.id, leaf.hash))
    if placed:
        sealer.place(driver.writing(session), placed)
        session.execute(
            delete(PendingRow)
            .where(
                PendingRow.practice_id == practice_id,
                PendingRow.entry_id.in_(entry_id for entry_id, _ in placed),
            )
            .execution_options(synchronize_session=False)
        )


def _said(known: Head) -> dict[str, Any]:
    return {"size": known.size, "root": known.root.hex()}


def _published(desk: Desk, practice_id: str) -> Published | None:
    try:
        return guard_in(desk.database).heads.last(practice_id)
    except NoteRefused:
        return None
