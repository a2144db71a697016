"""What was answered to EHRs, kept so that it is found long after the stored response has gone.

Written in the transaction of the decision itself: an answer that was recorded is on this list
whether or not it ever arrived.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import Select, bindparam, select

from policy_service.database import driver
from policy_service.database.tables.directory import EhrClientRow
from policy_service.database.tables.reconciliations import EhrAnswerRow
from policy_service.database.tables.registry import ClientRow
from policy_service.domain.principals import Role
from policy_service.services.chunks import rows_of
from policy_service.services.context import Context
from policy_service.services.stored_responses import IdempotencyKey
from policy_service.vault.keys import Purpose

_ANSWER = driver.Table(
    "ehr_answer",
    {
        "record_id": "varchar",
        "kind": "varchar",
        "ehr_client_id": "varchar",
        "client_id": "varchar",
        "at": "timestamptz",
        "key_digest": "bytea",
    },
)
_BY_KEY = select(EhrAnswerRow.key_digest, EhrAnswerRow.record_id, EhrAnswerRow.at).where(
    EhrAnswerRow.practice_id == bindparam("practice"),
    EhrAnswerRow.key_digest.in_(bindparam("wanted", expanding=True)),
)
_BY_RECORD = select(EhrAnswerRow.record_id, EhrAnswerRow.record_id, EhrAnswerRow.at).where(
    EhrAnswerRow.practice_id == bindparam("practice"),
    EhrAnswerRow.record_id.in_(bindparam("wanted", expanding=True)),
)
_BY_CLIENT = (
    select(ClientRow.external_id, EhrAnswerRow.record_id, EhrAnswerRow.at)
    .join(
        ClientRow,
        (ClientRow.practice_id == EhrAnswerRow.practice_id)
        & (ClientRow.id == EhrAnswerRow.client_id),
    )
    .where(
        EhrAnswerRow.practice_id == bindparam("practice"),
        ClientRow.external_id.in_(bindparam("wanted", expanding=True)),
    )
)


T = TypeVar("T", str, bytes)


class AnswerKind(StrEnum):
    """Which records answer an EHR."""

    CHECK = "check"
    SCREENING = "screening"


@dataclass(frozen=True, slots=True)
class Found:
    """A record that an EHR was answered with."""

    id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Window:
    """A time, its first moment included and its last not."""

    since: datetime
    until: datetime

    def holds(self, at: datetime) -> bool:
        """Is the moment in it?"""
        return self.since <= at < self.until


def remember_answer(
    context: Context,
    kind: AnswerKind,
    record_id: str,
    client_id: str,
    idempotency: IdempotencyKey | None,
) -> None:
    """Note that the caller was answered with this record. Nothing for accounts of people."""
    if Role.EHR not in context.principal.roles:
        return
    written = driver.writing(context.session)
    digest = None if idempotency is None else key_digest(context, idempotency.key)
    at = written.moment(context.now)
    row = (record_id, kind.value, context.principal.id, client_id, at, digest)
    written.insert({_ANSWER: [row]})


def key_digest(context: Context, key: str) -> bytes:
    """Under which a key is found again; tells nothing of the key without the practice's own."""
    return context.keyring.digest(Purpose.ANSWER_KEY, key)


def system_of(context: Context) -> tuple[str, ...]:
    """The ids of all credentials of the calling system: those issued under the same name.

    A system whose key was renewed, perhaps because the old one ran out unnoticed, still has to
    find what it asked with the old one.
    """
    same = select(EhrClientRow.id).where(
        EhrClientRow.practice_id == context.practice_id,
        EhrClientRow.name == context.principal.name,
    )
    return tuple(sorted({context.principal.id, *context.session.scalars(same)}))


def answers_by_key(
    context: Context, system: tuple[str, ...], keys: Iterable[str]
) -> dict[str, list[Found]]:
    """The answers of each Idempotency-Key, the newest first."""
    digests = {key_digest(context, key): key for key in keys}
    return _grouped(
        (digests[digest], found) for digest, found in _found(context, _BY_KEY, system, digests)
    )


def answers_by_record(
    context: Context, system: tuple[str, ...], ids: Iterable[str]
) -> dict[str, list[Found]]:
    """The answers that bear these ids themselves."""
    return _grouped(_found(context, _BY_RECORD, system, ids))


def answers_by_client(
    context: Context, system: tuple[str, ...], external_ids: Iterable[str], window: Window
) -> dict[str, list[Found]]:
    """The answers about each client, named by the EHR's own id, in a time; the newest first."""
    found = _found(context, _BY_CLIENT, system, external_ids)
    return _grouped((key, one) for key, one in found if window.holds(one.at))


def answers_within(
    context: Context, system: tuple[str, ...], window: Window, after: Found | None = None
) -> Iterator[Found]:
    """All answers of a time, the oldest first; only those behind `after` where it is given."""
    wanted = select(EhrAnswerRow.record_id, EhrAnswerRow.at).where(
        EhrAnswerRow.ehr_client_id.in_(system),
        EhrAnswerRow.at >= window.since,
        EhrAnswerRow.at < window.until,
    )
    if after is not None:
        same_moment = (EhrAnswerRow.at == after.at) & (EhrAnswerRow.record_id > after.id)
        wanted = wanted.where((EhrAnswerRow.at > after.at) | same_moment)
    in_order = wanted.order_by(EhrAnswerRow.at, EhrAnswerRow.record_id)
    for record_id, at in context.session.execute(in_order):
        yield Found(record_id, at)


def _found(
    context: Context,
    statement: Select[*tuple[Any, ...]],
    system: tuple[str, ...],
    wanted: Iterable[T],
) -> Iterator[tuple[T, Found]]:
    mine = statement.where(EhrAnswerRow.ehr_client_id.in_(system))
    for key, record_id, at in rows_of(context, mine, wanted):
        yield key, Found(record_id, at)


def _grouped(pairs: Iterable[tuple[str, Found]]) -> dict[str, list[Found]]:
    groups: dict[str, list[Found]] = {}
    for key, found in pairs:
        groups.setdefault(key, []).append(found)
    for found_of_key in groups.values():
        found_of_key.sort(key=lambda one: (one.at, one.id), reverse=True)
    return groups
