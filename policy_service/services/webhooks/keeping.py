"""What is kept of webhooks, and for how long.

An event id must be known longer than any sender repeats it (days), and a delivery longer than
anybody asks what became of it. After that both go; the log has what they caused.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, exists, select

from policy_service.database.base import PracticeOwned
from policy_service.database.tables.webhooks import (
    NoticeAttemptRow,
    NoticeDeliveryRow,
    NoticeRow,
    WebhookArrivalRow,
)
from policy_service.domain.notices import DeliveryState
from policy_service.services.context import Context
from policy_service.services.desk import Desk
from policy_service.services.webhooks.arrivals import ArrivalState
from policy_service.services.webhooks.messenger import messenger

KEPT = timedelta(days=30)
_ENDED = (DeliveryState.DELIVERED.value, DeliveryState.DEAD.value)
_OVER = (ArrivalState.DONE.value, ArrivalState.IGNORED.value)


def drop_old(desk: Desk, practice_id: str) -> int:
    """Drop what ended long ago; what failed or is held stays. Returns how many rows went."""
    service = messenger(practice_id)
    with desk.reading(service) as context:
        before = context.now - KEPT
        if not _any_old(context, before):
            return 0
    with desk.writing(service) as context:
        return _drop(context, before)


def _any_old(context: Context, before: datetime) -> bool:
    for oldest in (
        select(NoticeRow.id).where(NoticeRow.at < before),
        select(WebhookArrivalRow.id).where(
            WebhookArrivalRow.received_at < before, WebhookArrivalRow.state.in_(_OVER)
        ),
    ):
        if context.session.execute(oldest.limit(1)).first() is not None:
            return True
    return False


def _drop(context: Context, before: datetime) -> int:
    """Attempts with their delivery; a notice once no delivery of it is left."""
    own = NoticeDeliveryRow.practice_id == context.practice_id
    old = select(NoticeDeliveryRow.id).where(
        own, NoticeDeliveryRow.at < before, NoticeDeliveryRow.state.in_(_ENDED)
    )
    left = exists().where(
        NoticeDeliveryRow.practice_id == NoticeRow.practice_id,
        NoticeDeliveryRow.notice_id == NoticeRow.id,
    )
    dropped = 0
    for table, condition in (
        (NoticeAttemptRow, NoticeAttemptRow.delivery_id.in_(old)),
        (NoticeDeliveryRow, NoticeDeliveryRow.id.in_(old)),
        (NoticeRow, (NoticeRow.at < before) & ~left),
        (
            WebhookArrivalRow,
            (WebhookArrivalRow.received_at < before) & WebhookArrivalRow.state.in_(_OVER),
        ),
    ):
        dropped += _delete(context, table, condition)
    return dropped


def _delete(context: Context, table: type[PracticeOwned], condition: ColumnElement[bool]) -> int:
    ended = context.session.execute(
        delete(table)
        .where(table.practice_id == context.practice_id, condition)
        .execution_options(synchronize_session=False)
    )
    return int(getattr(ended, "rowcount", 0))
