"""A change asked for over a wire: done once per Idempotency-Key, answered alike ever after."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.exc import IntegrityError

from policy_service.database.session import worth_repeating
from policy_service.domain.principals import Principal
from policy_service.errors import Conflict, NotReady
from policy_service.services.context import Context
from policy_service.services.desk import Desk
from policy_service.services.stored_responses import (
    IdempotencyKey,
    Response,
    TwinFound,
    find_response,
    reserve,
    store_response,
)

T = TypeVar("T")
TRIES = 3


def change_once(
    desk: Desk,
    principal: Principal,
    key: IdempotencyKey | None,
    change: Callable[[Context], Response],
) -> Response:
    """Run `change` in one write transaction and keep its response beside what it wrote.

    A twin that was faster is waited for and its response given again. `key` None: never stored.
    Conflict when another request made the same thing in the same moment.
    """
    for _ in range(TRIES):
        try:
            return patiently(lambda: _once(desk, principal, key, change))
        except TwinFound:
            continue
        except IntegrityError as error:
            raise Conflict from error
    raise NotReady("A twin of this request is still running.")


def _once(
    desk: Desk,
    principal: Principal,
    key: IdempotencyKey | None,
    change: Callable[[Context], Response],
) -> Response:
    with desk.reading(principal) as context:
        stored = find_response(context, key)
    if stored is not None:
        return stored
    with desk.writing(principal) as context:
        reserve(context, key)
        response = change(context)
        store_response(context, key, response)
        return response


def patiently(step: Callable[[], T]) -> T:
    """Again when PostgreSQL undid it for another's sake (deadlock); nothing was written then."""
    for left in reversed(range(TRIES)):
        try:
            return step()
        except NotReady as error:
            if not left or not worth_repeating(error.__cause__):
                raise
    raise AssertionError("the last try returns or raises")
