"""Replay of the whole log under a candidate: table old × new, and which decisions would change.

Long logs are decided in two processes of our own, each with a connection of its own; the practice's
key goes to them through their pipe and nowhere else.
"""

from __future__ import annotations

import gc
import hashlib
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from policy_service.database.keyring import Keyring, PracticeKeys
from policy_service.database.session import Database
from policy_service.database.tables.decisions import DecisionRow
from policy_service.database.tables.reviews import CaseOccurrenceRow
from policy_service.domain.outcomes import Outcome
from policy_service.policy.documents import pack_from_tested_document
from policy_service.policy.pack import Pack
from policy_service.policy.registry import PackText, load_shipped_packs
from policy_service.services.candidate_replays import (
    CandidateReplay,
    Change,
    Slice,
    Tally,
    parts,
)
from policy_service.services.desk import Desk
from policy_service.services.packs import PackAltered, open_document, stored_document
from policy_service.vault.keys import Key

SLICE = 2_000
"""Decisions decided at a time."""
TOGETHER_FROM = 20_000
"""Logs that are longer are worth a second process."""
PROCESSES = 2


@dataclass(frozen=True, slots=True)
class Candidate:
    """A pack to replay under, and its document, from which each process builds its own."""

    pack: Pack
    text: PackText
    with_digests: bool = False


@dataclass(frozen=True, slots=True)
class ReplayReport:
    """What came of it. `cases` are the cases in which a changed decision stands, by decision."""

    candidate: Pack
    with_digests: bool
    tally: Tally
    cases: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def decisions(self) -> int:
        """All that were looked at."""
        return self.tally.outcomes.total() + self.tally.erased + self.tally.cannot_tell

    @property
    def changed(self) -> int:
        """Decisions with another outcome; with digests, with another body."""
        if self.with_digests:
            return self.tally.bodies_changed
        return sum(n for (old, new), n in self.tally.outcomes.items() if old != new)

    def to_json(self) -> dict[str, Any]:
        """Canonical-JSON-safe form."""
        tally, pack = self.tally, self.candidate
        return {
            "candidate": {"pack": pack.id, "version": pack.version, "digest": pack.digest},
            "with_digests": self.with_digests,
            "decisions": self.decisions,
            "changed": self.changed,
            "unaffected": tally.unaffected,
            "erased": tally.erased,
            "cannot_tell": tally.cannot_tell,
            "table": [
                {"old": old, "new": new, "decisions": number}
                for (old, new), number in sorted(tally.outcomes.items(), key=_by_gravity)
            ],
            "changes": [self._change(change) for change in tally.changes],
            "changes_left_out": self.changed - len(tally.changes),
        }

    def _change(self, change: Change) -> dict[str, Any]:
        return {**change._asdict(), "cases": list(self.cases.get(change.decision_id, ()))}


def _by_gravity(line: tuple[tuple[str, str], int]) -> tuple[int, int]:
    (old, new), _ = line
    return -Outcome(old).rank, -Outcome(new).rank


def replay_candidate(
    desk: Desk, practice_id: str, candidate: Candidate, processes: int = PROCESSES
) -> ReplayReport:
    """Decide every recorded decision of a practice again under the candidate; writes nothing.

    Decisions recorded meanwhile may or may not be among them.
    """
    with desk.database.read(practice_id) as session:
        bounds = _bounds(session, practice_id)
    job = _Job(
        url=desk.database.engine.url.render_as_string(hide_password=False),
        practice_id=practice_id,
        key=desk.practice(practice_id).keys.key.secret,
        document=candidate.text.document,
        with_digests=candidate.with_digests,
    )
    if processes < 2 or len(bounds) * SLICE < TOGETHER_FROM:
        tally = _here(desk, candidate, job, bounds)
    else:
        tally = _together(job, bounds, min(processes, os.cpu_count() or 1))
    with desk.database.read(practice_id) as session:
        cases = _cases(session, practice_id, tally.changes)
    return ReplayReport(candidate.pack, candidate.with_digests, tally, cases)


def _bounds(session: Session, practice_id: str) -> list[Any]:
    """When each slice of the log begins: found by the index of `at`, one slice after another."""
    times = select(DecisionRow.at).where(DecisionRow.practice_id == practice_id)
    times = times.order_by(DecisionRow.at)
    bounds: list[Any] = []
    found = session.scalar(times.limit(1))
    while found is not None:
        bounds.append(found)
        found = session.scalar(times.where(DecisionRow.at > found).offset(SLICE - 1).limit(1))
    return bounds


@dataclass(frozen=True, slots=True)
class _Job:
    """What a process of its own needs; `key` is the practice's, and never printed."""

    url: str
    practice_id: str
    key: bytes = field(repr=False)
    document: bytes = field(repr=False)
    with_digests: bool


class _Hand:
    """One connection, one ring of keys, one replay."""

    def __init__(self, database: Database, job: _Job, replay: CandidateReplay) -> None:
        self.database = database
        self.job = job
        self.replay = replay
        self.keys = PracticeKeys(job.practice_id, Key(job.key))

    def decide(self, part: Slice) -> Tally:
        """One slice in one snapshot."""
        with self.database.read(self.job.practice_id) as session:
            return self.replay.decide(session, Keyring(self.keys), part)


def _here(desk: Desk, candidate: Candidate, job: _Job, bounds: Sequence[Any]) -> Tally:
    at_hand = {pack.digest: pack for pack in desk.packs}
    opened = _stored(desk.database, job.practice_id, at_hand | desk.compiled)
    replay = CandidateReplay(candidate.pack, opened, with_digests=job.with_digests)
    hand = _Hand(desk.database, job, replay)
    return _sum(hand.decide(part) for part in parts(bounds))


def _stored(
    database: Database, practice_id: str, known: Mapping[str, Pack]
) -> Callable[[str], Pack | None]:
    """Opens a pack by digest: one that is known, one the practice has stored, or a shipped one.

    A practice that was founded before packs were stored has decided by the shipped ones.
    """

    def pack_of(digest: str) -> Pack | None:
        if digest in known:
            return known[digest]
        with database.read(practice_id) as session:
            raw = stored_document(session, practice_id, digest)
        if raw is None:
            return {pack.digest: pack for pack in load_shipped_packs()}.get(digest)
        try:
            return open_document(raw, digest, pack_from_tested_document)
        except PackAltered:
            return None

    return pack_of


def _together(job: _Job, bounds: Sequence[Any], processes: int) -> Tally:
    pool = ProcessPoolExecutor(
        processes, mp_context=get_context("spawn"), initializer=_begin, initargs=(job,)
    )
    with pool:
        return _sum(pool.map(_decide, list(parts(bounds)), chunksize=4))


def _sum(tallies: Iterable[Tally]) -> Tally:
    whole = Tally()
    for tally in tallies:
        whole.add(tally)
    return whole


_RARELY = 200_000
_hands: list[_Hand] = []
"""In a process of its own: its one hand."""


def _begin(job: _Job) -> None:
    digest = hashlib.sha256(job.document).hexdigest()
    candidate = open_document(job.document, digest, pack_from_tested_document)
    database = Database(job.url)
    opened = _stored(database, job.practice_id, {})
    replay = CandidateReplay(candidate, opened, with_digests=job.with_digests)
    _hands.append(_Hand(database, job, replay))
    gc.freeze()  # what stands by now lives as long as the process, and what follows has no cycles
    gc.set_threshold(_RARELY)


def _decide(part: Slice) -> Tally:
    return _hands[0].decide(part)


def _cases(
    session: Session, practice_id: str, changes: Sequence[Change]
) -> dict[str, tuple[str, ...]]:
    ids = [change.decision_id for change in changes]
    rows = session.execute(
        select(CaseOccurrenceRow.decision_id, CaseOccurrenceRow.case_id)
        .where(CaseOccurrenceRow.practice_id == practice_id, CaseOccurrenceRow.decision_id.in_(ids))
        .order_by(CaseOccurrenceRow.case_id)
    )
    found: dict[str, tuple[str, ...]] = {}
    for decision_id, case_id in rows:
        found[decision_id] = (*found.get(decision_id, ()), case_id)
    return found
