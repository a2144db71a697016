"""Reconcile receipts with the log: is every decision that was acknowledged still there, unchanged?

A receipt is the anchor that the caller holds. Whoever can write to the database can make a log that
verifies and lacks an entry; they cannot make a receipt disappear that an EHR has kept. Judging
reads one snapshot and changes nothing, so that it answers also when the log refuses to grow.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from itertools import islice
from typing import BinaryIO

from sqlalchemy import select
from sqlalchemy.orm import Session

from policy_service.audit.reading import head, subtree_reader
from policy_service.database.tables.audit import IS_LEAF_OF, EntryRow, LeafRow
from policy_service.errors import NotFound
from policy_service.ledger.canonical import canonical_bytes, parse_strict
from policy_service.ledger.errors import LeafRefused, NotCanonical, ReceiptRefused
from policy_service.ledger.leaf import Leaf
from policy_service.ledger.merkle import (
    Head,
    SubtreeReader,
    inclusion_proof,
    leaf_hash,
    verify_inclusion,
)
from policy_service.ledger.note import Verifier
from policy_service.ledger.receipt import Receipt, open_receipt

LONGEST_LINE = 8192
MOST_NAMED = 1000
"""So many lines that do not match are named; the rest is counted."""
_CHUNK = 500
_NODES_KEPT = 65_536


class Judgement(StrEnum):
    """What became of one receipt, in the order in which it is looked for."""

    MALFORMED = "malformed"
    """The line is no receipt."""
    NOT_OURS = "not_ours"
    """Another log's, another practice's, or signed by a key this log does not know."""
    BAD_SIGNATURE = "bad_signature"
    """It names our receipt key, and that key did not sign these words."""
    UNMATCHED = "unmatched"
    """We signed it and have no such entry: an acknowledged decision is gone."""
    ALTERED = "altered"
    """The entry is not the one that was acknowledged, or the tree does not hold it."""
    UNSEALED = "unsealed"
    """Recorded, and too new to have a place in the tree."""
    OVERDUE = "overdue"
    """Recorded, and without a place in the tree for longer than the receipt promised."""
    MATCHED = "matched"
    """The entry is there, unchanged, and under the head of the tree."""


ALARMS = frozenset({Judgement.UNMATCHED, Judgement.ALTERED})
_DETAILS = {
    Judgement.MALFORMED: "The line is not a receipt.",
    Judgement.NOT_OURS: "The receipt is of another log or another practice, or by an unknown key.",
    Judgement.BAD_SIGNATURE: "The receipt key did not sign these words: they were changed.",
    Judgement.UNMATCHED: "This log signed the receipt and has no such entry.",
    Judgement.ALTERED: "The entry is not the one that was acknowledged.",
    Judgement.UNSEALED: "The entry is recorded and waits for its place in the tree.",
    Judgement.OVERDUE: "The entry waits for its place longer than the receipt promised.",
    Judgement.MATCHED: "",
}


@dataclass(frozen=True, slots=True)
class Judged:
    """One line of the file, counted from 1. `entry_id` None: the line could not be read so far."""

    line: int
    judgement: Judgement
    entry_id: str | None = None

    @property
    def detail(self) -> str:
        """One sentence for people."""
        return _DETAILS[self.judgement]


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """How a file of receipts compares with the log of `size` entries.

    `named`: the lines that do not match, in file order, alarms first when there are more than fit.
    """

    counts: Mapping[Judgement, int]
    named: tuple[Judged, ...]
    left_out: int
    size: int

    @property
    def exit_code(self) -> int:
        """0 every receipt matches, 1 an acknowledged entry is gone or altered, 2 cannot tell."""
        if any(self.counts.get(alarm) for alarm in ALARMS):
            return 1
        others = sum(self.counts.values()) - self.counts.get(Judgement.MATCHED, 0)
        return 2 if others or not self.counts else 0

    @property
    def text(self) -> str:
        """The counts in one line."""
        said = [f"{self.counts.get(one, 0)} {one.value.replace('_', ' ')}" for one in _SHOWN]
        return f"{sum(self.counts.values())} receipts: {', '.join(said)}"


_SHOWN = (
    Judgement.MATCHED,
    Judgement.UNMATCHED,
    Judgement.ALTERED,
    Judgement.OVERDUE,
    Judgement.UNSEALED,
    Judgement.BAD_SIGNATURE,
    Judgement.NOT_OURS,
    Judgement.MALFORMED,
)


@dataclass(frozen=True, slots=True)
class Ours:
    """What makes a receipt ours: the practice, the log's origin, and the keys by key id in hex."""

    practice_id: str
    origin: str
    keys: Mapping[str, Verifier]


@dataclass(frozen=True, slots=True)
class _Stored:
    """An entry as the database has it; `index` None: without a place in the tree."""

    leaf: bytes
    index: int | None


@dataclass(frozen=True, slots=True)
class _Tree:
    head: Head
    read: SubtreeReader


def receipt_lines(file: BinaryIO) -> Iterator[bytes]:
    """The lines of a JSONL file, each cut at `LONGEST_LINE`, so that no file fills the memory."""
    while line := file.readline(LONGEST_LINE + 1):
        yield line
        while len(line) > LONGEST_LINE and not line.endswith(b"\n"):
            line = file.readline(LONGEST_LINE + 1)


def reconcile(
    session: Session, ours: Ours, lines: Iterable[bytes], now: datetime
) -> Reconciliation:
    """Judge every line in one snapshot. Empty lines are no lines."""
    tree = _tree(session, ours.practice_id)
    counts: Counter[Judgement] = Counter()
    alarms: list[Judged] = []
    others: list[Judged] = []
    for one in _judge_all(session, ours, lines, tree, now):
        counts[one.judgement] += 1
        kept = alarms if one.judgement in ALARMS else others
        if one.judgement is not Judgement.MATCHED and len(kept) < MOST_NAMED:
            kept.append(one)
    named = sorted((*alarms, *others[: MOST_NAMED - len(alarms)]), key=lambda one: one.line)
    left_out = sum(counts.values()) - counts[Judgement.MATCHED] - len(named)
    return Reconciliation(dict(counts), tuple(named), left_out, tree.head.size)


def _tree(session: Session, practice_id: str) -> _Tree:
    read = lru_cache(_NODES_KEPT)(subtree_reader(session, practice_id))
    return _Tree(head(session, practice_id), read)


def _judge_all(
    session: Session, ours: Ours, lines: Iterable[bytes], tree: _Tree, now: datetime
) -> Iterator[Judged]:
    numbered = ((n, line.strip()) for n, line in enumerate(lines, start=1) if line.strip())
    while chunk := list(islice(numbered, _CHUNK)):
        opened = [(number, _open(line, ours)) for number, line in chunk]
        receipts = [receipt for _, receipt in opened if isinstance(receipt, Receipt)]
        stored = _stored(session, ours.practice_id, receipts)
        for number, receipt in opened:
            if isinstance(receipt, Receipt):
                found = stored.get(receipt.id)
                yield Judged(number, _judge(receipt, found, tree, now), receipt.id)
            else:
                yield Judged(number, receipt)


def _open(line: bytes, ours: Ours) -> Receipt | Judgement:
    """The receipt, if a key of this log signed it for this log and practice."""
    try:
        members = parse_strict(line if len(line) <= LONGEST_LINE else b"")
        if isinstance(members, str):  # an answer's `receipt` member, kept as the text it is
            members = parse_strict(members.encode())
        raw = canonical_bytes(members)
    except (NotCanonical, UnicodeEncodeError):
        return Judgement.MALFORMED
    if not isinstance(members, dict) or "sig" not in members:
        return Judgement.MALFORMED
    if (members.get("practice"), members.get("log")) != (ours.practice_id, ours.origin):
        return Judgement.NOT_OURS if {"practice", "log"} <= members.keys() else Judgement.MALFORMED
    verifier = ours.keys.get(str(members.get("key")))
    return Judgement.NOT_OURS if verifier is None else _opened(raw, verifier)


def _opened(raw: bytes, verifier: Verifier) -> Receipt | Judgement:
    try:
        return open_receipt(raw, verifier)
    except ReceiptRefused:
        return Judgement.BAD_SIGNATURE


def _stored(session: Session, practice_id: str, receipts: Sequence[Receipt]) -> dict[str, _Stored]:
    rows = session.execute(
        select(EntryRow.id, EntryRow.leaf, LeafRow.leaf_index)
        .outerjoin(LeafRow, IS_LEAF_OF)
        .where(
            EntryRow.practice_id == practice_id,
            EntryRow.id.in_(sorted({receipt.id for receipt in receipts})),
        )
    )
    return {entry_id: _Stored(leaf, index) for entry_id, leaf, index in rows}


def _judge(receipt: Receipt, stored: _Stored | None, tree: _Tree, now: datetime) -> Judgement:
    if stored is None:
        return Judgement.UNMATCHED
    if not _is_what_was_acknowledged(receipt, stored.leaf):
        return Judgement.ALTERED
    if stored.index is None:
        promised = datetime.fromisoformat(receipt.at) + timedelta(seconds=receipt.mmd)
        return Judgement.OVERDUE if now.astimezone(UTC) > promised else Judgement.UNSEALED
    held = _is_in_tree(tree, stored.index, receipt.leaf_hash)
    return Judgement.MATCHED if held else Judgement.ALTERED


def _is_what_was_acknowledged(receipt: Receipt, raw: bytes) -> bool:
    try:
        return leaf_hash(raw) == receipt.leaf_hash and receipt.matches(Leaf.from_bytes(raw))
    except LeafRefused:
        return False


def _is_in_tree(tree: _Tree, index: int, hashed: bytes) -> bool:
    if index >= tree.head.size:
        return False
    try:
        path = inclusion_proof(tree.read, index, tree.head.size)
    except NotFound:
        return False
    return verify_inclusion(hashed, index, tree.head, path)
