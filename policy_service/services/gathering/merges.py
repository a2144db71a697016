"""Persons that an officer merged: what is known of one counts for all of them."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import BindParameter, bindparam, or_, select

from policy_service.database.tables.people import PersonRow
from policy_service.services.context import Context

_PEOPLE: BindParameter[str] = bindparam("people", expanding=True)
_MERGED = select(PersonRow.id, PersonRow.merged_into).where(
    PersonRow.merged_into.is_not(None),
    or_(PersonRow.id.in_(_PEOPLE), PersonRow.merged_into.in_(_PEOPLE)),
)


def merged_with(context: Context, person_ids: Iterable[str]) -> set[str]:
    """Everyone who stands for, or is stood for by, one of these; they themselves left out."""
    given = set(person_ids)
    found, edge = set(given), set(given)
    while edge:
        edge = _next_to(context, edge) - found
        found |= edge
    return found - given


def _next_to(context: Context, person_ids: set[str]) -> set[str]:
    rows = context.session.execute(_MERGED, {"people": sorted(person_ids)})
    return {person for row in rows for person in row if person is not None}
