"""A change asked for over a wire: done once per Idempotency-Key, answered alike ever after."""

from __future__ import annotations

from collections.abc import Callable

from policy_service.domain.principals import Principal
from policy_service.errors import NotReady
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

TRIES = 3


def change_once(
    desk: Desk,
    principal: Principal,
    key: IdempotencyKey | None,
    change: Callable[[Context], Response],
) -> Response:
    """Run `change` in one write transaction and keep its response beside what it wrote.

    A twin that was faster is waited for and its response given again. `key` None: never stored.
    """
    for _ in range(TRIES):
        with desk.reading(principal) as context:
            stored = find_response(context, key)
        if stored is not None:
            return stored
        try:
            with desk.writing(principal) as context:
                reserve(context, key)
                response = change(context)
                store_response(context, key, response)
                return response
        except TwinFound:
            continue
    raise NotReady("A twin of this request is still running.")
