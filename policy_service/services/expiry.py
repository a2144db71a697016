"""What ends by itself once its time is over, for the worker."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Select

from policy_service.domain.principals import Principal
from policy_service.services.context import Context
from policy_service.services.desk import Desk

Row = TypeVar("Row")


def end_expired(
    desk: Desk,
    practice_id: str,
    expired: Callable[[Context], Select[Row]],
    end: Callable[[Context, Row], None],
) -> int:
    """End every row that is over; returns how many. Takes no write lock while none is."""
    service = Principal(practice_id, "expiry", "expiry", frozenset())
    with desk.reading(service) as context:
        if context.session.scalars(expired(context).limit(1)).first() is None:
            return 0
    with desk.writing(service) as context:
        rows = context.session.scalars(expired(context).with_for_update()).all()
        for row in rows:
            end(context, row)
        return len(rows)
