"""Replay: stored facts under stored packs must give the stored decision again, byte for byte.

Recognition is not replayed: its result is an input fact. Bodies without a pack are an input too:
which they were follows from the licences of that day, not from facts or packs. After an erasure
the facts are gone, and replay says so; leaf and proof stay.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import select

from policy_service.database.tables.decisions import DecisionRow
from policy_service.database.tables.registry import ClientRow
from policy_service.domain.decisions import NotConsulted, decide
from policy_service.domain.facts import facts_from_json
from policy_service.errors import NotFound
from policy_service.ledger.canonical import canonical_bytes, parse_strict
from policy_service.policy.engine import evaluate
from policy_service.policy.pack import SEMANTICS, PackSet
from policy_service.services.context import Context
from policy_service.services.desk import Desk
from policy_service.services.packs import packs_at_hand
from policy_service.vault.errors import KeyNotHeld


class Replayed(StrEnum):
    """What came of a replay."""

    SAME = "same"
    DIFFERS = "differs"
    ERASED = "erased"
    CANNOT_TELL = "cannot_tell"


@dataclass(frozen=True, slots=True)
class Replay:
    """The verdict on one decision, and why where it is not `same`."""

    decision_id: str
    verdict: Replayed
    detail: str = ""


def replay(desk: Desk, context: Context, decision_id: str) -> Replay:
    """Evaluate a stored decision again. NotFound for another practice's and for none alike."""
    return _replay(context, packs_at_hand(desk, context), decision_id)


def _replay(context: Context, at_hand: PackSet, decision_id: str) -> Replay:
    row = context.session.get(DecisionRow, (context.practice_id, decision_id))
    if row is None:
        raise NotFound
    try:
        facts, body = _opened(context, row, "facts"), _opened(context, row, "body")
    except KeyNotHeld:
        return Replay(row.id, Replayed.ERASED, "the facts were erased with their person")
    if row.semantics != SEMANTICS:
        return Replay(row.id, Replayed.CANNOT_TELL, f"semantics {row.semantics} is not at hand")
    try:
        packs = at_hand.by_digests(row.packs.split())
    except KeyError as error:
        return Replay(row.id, Replayed.CANNOT_TELL, f"pack {error.args[0]} is not at hand")
    stored: Any = parse_strict(body)
    missing = [NotConsulted(item["body"]) for item in stored["not_consulted"]]
    known: Any = parse_strict(facts)
    again = decide(evaluate(packs, facts_from_json(known)), missing).to_json()
    if canonical_bytes(again) == body:
        return Replay(row.id, Replayed.SAME)
    return Replay(row.id, Replayed.DIFFERS, _differing(again, stored))


def replay_several(
    desk: Desk, context: Context, wanted: Collection[str] | None = None
) -> Iterator[Replay]:
    """The practice's decisions among `wanted` (None: all), oldest first."""
    ids = select(DecisionRow.id).order_by(DecisionRow.at, DecisionRow.id)
    if wanted is not None:
        ids = ids.where(DecisionRow.id.in_(wanted))
    at_hand = packs_at_hand(desk, context)
    for decision_id in list(context.session.scalars(ids)):
        yield _replay(context, at_hand, decision_id)


def _opened(context: Context, row: DecisionRow, name: str) -> bytes:
    client = context.session.get_one(ClientRow, (context.practice_id, row.client_id))
    sealed = row.sealed_facts if name == "facts" else row.sealed_body
    where = ("decision", row.id, name)
    return context.keyring.open(context.session, client.person_id, sealed, where)


def _differing(again: dict[str, Any], stored: dict[str, Any]) -> str:
    parts = sorted(key for key in again.keys() | stored.keys() if again.get(key) != stored.get(key))
    return f"these parts differ: {', '.join(parts)}"
