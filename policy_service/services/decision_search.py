"""Which recorded decisions a caller may find by searching, newest first.

Reading a decision by its random id and finding it by its client are two things: a list tells that
there is something, and how much. Whoever sees everything (`ehr`, officers) finds every decision.
An intake desk or a treating clinician finds what their own EHR client asked, which they were told
already. For everybody else there is nothing to find, whatever there is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, Select, or_, select, tuple_

from policy_service.database.tables.audit import EntryRow
from policy_service.database.tables.decisions import DecisionRow
from policy_service.database.tables.registry import ClientRow
from policy_service.database.types import is_id
from policy_service.domain.audiences import Audience, audience_of
from policy_service.domain.principals import ActingUser
from policy_service.errors import FieldError, InvalidRequest
from policy_service.services.context import Context

_CHUNK = 100
_SEES_ALL = frozenset({Audience.OFFICER, Audience.EHR})
_SEES_OWN = frozenset({Audience.INTAKE, Audience.TREATING_CLINICIAN})
_Found = Row[str, datetime, str, str]


@dataclass(frozen=True, slots=True)
class DecisionFilter:
    """Which decisions. `client` is our id or the EHR's own. `since` is included, `until` is not.

    `after` is the id of the last decision of the page before.
    """

    client: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    after: str | None = None


@dataclass(frozen=True, slots=True)
class Findable:
    """A decision that may be found, and for which audience."""

    id: str
    audience: Audience


def findable(context: Context, wanted: DecisionFilter, acting: ActingUser) -> Iterator[Findable]:
    """Every decision this caller may find, newest first; read lazily, some at a time."""
    asked = _decisions(context, wanted)
    place = _place(context, wanted.after)
    while True:
        below = asked if place is None else asked.where(place > _KEY)
        rows = context.session.execute(below.limit(_CHUNK)).all()
        for row in rows:
            audience = audience_of(context.principal, acting, row.clinician_id)
            if _may_find(context, audience, row):
                yield Findable(row.id, audience)
        if len(rows) < _CHUNK:
            return
        place = (rows[-1].at, rows[-1].id)


_KEY = tuple_(DecisionRow.at, DecisionRow.id)


def _may_find(context: Context, audience: Audience, row: _Found) -> bool:
    is_own = row.actor_ref == context.principal.actor_ref
    return audience in _SEES_ALL or (audience in _SEES_OWN and is_own)


def _decisions(context: Context, wanted: DecisionFilter) -> Select[str, datetime, str, str]:
    """What a silent client asked is not found: nobody was told, and nothing follows from it."""
    entry = (EntryRow.practice_id == DecisionRow.practice_id) & (
        EntryRow.id == DecisionRow.entry_id
    )
    query = (
        select(DecisionRow.id, DecisionRow.at, DecisionRow.clinician_id, EntryRow.actor_ref)
        .join(EntryRow, entry)
        .where(DecisionRow.practice_id == context.practice_id, DecisionRow.is_silent.is_(False))
        .order_by(DecisionRow.at.desc(), DecisionRow.id.desc())
    )
    if wanted.client is not None:
        query = query.where(DecisionRow.client_id.in_(_clients(context, wanted.client)))
    if wanted.since is not None:
        query = query.where(DecisionRow.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(DecisionRow.at < wanted.until)
    return query


def _clients(context: Context, named: str) -> list[str]:
    """The client of this id, ours or the EHR's, with those that were merged into them."""
    mine = ClientRow.practice_id == context.practice_id
    by_id = [ClientRow.id == named] if is_id(named) else []
    is_named = or_(ClientRow.external_id == named, *by_id)
    found = list(context.session.scalars(select(ClientRow.id).where(mine, is_named)))
    merged = select(ClientRow.id).where(mine, ClientRow.merged_into.in_(found))
    return [*found, *context.session.scalars(merged)]


def _place(context: Context, after: str | None) -> tuple[datetime, str] | None:
    if after is None:
        return None
    row = context.session.get(DecisionRow, (context.practice_id, after)) if is_id(after) else None
    if row is None:
        said = "Follow the next link of the page before, unchanged."
        raise InvalidRequest(errors=[FieldError("/query/_after", said)])
    return row.at, row.id
