"""Clients of a roster: new ones by a few statements per batch, changed ones as corrections.

Keys, seals and match keys are made while planning, outside the write lock. Every client gets an
entry of its own in the log, the same that registering one by one would write.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select

from policy_service.audit.log import NewEntry, Owned, append_all
from policy_service.database.tables.people import PersonRow
from policy_service.database.tables.registry import ClientRow
from policy_service.domain.people import PersonRecord
from policy_service.importers.roster import ClientLine
from policy_service.services.clients import correct_client
from policy_service.services.context import Context
from policy_service.services.imports.plans import (
    CREATED,
    UNCHANGED,
    UPDATED,
    Plan,
    parts_that_differ,
)
from policy_service.services.parties import client_row
from policy_service.services.people import (
    NewPerson,
    insert_people,
    new_person,
    open_person,
    record_digest,
)
from policy_service.services.touch import touch_new_people


@dataclass(frozen=True, slots=True)
class Known:
    """A client as it stood when the batch was planned."""

    client_id: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class _NewClient:
    """The rows of one new client, and what the log will say."""

    client: dict[str, Any]
    person: NewPerson
    told: dict[str, Any]


def plan_clients(context: Context, lines: Sequence[ClientLine]) -> Plan:
    """New, changed and unchanged clients of one batch, by external id."""
    ids = [line.external_id for line in lines]
    known = known_clients(context, ids)
    new = [_new(context, line) for line in lines if line.external_id not in known]
    changed = {
        known[line.external_id].client_id: line.record
        for line in lines
        if line.external_id in known
        and known[line.external_id].digest != record_digest(line.record)
    }
    unchanged = len(lines) - len(new) - len(changed)
    counts = Counter({CREATED: len(new), UPDATED: len(changed), UNCHANGED: unchanged})

    def write(context: Context) -> None:
        _insert(context, new)
        _correct(context, changed)

    by_id = {line.external_id: line.record for line in lines}

    def compare(context: Context, external_id: str) -> tuple[str, ...]:
        kept = open_person(context, client_row(context, known[external_id].client_id).person_id)
        return parts_that_differ(kept.record.to_json(), by_id[external_id].to_json())

    return Plan(
        counts,
        (),
        lambda context: known_clients(context, ids) == known,
        write,
        created=tuple(name for name in by_id if name not in known),
        updated={name: () for name, one in known.items() if one.client_id in changed},
        compare=compare,
    )


def known_clients(context: Context, external_ids: Sequence[str]) -> dict[str, Known]:
    """The clients that bear these external ids."""
    rows = context.session.execute(
        select(ClientRow.external_id, ClientRow.id, PersonRow.record_digest)
        .join(
            PersonRow,
            (PersonRow.practice_id == ClientRow.practice_id)
            & (PersonRow.id == ClientRow.person_id),
        )
        .where(ClientRow.external_id.in_(external_ids))
    )
    return {str(external): Known(client_id, digest) for external, client_id, digest in rows}


def _new(context: Context, line: ClientLine) -> _NewClient:
    person_id, client_id = context.new_id(), context.new_id()
    return _NewClient(
        client={
            "practice_id": context.practice_id,
            "id": client_id,
            "person_id": person_id,
            "external_id": line.external_id,
            "version": 1,
            "created_at": context.now,
        },
        person=new_person(context, person_id, line.record),
        told={
            "id": client_id,
            "external_id": line.external_id,
            "person": line.record.to_json(),
        },
    )


def _insert(context: Context, new: Sequence[_NewClient]) -> None:
    if not new:
        return
    session = context.session
    insert_people(context, [one.person for one in new])
    session.execute(insert(ClientRow), [one.client for one in new])
    touch_new_people(context, [one.client["person_id"] for one in new])
    append_all(session, context.keyring, [_entry(context, one) for one in new])


def _entry(context: Context, one: _NewClient) -> NewEntry:
    return NewEntry(
        id=context.new_id(),
        action="client.registered",
        at=context.now,
        actor_ref=context.principal.actor_ref,
        groups={"change": Owned(one.told, one.client["person_id"])},
        subject_refs=frozenset({one.person.person["pseudonym"]}),
    )


def _correct(context: Context, changed: dict[str, PersonRecord]) -> None:
    for client_id, record in changed.items():
        correct_client(context, client_id, record)
