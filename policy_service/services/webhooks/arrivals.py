"""What arrives: shown to be the source's, kept once, sealed, and queued. Reading back comes later.

A webhook is answered alike whether it is new or was here before, and alike for an unknown source
and a wrong signature. Its event id makes it one: what was done is not done again.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.exc import IntegrityError

from policy_service.audit.log import Owned
from policy_service.database.tables.webhooks import WebhookArrivalRow
from policy_service.domain.notices import MOST_ATTEMPTS, wait_after
from policy_service.domain.webhook_signatures import (
    SignatureRefused,
    Signed,
    new_secret,
    verify,
)
from policy_service.errors import NotFound, StateConflict, Unauthenticated
from policy_service.jobs import queue
from policy_service.ledger.canonical import canonical_bytes, parse_strict
from policy_service.services.context import Context
from policy_service.services.desk import Desk
from policy_service.services.webhooks.endpoints import require_keeper
from policy_service.services.webhooks.messenger import messenger
from policy_service.services.webhooks.sources import Source, practice_of_source, source_in_use
from policy_service.vault.keys import Purpose

TAKE_ARRIVAL = "webhook_arrival"
A_PAGE = 50
_LONGEST_SAID = 200
_chance = secrets.SystemRandom().random
_NOBODYS = new_secret()
"""Tried for a source that does not exist, so that time does not tell."""


class ArrivalState(StrEnum):
    """How it stands with something that arrived."""

    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"
    IGNORED = "ignored"
    """About something that is none of our business."""


class Subject(StrEnum):
    """What kind of record an event is about."""

    CLIENT = "client"
    APPOINTMENT = "appointment"
    EPISODE = "episode"
    ENCOUNTER = "encounter"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Event:
    """A thin event: which record of the EHR it is about. It says nothing of the record."""

    subject: Subject
    record_id: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """Something that arrived, as it stands. `event` is gone once it is done."""

    id: str
    source_id: str
    received_at: datetime
    state: ArrivalState
    attempts: int
    finished_at: datetime | None
    said: str | None
    event: Event | None = None


def verified_source(desk: Desk, source_id: str, signed: Signed, header: str) -> Source:
    """The source that signed it. Unauthenticated, and nothing more, for whatever is wrong."""
    practice_id = practice_of_source(desk, source_id)
    now = desk.clock()
    found: Source | None = None
    keys: tuple[str, ...] = (_NOBODYS,)
    if practice_id is not None:
        with desk.reading(messenger(practice_id)) as context:
            found = source_in_use(context, source_id)
            keys = found.ring.in_use(now)
    try:
        verify(keys, signed, header, now.timestamp())
    except SignatureRefused:
        raise Unauthenticated(_REFUSED) from None
    if found is None:
        raise Unauthenticated(_REFUSED)
    return found


_REFUSED = "The webhook is not signed by a secret of this address, or its time is not now."


def keep_arrival(desk: Desk, source: Source, event_id: str, event: Event) -> None:
    """Keep and queue it, unless it was here before."""
    try:
        with desk.writing(source.principal) as context:
            _keep(context, source, event_id, event)
    except IntegrityError:
        return  # its twin was here first


def _keep(context: Context, source: Source, event_id: str, event: Event) -> None:
    is_ours = event.subject is not Subject.OTHER
    row = WebhookArrivalRow(
        practice_id=context.practice_id,
        id=context.new_id(),
        source_id=source.id,
        event_key=context.keyring.digest(Purpose.BODY_DIGEST, f"{source.id}/{event_id}").hex(),
        received_at=context.now,
        state=(ArrivalState.WAITING if is_ours else ArrivalState.IGNORED).value,
        attempts=0,
        finished_at=None if is_ours else context.now,
    )
    if is_ours:
        row.sealed = _sealed(context, row.id, event)
    context.session.add(row)
    context.session.flush()
    if is_ours:
        _enqueue(context, row.id, context.now - queue.AHEAD)


def waiting_event(context: Context, arrival_id: str) -> tuple[str, Event] | None:
    """The source and the event of an arrival that waits; None for any other."""
    row = context.session.get(WebhookArrivalRow, (context.practice_id, arrival_id))
    if row is None or row.state != ArrivalState.WAITING or row.sealed is None:
        return None
    return row.source_id, _event(context, row, row.sealed)


def finish_arrival(context: Context, arrival_id: str, said: str) -> None:
    """Done; what it said goes."""
    row = _locked(context, arrival_id)
    row.state, row.finished_at = ArrivalState.DONE.value, context.now
    row.attempts += 1
    row.said, row.sealed = said[:_LONGEST_SAID], None
    context.session.flush()


def fail_arrival(context: Context, arrival_id: str, said: str, *, for_good: bool = False) -> None:
    """Try again later, or leave it to a person: at once (`for_good`) or after ten attempts.

    `said` names fields and classes of faults, never a value.
    """
    row = _locked(context, arrival_id)
    row.attempts += 1
    row.said = said[:_LONGEST_SAID]
    if for_good or row.attempts >= MOST_ATTEMPTS:
        row.state, row.finished_at = ArrivalState.FAILED.value, context.now
    else:
        _enqueue(context, row.id, context.now + wait_after(row.attempts, _chance))
    context.session.flush()


def replay_arrival(context: Context, arrival_id: str) -> None:
    """Read it back once more, now. StateConflict unless it failed."""
    require_keeper(context)
    row = _locked(context, arrival_id)
    if row.state != ArrivalState.FAILED:
        raise StateConflict("Only what failed is read back again.")
    row.state, row.attempts, row.finished_at = ArrivalState.WAITING.value, 0, None
    context.session.flush()
    _enqueue(context, row.id, context.now - queue.AHEAD)
    context.log("webhook.arrival_replayed", {"webhook": Owned({"arrival": row.id})})


def arrivals(
    context: Context, source_id: str, after: str | None = None
) -> tuple[list[Arrival], str | None]:
    """A page of what a source sent, the newest first, and where the next page begins."""
    require_keeper(context)
    wanted = select(WebhookArrivalRow).where(WebhookArrivalRow.source_id == source_id)
    if after is not None:
        last = context.session.get(WebhookArrivalRow, (context.practice_id, after))
        if last is None:
            raise NotFound
        older = WebhookArrivalRow.received_at < last.received_at
        same = and_(
            WebhookArrivalRow.received_at == last.received_at, WebhookArrivalRow.id > last.id
        )
        wanted = wanted.where(or_(older, same))
    ordered = wanted.order_by(WebhookArrivalRow.received_at.desc(), WebhookArrivalRow.id)
    rows = context.session.scalars(ordered.limit(A_PAGE + 1)).all()
    return [_arrival(context, row) for row in rows[:A_PAGE]], _next(rows)


def _next(rows: Sequence[WebhookArrivalRow]) -> str | None:
    return rows[A_PAGE - 1].id if len(rows) > A_PAGE else None


def _arrival(context: Context, row: WebhookArrivalRow) -> Arrival:
    return Arrival(
        row.id,
        row.source_id,
        row.received_at,
        ArrivalState(row.state),
        row.attempts,
        row.finished_at,
        row.said,
        _event(context, row, row.sealed) if row.sealed else None,
    )


def _locked(context: Context, arrival_id: str) -> WebhookArrivalRow:
    wanted = select(WebhookArrivalRow).where(WebhookArrivalRow.id == arrival_id)
    row = context.session.scalars(wanted.with_for_update()).first()
    if row is None:
        raise NotFound
    return row


def _enqueue(context: Context, arrival_id: str, due: datetime) -> None:
    body = {"arrival": arrival_id}
    queue.enqueue(context.session, context.practice_id, TAKE_ARRIVAL, [body], due)


def _sealed(context: Context, arrival_id: str, event: Event) -> bytes:
    raw = canonical_bytes({"subject": event.subject.value, "id": event.record_id})
    return context.keyring.seal(context.session, None, raw, _place(arrival_id))


def _event(context: Context, row: WebhookArrivalRow, sealed: bytes) -> Event:
    said: Any = parse_strict(context.keyring.open(context.session, None, sealed, _place(row.id)))
    return Event(Subject(said["subject"]), said["id"])


def _place(arrival_id: str) -> tuple[str, str, str]:
    return ("webhook_arrival", arrival_id, "sealed")
