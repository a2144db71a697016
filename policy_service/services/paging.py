"""Lists by keyset: the cursor is the last id seen, so a page never shifts under its reader."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from sqlalchemy import select

from policy_service.database.tables.registry import ClientRow, ClinicianRow
from policy_service.services.context import Context

LONGEST_PAGE = 200
USUAL_PAGE = 50
R = TypeVar("R", ClientRow, ClinicianRow)


@dataclass(frozen=True, slots=True)
class Window:
    """Which page: after which id, how many, and (optional) the EHR's own id to look for."""

    after: str | None = None
    limit: int = USUAL_PAGE
    external_id: str | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[R]):
    """Rows in the order of their random ids. `next` is None on the last page."""

    rows: Sequence[R]
    next: str | None


def page_of(context: Context, table: type[R], window: Window) -> Page[R]:
    """One page of clinicians or clients."""
    limit = min(max(window.limit, 1), LONGEST_PAGE)
    wanted = select(table).order_by(table.id).limit(limit + 1)
    if window.after is not None:
        wanted = wanted.where(table.id > window.after)
    if window.external_id is not None:
        wanted = wanted.where(table.external_id == window.external_id)
    rows = list(context.session.scalars(wanted))
    more = len(rows) > limit
    return Page(rows[:limit], rows[limit - 1].id if more else None)
