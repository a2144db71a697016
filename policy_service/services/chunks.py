"""Long lists of ids, asked for some at a time: a statement takes only so many values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from sqlalchemy import Select

from policy_service.services.context import Context

T = TypeVar("T", str, int, bytes)
AT_ONCE = 500


def chunks(values: Iterable[T]) -> Iterator[list[T]]:
    """The distinct values, in order, some at a time."""
    ordered = sorted(set(values))
    for start in range(0, len(ordered), AT_ONCE):
        yield ordered[start : start + AT_ONCE]


def rows_of(
    context: Context, statement: Select[*tuple[Any, ...]], wanted: Iterable[T]
) -> Iterator[Any]:
    """The rows of a statement over `practice` and the expanding parameter `wanted`."""
    for chunk in chunks(wanted):
        asked = {"practice": context.practice_id, "wanted": chunk}
        yield from context.session.execute(statement, asked)
