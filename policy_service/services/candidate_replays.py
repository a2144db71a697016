"""Decide the log again with a candidate in the place of the pack of its id.

What is compared is what the pack says, not its name: the candidate stands under the digest of the
pack it replaces, so that two bodies differ only where the rules do. Whom a pack binds is not
replayed: a decision keeps the packs it was made under, and a candidate that binds everyone and has
no forerunner joins them. Everything here works on one slice of the log, so that slices may be
decided side by side.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import orjson
from sqlalchemy import LargeBinary, inspect, literal, select
from sqlalchemy.orm import Session

from policy_service.database.keyring import Keyring
from policy_service.database.tables.decisions import DecisionRow
from policy_service.database.tables.registry import ClientRow
from policy_service.domain.decisions import NotConsulted, decide
from policy_service.domain.facts import Facts
from policy_service.ledger.canonical import canonical_bytes
from policy_service.policy.engine import evaluate, outcome_of
from policy_service.policy.pack import SEMANTICS, Pack
from policy_service.policy.plan import Plan, plan_of
from policy_service.services.stored_facts import FactsReader
from policy_service.vault.errors import KeyNotHeld
from policy_service.vault.sealing import Opener

_decision = inspect(DecisionRow).local_table
_client = inspect(ClientRow).local_table

MOST_CHANGES = 500
"""Changed decisions that are named; the rest are counted."""
MOST_OPENERS = 50_000
MOST_DECIDED = 4_000
"""Facts remembered with what was decided on them; a log's next slice repeats the last one's."""


class Slice(NamedTuple):
    """Decisions recorded from `first` until before `end` (None: to the newest)."""

    first: Any
    end: Any


class Change(NamedTuple):
    """A decision that would come out otherwise."""

    decision_id: str
    old: str
    new: str


@dataclass(slots=True)
class Tally:
    """What came of some decisions. Tallies of slices add up."""

    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Decisions by old and new outcome."""
    unaffected: int = 0
    """Of these, those made under no pack of that id, which were not decided again."""
    erased: int = 0
    cannot_tell: int = 0
    bodies_changed: int = 0
    changes: list[Change] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Take in another slice's."""
        self.outcomes.update(other.outcomes)
        self.unaffected += other.unaffected
        self.erased += other.erased
        self.cannot_tell += other.cannot_tell
        self.bodies_changed += other.bodies_changed
        self.changes.extend(other.changes[: MOST_CHANGES - len(self.changes)])

    def change(self, decision_id: str, old: str, new: str) -> None:
        """Name a changed decision, while there are few."""
        if len(self.changes) < MOST_CHANGES:
            self.changes.append(Change(decision_id, old, new))


class _Stand(NamedTuple):
    """The packs a set of digests stands for once the candidate is in; None: cannot tell."""

    packs: tuple[Pack, ...]
    plan: Plan
    is_affected: bool


class _Row(NamedTuple):
    """What is read of a decision."""

    id: str
    person: str
    outcome: str
    packs: str
    semantics: int
    sealed_facts: bytes
    sealed_body: bytes
    """Empty unless bodies are compared."""


class _Openers(NamedTuple):
    """What opens one person's decisions."""

    facts: Opener
    body: Opener


class CandidateReplay:
    """Decides slices of one practice's log under a candidate.

    `pack_of` opens a pack by digest and returns None where it is not at hand. Equal facts under
    equal packs are decided once: a decision is a function of nothing else.
    """

    def __init__(
        self, candidate: Pack, pack_of: Callable[[str], Pack | None], *, with_digests: bool
    ) -> None:
        self.candidate = candidate
        self.with_digests = with_digests
        self._pack_of = pack_of
        self._stands: dict[str, _Stand | None] = {}
        self._facts = FactsReader()
        self._openers: dict[str, _Openers | None] = {}
        self._decided: dict[tuple[str, bytes, bytes], tuple[str, bool]] = {}

    def decide(self, session: Session, keyring: Keyring, part: Slice) -> Tally:
        """Every decision of the slice, once."""
        tally = Tally()
        found = session.connection().execute(_rows(keyring.practice_id, part, self.with_digests))
        rows = [_Row._make(row) for row in found.all()]
        self._load(session, keyring, {row.person for row in rows})
        for row in rows:
            self._one(row, tally)
        return tally

    def _load(self, session: Session, keyring: Keyring, people: set[str]) -> None:
        if len(self._openers) > MOST_OPENERS:
            self._openers.clear()
        wanted = sorted(people - self._openers.keys())
        keyring.load_person_keys(session, wanted)
        for person in wanted:
            self._openers[person] = _openers(keyring, person)
        keyring.forget_people()

    def _one(self, row: _Row, tally: Tally) -> None:
        openers = self._openers[row.person]
        stand = self._stand(row.packs) if row.semantics == SEMANTICS else None
        if openers is None:
            tally.erased += 1
        elif stand is None:
            tally.cannot_tell += 1
        elif not stand.is_affected:
            tally.unaffected += 1
            tally.outcomes[row.outcome, row.outcome] += 1
        else:
            new, is_same = self._again(row, stand, openers)
            tally.outcomes[row.outcome, new] += 1
            tally.bodies_changed += not is_same
            if not is_same or new != row.outcome:
                tally.change(row.id, row.outcome, new)

    def _again(self, row: _Row, stand: _Stand, openers: _Openers) -> tuple[str, bool]:
        """The new outcome, and, where bodies are compared, whether the whole body is the same."""
        facts = openers.facts.open(row.sealed_facts, row.id)
        body = openers.body.open(row.sealed_body, row.id) if self.with_digests else b""
        key = (row.packs, facts, body)
        found = self._decided.get(key)
        if found is None:
            if len(self._decided) >= MOST_DECIDED:
                self._decided.clear()
            found = self._decided[key] = self._decide(stand, facts, body)
        return found

    def _decide(self, stand: _Stand, raw: bytes, body: bytes) -> tuple[str, bool]:
        facts = self._facts.read(raw)
        if self.with_digests:
            return _whole(stand.packs, facts, body)
        return outcome_of(stand.plan, facts).outcome.value, True

    def _stand(self, digests: str) -> _Stand | None:
        if digests not in self._stands:
            self._stands[digests] = self._new_stand(digests.split())
        return self._stands[digests]

    def _new_stand(self, digests: Sequence[str]) -> _Stand | None:
        packs: list[Pack] = []
        is_affected = False
        for digest in digests:
            pack = self.candidate if digest == self.candidate.digest else self._pack_of(digest)
            if pack is None:
                return None
            if pack.id == self.candidate.id:
                is_affected = True
                pack = replace(self.candidate, digest=digest)
            packs.append(pack)
        if not is_affected and self.candidate.scope.every:
            is_affected = True
            packs.append(self.candidate)
        packs.sort(key=lambda pack: pack.id)
        return _Stand(tuple(packs), plan_of(packs), is_affected)


def _openers(keyring: Keyring, person: str) -> _Openers | None:
    """None once the person is erased."""
    try:
        return _Openers(*keyring.openers(person, "decision", ("facts", "body")))
    except KeyNotHeld:
        return None


def _whole(packs: Sequence[Pack], facts: Facts, body: bytes) -> tuple[str, bool]:
    """The outcome, and whether the whole decision body comes out byte for byte as it was."""
    again = decide(evaluate(packs, facts), _not_consulted(body)).to_json()
    # orjson writes what we write as RFC 8785 does; where it should not, the slow way decides.
    quick = orjson.dumps(again, option=orjson.OPT_SORT_KEYS)
    return again["outcome"], quick == body or canonical_bytes(again) == body


def _not_consulted(body: bytes) -> list[NotConsulted]:
    """Who was not asked is not decided again. These very bytes can stand inside no JSON string."""
    if b'"not_consulted":[]' in body:
        return []
    return [NotConsulted(item["body"]) for item in orjson.loads(body)["not_consulted"]]


def _rows(practice_id: str, part: Slice, with_digests: bool) -> Any:
    """Plain Core and only what is asked: a million rows come through here."""
    decision, client = _decision.c, _client.c
    body = decision.sealed_body if with_digests else literal(b"", LargeBinary)
    columns = (decision.outcome, decision.packs, decision.semantics, decision.sealed_facts, body)
    theirs = (client.practice_id == decision.practice_id) & (client.id == decision.client_id)
    query = (
        select(decision.id, client.person_id, *columns)
        .join_from(_decision, _client, theirs)
        .where(decision.practice_id == practice_id, decision.at >= part.first)
    )
    return query if part.end is None else query.where(decision.at < part.end)


def parts(bounds: Sequence[Any]) -> Iterator[Slice]:
    """The slices that begin at each bound."""
    for place, first in enumerate(bounds):
        yield Slice(first, bounds[place + 1] if place + 1 < len(bounds) else None)
