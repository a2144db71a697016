"""Whom a batch of contacts touches: whoever may be one of them is asked about again."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select

from policy_service.database.tables.people import MatchKeyRow
from policy_service.services.context import Context
from policy_service.services.touch import touch_contacts


@dataclass(frozen=True, slots=True)
class Touch:
    """A contact that was stored, changed or forgotten, with the match keys it gave up."""

    person_id: str
    handle_key: int | None = None
    dropped_keys: tuple[int, ...] = ()


def touch_all(context: Context, touches: Collection[Touch]) -> None:
    """Leave the re-screening of all of them to the worker."""
    touch_contacts(
        context,
        [touch.person_id for touch in touches],
        [key for touch in touches for key in touch.dropped_keys],
        [touch.handle_key for touch in touches if touch.handle_key is not None],
    )


def keys_held(context: Context, person_id: str) -> tuple[int, ...]:
    """The match keys a person is found by."""
    held = select(MatchKeyRow.key).where(MatchKeyRow.person_id == person_id)
    return tuple(context.session.scalars(held.order_by(MatchKeyRow.key)))
