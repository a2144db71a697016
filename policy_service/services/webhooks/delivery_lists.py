"""What was delivered and what was not; and sending it again. For administrators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, or_, select

from policy_service.audit.log import Owned
from policy_service.database.tables.webhooks import (
    NoticeAttemptRow,
    NoticeDeliveryRow,
    NoticeRow,
)
from policy_service.domain.audiences import Audience, redact_event
from policy_service.domain.notices import About, DeliveryState, NoticeKind, Subject
from policy_service.errors import NotFound, StateConflict
from policy_service.jobs import queue
from policy_service.ledger.canonical import Json
from policy_service.services.context import Context
from policy_service.services.notices import DELIVER, add_delivery, add_notice, notice_of
from policy_service.services.webhooks.endpoints import (
    endpoint,
    held,
    mark_resumed,
    require_keeper,
)

A_PAGE = 50
_AGAIN = (DeliveryState.DEAD.value, DeliveryState.HELD.value, DeliveryState.DELIVERED.value)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery as it stands. `kind` is as the endpoint is told, `status` the last one."""

    id: str
    notice_id: str
    kind: str
    at: datetime
    state: DeliveryState
    attempts: int
    due_at: datetime | None
    tried_at: datetime | None
    status: int | None
    said: str | None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt: an HTTP status, or the class of what kept an answer away."""

    number: int
    at: datetime
    status: int | None
    said: str | None


def deliveries(
    context: Context, endpoint_id: str, after: str | None = None, state: str | None = None
) -> tuple[list[Delivery], str | None]:
    """A page of an endpoint's deliveries, the newest first, and where the next page begins."""
    told = endpoint(context, endpoint_id)
    wanted = select(NoticeDeliveryRow).where(NoticeDeliveryRow.endpoint_id == endpoint_id)
    if state is not None:
        wanted = wanted.where(NoticeDeliveryRow.state == state)
    if after is not None:
        last = _row(context, after)
        older = NoticeDeliveryRow.at < last.at
        same = and_(NoticeDeliveryRow.at == last.at, NoticeDeliveryRow.id > last.id)
        wanted = wanted.where(or_(older, same))
    ordered = wanted.order_by(NoticeDeliveryRow.at.desc(), NoticeDeliveryRow.id)
    rows = context.session.scalars(ordered.limit(A_PAGE + 1)).all()
    page = [_delivery(context, row, told.audience) for row in rows[:A_PAGE]]
    return page, page[-1].id if len(rows) > A_PAGE else None


def delivery(context: Context, delivery_id: str) -> tuple[Delivery, Sequence[Attempt]]:
    """One delivery with every attempt, the oldest first."""
    require_keeper(context)
    row = _row(context, delivery_id)
    told = endpoint(context, row.endpoint_id)
    attempts = context.session.scalars(
        select(NoticeAttemptRow)
        .where(NoticeAttemptRow.delivery_id == delivery_id)
        .order_by(NoticeAttemptRow.number)
    )
    tried = [Attempt(one.number, one.at, one.status, one.said) for one in attempts]
    return _delivery(context, row, told.audience), tried


def replay(context: Context, delivery_id: str) -> None:
    """Send it again, now, under the id it had. StateConflict while it waits anyway."""
    require_keeper(context)
    row = _row(context, delivery_id)
    if held(context, row.endpoint_id).paused_at is not None:
        raise StateConflict("The endpoint is paused: resume it first.")
    if row.state not in _AGAIN:
        raise StateConflict("It waits to be sent already.")
    _send_again(context, [row])
    context.log("webhook.replayed", {"webhook": Owned({"delivery": row.id})})


def replay_dead(context: Context, endpoint_id: str) -> int:
    """Send again whatever was given up for an endpoint; returns how many."""
    if held(context, endpoint_id).paused_at is not None:
        raise StateConflict("The endpoint is paused: resume it first.")
    rows = _in_state(context, endpoint_id, DeliveryState.DEAD)
    _send_again(context, rows)
    said: Json = {"endpoint": endpoint_id, "deliveries": len(rows)}
    context.log("webhook.replayed", {"webhook": Owned(said)})
    return len(rows)


def resume(context: Context, endpoint_id: str) -> int:
    """Tell a paused endpoint again, beginning with what was held; returns how many that are."""
    row = held(context, endpoint_id)
    if row.paused_at is None:
        raise StateConflict("The endpoint is not paused.")
    mark_resumed(context, row)
    rows = _in_state(context, endpoint_id, DeliveryState.HELD)
    _send_again(context, rows)
    return len(rows)


def ping(context: Context, endpoint_id: str) -> str:
    """Send a test event, also to a paused endpoint; returns the delivery's id."""
    row = held(context, endpoint_id)
    notice = add_notice(context, NoticeKind.PING, Subject(About.ENDPOINT, row.id))
    return add_delivery(context, row, notice)


def _send_again(context: Context, rows: Sequence[NoticeDeliveryRow]) -> None:
    """Before all that imports have queued: somebody waits for it."""
    for row in rows:
        row.state, row.attempts, row.due_at = DeliveryState.WAITING.value, 0, context.now
    bodies = [{"delivery": row.id} for row in rows]
    due = context.now - queue.AHEAD
    context.session.flush()
    queue.enqueue(context.session, context.practice_id, DELIVER, bodies, due)


def _in_state(
    context: Context, endpoint_id: str, state: DeliveryState
) -> Sequence[NoticeDeliveryRow]:
    rows = select(NoticeDeliveryRow).where(
        NoticeDeliveryRow.endpoint_id == endpoint_id, NoticeDeliveryRow.state == state.value
    )
    return context.session.scalars(rows.order_by(NoticeDeliveryRow.at).with_for_update()).all()


def _row(context: Context, delivery_id: str) -> NoticeDeliveryRow:
    row = context.session.get(NoticeDeliveryRow, (context.practice_id, delivery_id))
    if row is None:
        raise NotFound
    return row


def _delivery(context: Context, row: NoticeDeliveryRow, audience: Audience) -> Delivery:
    """The kind is what the endpoint is told, not what happened."""
    notice = notice_of(context.session.get_one(NoticeRow, (context.practice_id, row.notice_id)))
    event = redact_event(notice, audience)
    return Delivery(
        id=row.id,
        notice_id=row.notice_id,
        kind=event["type"] if event else "",
        at=row.at,
        state=DeliveryState(row.state),
        attempts=row.attempts,
        due_at=row.due_at,
        tried_at=row.tried_at,
        status=row.status,
        said=row.said,
    )
