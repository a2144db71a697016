"""Copies that are kept for a while: stored responses, unclaimed arrivals, work that waits.

A stored response lies under the practice's key and names no owner, so each is opened and read: one
that holds an id or any word of the person's records goes. Its request, sent again, is a new one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import orjson
from sqlalchemy import select

from policy_service.database.tables.decisions import StoredResponseRow
from policy_service.database.tables.jobs import WorkRow
from policy_service.database.tables.prompts import CardFeedbackRow, LostCallRow
from policy_service.database.tables.registry import ClientRow
from policy_service.database.tables.webhooks import WebhookArrivalRow
from policy_service.services.context import Context
from policy_service.services.erasing.subjects import Subject
from policy_service.services.people import open_people
from policy_service.vault.errors import KeyNotHeld

SHORTEST_WORD = 3
"""A shorter word of a record ("TX", "M") would be found in every answer."""


def drop_copies(context: Context, subject: Subject) -> None:
    """Delete the stored responses that tell of the person, and all previews among them."""
    telling = frozenset(_needles(context, subject))
    for row in context.session.scalars(select(StoredResponseRow)).all():
        if _tells(context, row, telling):
            context.session.delete(row)
    for arrived, sealed in _arrived(context):
        where = (arrived.__tablename__, arrived.id, "sealed")
        if _holds_any(context.keyring.open(context.session, None, sealed, where), telling):
            context.session.delete(arrived)
    context.session.flush()


def _arrived(
    context: Context,
) -> Iterator[tuple[CardFeedbackRow | LostCallRow | WebhookArrivalRow, bytes]]:
    """What came in and could not be laid to any client: it may name anybody."""
    orphans = select(CardFeedbackRow).where(CardFeedbackRow.owner_person_id.is_(None))
    for feedback in context.session.scalars(orphans).all():
        yield feedback, feedback.sealed
    for call in context.session.scalars(select(LostCallRow)).all():
        yield call, call.sealed
    for arrival in context.session.scalars(select(WebhookArrivalRow)).all():
        if arrival.sealed is not None:
            yield arrival, arrival.sealed


def drop_work(context: Context, subject: Subject) -> None:
    """Delete work that names the person, dead work included; it would find nobody."""
    ids = frozenset(one.encode() for one in (*subject.people, *subject.clients))
    for row in context.session.scalars(select(WorkRow)).all():
        if _holds_any(row.body, ids):
            context.session.delete(row)
    context.session.flush()


def _tells(context: Context, row: StoredResponseRow, telling: frozenset[bytes]) -> bool:
    if row.sealed is None or _holds_any(row.key.encode(), telling):
        return True
    where = ("stored_response", f"{row.ehr_client_id}/{row.key}", "sealed")
    try:
        raw = context.keyring.open(context.session, None, row.sealed, where)
    except KeyNotHeld:
        return True  # a preview, under the key of a clinician who may have named the person
    return _holds_any(raw, telling)


def _holds_any(raw: bytes, words: Iterable[bytes]) -> bool:
    return any(word in raw for word in words)


def _needles(context: Context, subject: Subject) -> Iterator[bytes]:
    """Ids, the EHR's ids and every text of the records, as JSON spells them."""
    external = select(ClientRow.external_id).where(ClientRow.id.in_(subject.clients))
    texts = {*subject.people, *subject.clients, *subject.decisions, *subject.accounts}
    texts |= {one for one in context.session.scalars(external) if one}
    for person in open_people(context, subject.people):
        texts |= set(_texts(person.record.to_json()))
    for text in texts:
        if len(text) >= SHORTEST_WORD:
            yield orjson.dumps(text)[1:-1]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
