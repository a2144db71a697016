"""What a monitor may know: counts and ages over all practices, of nobody in particular.

The figures of one practice would let whoever reads them watch single checks arrive and cases open;
so practices are added up, ages are the worst of them, and decisions are those of the last day.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select

from policy_service.audit.guard import guard_in
from policy_service.database.tables.decisions import DecisionRow
from policy_service.database.tables.reviews import CaseRow
from policy_service.domain.principals import Principal
from policy_service.domain.reviews import CaseState
from policy_service.jobs import queue
from policy_service.services.context import Context
from policy_service.services.desk import Desk
from policy_service.services.directory import practices
from policy_service.services.log_alarms import LogHealth, log_health
from policy_service.services.log_state import LogState, log_state
from policy_service.services.witnesses import WitnessState, witness_state

_LAST_DAY = timedelta(days=1)
_Key = tuple[str, tuple[str, str] | None]


@dataclass(frozen=True, slots=True)
class Figure:
    """One gauge: name, its one label with value (empty: none), and the number."""

    name: str
    value: float
    label: tuple[str, str] | None = None


MEANINGS = {
    "policy_audit_entries": "Entries in the audit logs of all practices.",
    "policy_audit_unsealed_entries": "Entries that are committed and have no place in a tree yet.",
    "policy_audit_oldest_unsealed_seconds": "How long the entry that waits longest has waited.",
    "policy_audit_oldest_unsigned_seconds": "How long the oldest entry is under no signed head.",
    "policy_audit_unsigned_entries": "Most entries of one log beyond its newest checkpoint.",
    "policy_audit_alarms": "Logs with a standing alarm: changed, gone backwards, or forged into.",
    "policy_witness_lag_entries": "Most entries of one log that one of its witnesses has not seen.",
    "policy_witness_refusals": "Witnesses that refuse a log's newest head.",
    "policy_queue_depth": "Pieces of work by state; dead ones are looked at by nobody but you.",
    "policy_decisions_last_day": "Decisions of the last 24 hours by outcome.",
    "policy_open_cases": "Cases that are not closed, by what the practice has decided so far.",
}


def figures(desk: Desk) -> list[Figure]:
    """All figures now, in the order of `MEANINGS`; a few small reads for each practice."""
    sums: Counter[_Key] = Counter()
    worst: dict[str, float] = dict.fromkeys(_WORST, 0)
    for practice in practices(desk):
        watcher = Principal(practice.id, "monitor", "monitor", frozenset())
        guard, health = guard_in(desk.database), log_health(desk, practice.id)
        known = guard.heads.last(practice.id)  # before the snapshot: see LogGuard.outside
        with desk.reading(watcher) as context:
            state, witnesses = log_state(context), witness_state(context, desk.witnesses)
            sums.update(dict(_added(context, state, witnesses)))
            alarm = guard.contradiction(context.session, practice.id, known)
            sums["policy_audit_alarms", None] += bool(alarm)
            for name, value in _ages(state, health, witnesses):
                worst[name] = max(worst[name], value)
    found = [Figure(name, value, label) for (name, label), value in sums.items()]
    found += [Figure(name, value) for name, value in worst.items()]
    order = list(MEANINGS)
    return sorted(found, key=lambda one: (order.index(one.name), one.label or ("", "")))


_WORST = (
    "policy_audit_oldest_unsealed_seconds",
    "policy_audit_oldest_unsigned_seconds",
    "policy_audit_unsigned_entries",
    "policy_witness_lag_entries",
)


def _added(
    context: Context, state: LogState, witnesses: Sequence[WitnessState]
) -> Iterator[tuple[_Key, int]]:
    yield ("policy_audit_entries", None), state.size
    yield ("policy_audit_unsealed_entries", None), state.waiting
    refused = [one for one in witnesses if one.refused is not None]
    yield ("policy_witness_refusals", None), len(refused)
    waiting = queue.counts(context.session, context.practice_id)
    for name in (queue.QUEUED, queue.LEASED, queue.DEAD):
        yield ("policy_queue_depth", ("state", name)), waiting.get(name, 0)
    yield from _decided(context)


def _decided(context: Context) -> Iterator[tuple[_Key, int]]:
    mine = context.practice_id
    decisions = (
        select(DecisionRow.outcome, func.count())
        .where(DecisionRow.practice_id == mine, DecisionRow.at > context.now - _LAST_DAY)
        .group_by(DecisionRow.outcome)
    )
    for outcome, number in context.session.execute(decisions):
        yield ("policy_decisions_last_day", ("outcome", outcome)), number
    cases = (
        select(CaseRow.standing, func.count())
        .where(CaseRow.practice_id == mine, CaseRow.state != CaseState.CLOSED)
        .group_by(CaseRow.standing)
    )
    for standing, number in context.session.execute(cases):
        yield ("policy_open_cases", ("standing", standing)), number


def _ages(
    state: LogState, health: LogHealth, witnesses: Sequence[WitnessState]
) -> Iterator[tuple[str, float]]:
    waited = state.oldest_unsealed or timedelta()
    yield "policy_audit_oldest_unsealed_seconds", waited.total_seconds()
    yield "policy_audit_oldest_unsigned_seconds", health.unsigned.total_seconds()
    yield "policy_audit_unsigned_entries", max(state.size - state.signed_size, 0)
    for witness in witnesses:
        yield "policy_witness_lag_entries", max(state.size - witness.cosigned, 0)
