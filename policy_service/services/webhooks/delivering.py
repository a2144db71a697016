"""Send one event to one endpoint, and write down how it went.

A failure is tried again, three times as late each time, and given up after ten attempts. While an
endpoint does not answer, one delivery at a time asks whether it is back: the others wait with it,
so that a dead endpoint holds nothing else up. An endpoint that takes nothing for three days, or
says that it is gone, is paused; what happens meanwhile is held.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import orjson
import structlog
from sqlalchemy import select

from policy_service.database.tables.webhooks import (
    NoticeAttemptRow,
    NoticeDeliveryRow,
    NoticeEndpointRow,
    NoticeRow,
)
from policy_service.domain.audiences import redact_event
from policy_service.domain.notices import (
    MOST_ATTEMPTS,
    DeliveryState,
    NoticeKind,
    Pause,
    has_failed_for_long,
    wait_after,
)
from policy_service.domain.webhook_signatures import Signed, signature_header
from policy_service.jobs import queue
from policy_service.jobs.queue import Work
from policy_service.services.context import Context
from policy_service.services.desk import Desk
from policy_service.services.notices import DELIVER, notice_of
from policy_service.services.outbound import Answer, OutboundError, Request
from policy_service.services.webhooks.endpoints import opened, pause
from policy_service.services.webhooks.messenger import messenger

PATIENCE = 10.0
"""Seconds an endpoint has for its answer."""
_MOST_BYTES = 64 * 1024
_LONGEST_RETRY_AFTER = timedelta(hours=24)
_chance = secrets.SystemRandom().random
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Sending:
    """What is sent, or `later` where the endpoint is to be left alone until then."""

    url: str
    secrets: tuple[str, ...]
    notice_id: str
    body: bytes
    later: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Outcome:
    """How it went: a status, or what kept an answer away. `again`: when the other side says so."""

    status: int | None = None
    said: str | None = None
    again: timedelta | None = None

    @property
    def is_taken(self) -> bool:
        """Any 2xx."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def is_away(self) -> bool:
        """The endpoint itself fails, rather than refusing this one event."""
        return self.status is None or self.status >= 500 or self.status == 429


def deliver(desk: Desk, practice_id: str, work: Work) -> bool:
    """Send one delivery; True if it was taken. May run twice: the event keeps its id."""
    service, delivery_id = messenger(practice_id), work.body["delivery"]
    with desk.reading(service) as context:
        sending = _sending(context, delivery_id)
    if sending is None:
        with desk.writing(service) as context:
            _give_up_untold(context, delivery_id)
        return False
    if sending.later is not None:
        with desk.writing(service) as context:
            _come_back(context, delivery_id, sending.later)
        return False
    outcome = _send(desk, sending)
    with desk.writing(service) as context:
        _write_down(context, delivery_id, outcome)
    return outcome.is_taken


def _sending(context: Context, delivery_id: str) -> _Sending | None:
    """None where there is nothing to send any more."""
    delivery = context.session.get(NoticeDeliveryRow, (context.practice_id, delivery_id))
    if delivery is None or delivery.state != DeliveryState.WAITING:
        return None
    row = context.session.get_one(NoticeEndpointRow, (context.practice_id, delivery.endpoint_id))
    if row.removed_at is not None:
        return None
    notice = notice_of(
        context.session.get_one(NoticeRow, (context.practice_id, delivery.notice_id))
    )
    endpoint = opened(context, row)
    event = redact_event(notice, endpoint.audience)
    if event is None:
        return None
    is_ping = notice.kind is NoticeKind.PING
    waits = row.retry_at is not None and row.retry_at > context.now and not is_ping
    keys = endpoint.ring.in_use(context.now)
    later = row.retry_at if waits else None
    return _Sending(endpoint.url, keys, notice.id, orjson.dumps(event), later)


def _give_up_untold(context: Context, delivery_id: str) -> None:
    """It waits, but its endpoint was removed, or may learn less than when it was queued."""
    delivery = context.session.get(NoticeDeliveryRow, (context.practice_id, delivery_id))
    if delivery is not None and delivery.state == DeliveryState.WAITING:
        delivery.state, delivery.due_at = DeliveryState.DEAD.value, None
        delivery.said = "NotToldAnyMore"


def _send(desk: Desk, sending: _Sending) -> _Outcome:
    try:
        answer = desk.outbound.fetch(_request(sending, desk.clock()))
    except OutboundError as error:
        return _Outcome(said=type(error).__name__)
    return _Outcome(answer.status, again=_retry_after(answer))


def _request(sending: _Sending, now: datetime) -> Request:
    signed = Signed(sending.notice_id, str(int(now.timestamp())), sending.body)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "policy_service",
        "webhook-id": signed.id,
        "webhook-timestamp": signed.timestamp,
        "webhook-signature": signature_header(sending.secrets, signed),
    }
    return Request(sending.url, "POST", headers, sending.body, PATIENCE, _MOST_BYTES)


def _retry_after(answer: Answer) -> timedelta | None:
    """RFC 9110 §10.2.3, in seconds; a date is not honoured, the usual wait is."""
    text = answer.headers.get("retry-after", "")
    if not (text.isascii() and text.isdigit()) or len(text) > 9:
        return None
    return min(timedelta(seconds=int(text)), _LONGEST_RETRY_AFTER)


def _write_down(context: Context, delivery_id: str, outcome: _Outcome) -> None:
    delivery = context.session.get_one(NoticeDeliveryRow, (context.practice_id, delivery_id))
    row = context.session.scalars(
        select(NoticeEndpointRow)
        .where(NoticeEndpointRow.id == delivery.endpoint_id)
        .with_for_update()
    ).one()
    _add_attempt(context, delivery, outcome)
    kind = context.session.get_one(NoticeRow, (context.practice_id, delivery.notice_id)).kind
    if outcome.is_taken:
        delivery.state, delivery.due_at = DeliveryState.DELIVERED.value, None
        row.failing_since, row.failures, row.retry_at = None, 0, None
    elif kind == NoticeKind.PING:
        delivery.state, delivery.due_at = DeliveryState.DEAD.value, None
    else:
        _fail(context, delivery, row, outcome)
    context.session.flush()


def _add_attempt(context: Context, delivery: NoticeDeliveryRow, outcome: _Outcome) -> None:
    made = select(NoticeAttemptRow.number).where(NoticeAttemptRow.delivery_id == delivery.id)
    last = context.session.scalars(made.order_by(NoticeAttemptRow.number.desc()).limit(1)).first()
    delivery.attempts += 1
    delivery.tried_at = context.now
    delivery.status, delivery.said = outcome.status, outcome.said
    context.session.add(
        NoticeAttemptRow(
            practice_id=context.practice_id,
            delivery_id=delivery.id,
            number=(last or 0) + 1,
            at=context.now,
            status=outcome.status,
            said=outcome.said,
        )
    )


def _fail(
    context: Context, delivery: NoticeDeliveryRow, row: NoticeEndpointRow, outcome: _Outcome
) -> None:
    row.failing_since = row.failing_since or context.now
    if outcome.is_away:
        row.failures += 1
        wait = max(wait_after(row.failures, _chance), outcome.again or timedelta())
        row.retry_at = context.now + wait
    if outcome.status == 410:
        _pause(context, row, Pause.GONE)
    elif has_failed_for_long(row.failing_since, context.now):
        _pause(context, row, Pause.FAILING)
    elif delivery.attempts >= MOST_ATTEMPTS:
        delivery.state, delivery.due_at = DeliveryState.DEAD.value, None
        _log.warning("webhook given up", endpoint=row.id, delivery=delivery.id)
    else:
        due = context.now + wait_after(delivery.attempts, _chance)
        _come_back(context, delivery.id, max(due, row.retry_at or due))


def _pause(context: Context, row: NoticeEndpointRow, why: Pause) -> None:
    if row.paused_at is None:
        _log.warning("webhook endpoint paused", endpoint=row.id, why=why.value)
        context.session.flush()
        pause(context, row, why)


def _come_back(context: Context, delivery_id: str, at: datetime) -> None:
    delivery = context.session.get_one(NoticeDeliveryRow, (context.practice_id, delivery_id))
    delivery.due_at = at
    queue.enqueue(context.session, context.practice_id, DELIVER, [{"delivery": delivery_id}], at)
