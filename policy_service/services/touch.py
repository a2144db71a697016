"""Whatever can change an answer touches those it is about.

Touching raises the versions of the clinicians and clients named, so that a check that read the old
facts prepares again, and leaves one piece of work: "this was touched". Whom the change reaches is
found by the worker (`reach`), never in the request: how long a disclosure takes, and what it leaves
behind, is alike whether or not the person named is a client.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Any, Self

from sqlalchemy import select

from policy_service.database.tables.registry import ClientRow, ClinicianRow
from policy_service.jobs import queue
from policy_service.services.context import Context
from policy_service.services.revisions import bump

TOUCHED, RESCREEN, RESCREEN_ALL = "touched", "rescreen", "rescreen_all"
RECENT = timedelta(days=90)
"""A pair, or a client, that was asked about within this time is watched (see `watched`)."""
ONCE_ASKED = frozenset({"event", "emergency"})
"""Purposes of a moment: the question is not repeated, and its answer is not what stands."""
A_PIECE = 50
"""New persons in one piece of work: few enough to be looked at well within a lease."""
_CHUNK = 500  # an import touches thousands


@dataclass(frozen=True, slots=True)
class Touched:
    """What one piece of work says was touched: ids, and keyed hashes as decimal text.

    `people`: their records, ties to an identity, care or accounts changed. `keys` are match keys
    that one of them gave up. `tied` are the two ends of a tie. `clinicians`: what binds them, or
    what they attested. `handles` are the keys of handles at the far end of imported connections.
    """

    people: tuple[str, ...] = ()
    tied: tuple[str, ...] = ()
    clinicians: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    handles: tuple[str, ...] = ()

    def to_body(self) -> dict[str, str]:
        """The body of a piece of work."""
        named = ((field.name, getattr(self, field.name)) for field in fields(self))
        return {name: " ".join(values) for name, values in named if values}

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> Self:
        """What `to_body` wrote."""
        return cls(**{name: tuple(str(text).split()) for name, text in body.items()})


def touch_clinicians(context: Context, clinician_ids: Iterable[str]) -> None:
    """A clinician's attestations or licences changed."""
    ids = sorted(set(clinician_ids))
    bump(context, ClinicianRow, set(ids))
    _enqueue(context, [Touched(clinicians=(one,)) for one in ids])


def touch_clients(context: Context, client_ids: Iterable[str]) -> None:
    """A client's episodes, events or merges changed."""
    ids = sorted(set(client_ids))
    for chunk in (ids[start : start + _CHUNK] for start in range(0, len(ids), _CHUNK)):
        bump(context, ClientRow, set(chunk))
        rows = select(ClientRow.person_id).where(ClientRow.id.in_(chunk))
        people = sorted(set(context.session.scalars(rows)))
        _enqueue(context, [Touched(people=(one,)) for one in people])


def touch_people(context: Context, person_ids: Iterable[str]) -> None:
    """Records, accounts or identities of persons changed: those who take part here move too."""
    ids = sorted(set(person_ids))
    for table in (ClinicianRow, ClientRow):
        rows = select(table.id).where(table.person_id.in_(ids))
        bump(context, table, set(context.session.scalars(rows)))
    _enqueue(context, [Touched(people=(one,)) for one in ids])


def touch_new_people(context: Context, person_ids: Iterable[str]) -> None:
    """Persons were registered, or contacts changed: a few pieces of work however many they are.

    For whoever writes person rows in bulk; call it in the transaction that writes them, with their
    match keys. `people.register` does so by itself.
    """
    ids = sorted(set(person_ids))
    _enqueue(context, [Touched(people=tuple(piece)) for piece in _pieces(ids)])


def _pieces(values: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(values), A_PIECE):
        yield values[start : start + A_PIECE]


def touch_record(context: Context, person_id: str, dropped_keys: Iterable[int]) -> None:
    """A person's record was replaced; who shared a key given up is reached as well."""
    keys = tuple(str(key) for key in sorted(dropped_keys))
    _enqueue(context, [Touched(people=(person_id,), keys=keys)])


def touch_tie(context: Context, one: str, other: str) -> None:
    """A tie between two persons was stated, revised or withdrawn."""
    _enqueue(context, [Touched(tied=(one, other))])


def touch_pair(context: Context, clinician_id: str, client_id: str) -> None:
    """Ask about one pair again: what was just decided is not what stands of it."""
    body = {"clinician": clinician_id, "client": client_id}
    queue.enqueue(context.session, context.practice_id, RESCREEN, [body], context.now)


def rescreen_everyone(context: Context, cause: str) -> None:
    """Something changed that every answer rests on (packs, the model, frequencies).

    `cause` is an id or a word for the work row: the same cause twice waits once.
    """
    body = {"cause": cause}
    queue.enqueue(context.session, context.practice_id, RESCREEN_ALL, [body], context.now)


def _enqueue(context: Context, touched: list[Touched]) -> None:
    bodies = [one.to_body() for one in touched]
    queue.enqueue(context.session, context.practice_id, TOUCHED, bodies, context.now)
