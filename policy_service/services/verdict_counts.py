"""How officers judged what recognition had said: a table of counts by band."""

from __future__ import annotations

from collections import Counter
from typing import Any

from sqlalchemy import select

from policy_service.database.tables.people import IdentityVerdictRow
from policy_service.services.context import Context
from policy_service.services.people import Person, open_people
from policy_service.services.recognition import explain

MOST = 500
"""The newest verdicts; older ones tell of older models."""
_WORDS = ("same", "related", "different")


def verdict_counts(context: Context) -> dict[str, Any]:
    """Rows of hypothesis and band with the verdicts given on such pairs, by today's model.

    Only the newest verdict on a pair counts, and only while both records are those it was given on.
    """
    table: dict[str, Counter[str]] = {}
    outdated = 0
    for row in _newest(context):
        people = {
            person.id: person for person in open_people(context, [row.person_a, row.person_b])
        }
        first, second = people.get(row.person_a), people.get(row.person_b)
        if first is None or second is None or not _holds(row, first, second):
            outdated += 1
            continue
        if (said := _said(context, first, second)) is not None:
            table.setdefault(said, Counter())[row.verdict] += 1
    rows = [
        {"pairs": said, **{word: counts[word] for word in _WORDS}}
        for said, counts in sorted(table.items())
    ]
    return {"rows": rows, "outdated": outdated}


def _newest(context: Context) -> list[IdentityVerdictRow]:
    found: dict[frozenset[str], IdentityVerdictRow] = {}
    newest = select(IdentityVerdictRow).order_by(
        IdentityVerdictRow.decided_at.desc(), IdentityVerdictRow.id
    )
    for row in context.session.scalars(newest.limit(MOST)):
        found.setdefault(frozenset({row.person_a, row.person_b}), row)
    return list(found.values())


def _holds(row: IdentityVerdictRow, first: Person, second: Person) -> bool:
    return (row.digest_a, row.digest_b) == (first.digest, second.digest)


def _said(context: Context, first: Person, second: Person) -> str | None:
    """What recognition says of the pair; None where of both only hashes are kept."""
    if first.hashed is not None:
        first, second = second, first
    if first.hashed is not None:
        return None
    comparison = explain(context, first.record, second).comparison
    return f"{comparison.hypothesis.value}:{comparison.band.value}"
