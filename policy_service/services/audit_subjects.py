"""Which pseudonyms of the log are clients': for whoever may find that out anyway.

A leaf does not say which of the people it names is the client. Whoever may list the clients and
filter the log by their ids (`audit_filters`) can work it out; nobody else is told.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import bindparam, select

from policy_service.database.tables.people import PersonRow
from policy_service.database.tables.registry import ClientRow
from policy_service.database.types import is_id
from policy_service.services.audit_filters import reads_registry
from policy_service.services.chunks import rows_of
from policy_service.services.context import Context

_CLIENTS = (
    select(PersonRow.pseudonym)
    .join(
        ClientRow,
        (ClientRow.practice_id == PersonRow.practice_id) & (ClientRow.person_id == PersonRow.id),
    )
    .where(
        PersonRow.practice_id == bindparam("practice"),
        PersonRow.pseudonym.in_(bindparam("wanted", expanding=True)),
        PersonRow.erased_at.is_(None),
    )
)


def clients_among(context: Context, pseudonyms: Iterable[str]) -> frozenset[str]:
    """Those that are clients'; none for a caller without the right to read the registry."""
    if not reads_registry(context):
        return frozenset()
    named = filter(is_id, pseudonyms)  # who filters by anything else is on record with that
    return frozenset(row[0] for row in rows_of(context, _CLIENTS, named))
