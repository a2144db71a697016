"""How the log is doing: its head, what waits for a place and for how long, and what gives alarm."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from policy_service.audit.guard import guard_of
from policy_service.audit.reading import head
from policy_service.database.tables.audit import CheckpointRow, PendingRow
from policy_service.database.tables.oversight import LogCheckRow
from policy_service.ledger.encoding import base64std
from policy_service.services.context import Context
from policy_service.services.desk import MAX_MERGE_DELAY
from policy_service.services.witnesses import WitnessState


@dataclass(frozen=True, slots=True)
class LogState:
    """`oldest_unsealed`: how long the entry that waits longest has waited; None if none waits."""

    size: int
    root: str
    signed_size: int
    signed_at: datetime | None
    waiting: int
    oldest_unsealed: timedelta | None

    @property
    def is_late(self) -> bool:
        """An entry waits longer than receipts promise."""
        waited = self.oldest_unsealed
        return waited is not None and waited > timedelta(seconds=MAX_MERGE_DELAY)


def log_state(context: Context) -> LogState:
    """The state in this snapshot; a few small reads however long the log is."""
    now = head(context.session, context.practice_id)
    mine = PendingRow.practice_id == context.practice_id
    waits = select(func.count(), func.min(PendingRow.at)).select_from(PendingRow).where(mine)
    waiting, oldest = context.session.execute(waits).one()
    signed = context.session.execute(
        select(CheckpointRow.size, CheckpointRow.signed_at)
        .where(CheckpointRow.practice_id == context.practice_id)
        .order_by(CheckpointRow.size.desc())
        .limit(1)
    ).first()
    return LogState(
        size=now.size,
        root=base64std(now.root),
        signed_size=signed.size if signed else 0,
        signed_at=signed.signed_at if signed else None,
        waiting=waiting,
        oldest_unsealed=None if oldest is None else max(context.now - oldest, timedelta()),
    )


def alarms(context: Context, state: LogState, witnesses: Iterable[WitnessState]) -> list[str]:
    """What is wrong with the log as far as is known without reading all of it; empty: nothing."""
    guard = guard_of(context.session)
    known = guard.heads.last(context.practice_id)
    return [
        said
        for said in (
            guard.contradiction(context.session, context.practice_id, known),
            _backwards(state),
            _late(state),
            *map(_refused, witnesses),
            _tampered(_last_verdict(context)),
        )
        if said
    ]


def _backwards(state: LogState) -> str | None:
    if state.signed_size <= state.size:
        return None
    return (
        f"The log went backwards: a checkpoint of {state.signed_size} entries was signed, and it "
        f"has {state.size}."
    )


def _late(state: LogState) -> str | None:
    said = "An entry waits for its place longer than receipts promise: is a worker up?"
    return said if state.is_late else None


def _refused(witness: WitnessState) -> str | None:
    if witness.refused is None:
        return None
    said = f"The witness {witness.name} refuses to sign: {witness.refused.value}"
    return f"{said}, entries {witness.refused_size}." if witness.refused_size else f"{said}."


def _tampered(last: LogCheckRow | None) -> str | None:
    if last is None or last.exit_code != 1:
        return None
    return f"The last verification found the log changed. {last.said}"


def _last_verdict(context: Context) -> LogCheckRow | None:
    return context.session.scalars(
        select(LogCheckRow)
        .where(LogCheckRow.practice_id == context.practice_id, LogCheckRow.finished_at.is_not(None))
        .order_by(LogCheckRow.finished_at.desc(), LogCheckRow.id)
        .limit(1)
    ).first()
