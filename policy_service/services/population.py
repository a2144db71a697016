"""Everybody a practice holds, a batch at a time, each under its own snapshot: memory stays flat."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import Row, bindparam, select

from policy_service.database.tables.people import PLAIN, PersonRow
from policy_service.database.tables.registry import ClientRow
from policy_service.domain.principals import Principal
from policy_service.matching.normalise import Features, normalise
from policy_service.services.context import Context
from policy_service.services.desk import Desk
from policy_service.services.people import open_people

BATCH = 500
BEFORE_ALL = "00000000-0000-0000-0000-000000000000"
"""The id before all others."""
_NEXT = (
    select(PersonRow.id)
    .where(
        PersonRow.practice_id == bindparam("practice"),
        PersonRow.id > bindparam("after"),
        PersonRow.kept == PLAIN,
        PersonRow.merged_into.is_(None),
        PersonRow.erased_at.is_(None),
    )
    .order_by(PersonRow.id)
    .limit(bindparam("batch"))
)
_CLIENTS = (
    select(ClientRow.id, ClientRow.person_id)
    .where(
        ClientRow.practice_id == bindparam("practice"),
        ClientRow.id > bindparam("after"),
        ClientRow.merged_into.is_(None),
    )
    .order_by(ClientRow.id)
    .limit(bindparam("most"))
)


def batches_of_people(desk: Desk, principal: Principal) -> Iterator[list[tuple[str, Features]]]:
    """Person ids with what they are compared by. Left out are erased and merged persons, and third
    parties of whom only hashes are kept."""
    after = BEFORE_ALL
    while True:
        with desk.reading(principal) as context:
            asked = {"practice": context.practice_id, "after": after, "batch": BATCH}
            ids = list(context.session.scalars(_NEXT, asked))
            people = open_people(context, ids)
            batch = [(person.id, normalise(person.record)) for person in people]
        if not ids:
            return
        after = ids[-1]
        yield batch


def clients_after(context: Context, after: str, most: int) -> Sequence[Row[str, str]]:
    """Ids of the clients that follow on one, with their persons' ids; merged ones are left out."""
    asked = {"practice": context.practice_id, "after": after, "most": most}
    return context.session.execute(_CLIENTS, asked).all()
