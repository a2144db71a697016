"""Offline verification of a log: entries in, the first bad index out. Streaming; no database.

The reader brings a checkpoint whose signature it has checked (`open_checkpoint`) and, if it has
them, older ones. Entries pass by once. What one head alone can say about a rewritten entry is only
"the root differs"; each older checkpoint and each stored leaf hash narrows down *where*.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice

from policy_service.ledger.checkpoint import Checkpoint
from policy_service.ledger.errors import LeafRefused
from policy_service.ledger.leaf import Leaf
from policy_service.ledger.merkle import Frontier, leaf_hash

FIRST_ACTION = "log.created"


class Fault(StrEnum):
    """What is wrong, in the order in which it is looked for at one index."""

    GAP = "gap"
    """An index is missing, repeated or out of order."""
    ALTERED = "altered"
    """The leaf does not hash to the leaf hash stored beside it."""
    MALFORMED = "malformed"
    """The bytes are not a leaf of version 1."""
    FOREIGN = "foreign"
    """The leaf belongs to another practice."""
    REPEATED = "repeated"
    """The entry id was already used."""
    NOT_CREATED = "not_created"
    """Entry 0 is not `log.created`, or a later entry is."""
    MISSING = "missing"
    """The checkpoint covers more entries than there are: the newest were dropped."""
    ROOT = "root"
    """The entries do not add up to the root of a checkpoint."""
    FORK = "fork"
    """Two checkpoints of one log contradict each other."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A row as read. `leaf_hash` is the stored one, if there is a store to compare with."""

    index: int
    leaf: bytes
    leaf_hash: bytes | None = None


@dataclass(frozen=True)
class Verification:
    """The result. `first_bad` is the first index known to be bad, or None when all is well.

    For a root that differs the guilty entry lies in [first_bad, before). `entries` counts what was
    read; `unsealed` of them lie beyond the newest checkpoint, which says nothing about those.
    """

    entries: int
    unsealed: int = 0
    fault: Fault | None = None
    first_bad: int | None = None
    before: int | None = None
    reason: str = "every entry is in its place"

    @property
    def ok(self) -> bool:
        return self.fault is None


class _Bad(Exception):
    """Carries the verdict up to `verify_entries` from wherever it was reached."""

    def __init__(self, verdict: Verification) -> None:
        super().__init__(verdict.reason)
        self.verdict = verdict


@dataclass
class _Reading:
    """What is remembered of the leaves already read: one id each, and the practice."""

    practice: str | None = None
    ids: set[int] = field(default_factory=set)

    def check(self, index: int, raw: bytes) -> None:
        try:
            leaf = Leaf.from_bytes(raw)
        except LeafRefused as error:
            raise _at(index, Fault.MALFORMED, str(error)) from error
        if (leaf.action == FIRST_ACTION) != (index == 0):
            raise _at(index, Fault.NOT_CREATED, f"{leaf.action} cannot stand at index {index}")
        if self.practice not in (None, leaf.practice):
            raise _at(index, Fault.FOREIGN, f"the leaf belongs to practice {leaf.practice}")
        number = int(leaf.id.replace("-", ""), 16)
        if number in self.ids:
            raise _at(index, Fault.REPEATED, f"the entry id {leaf.id} was already used")
        self.practice = leaf.practice
        self.ids.add(number)


def verify_entries(
    entries: Iterable[Entry],
    checkpoint: Checkpoint,
    older: Sequence[Checkpoint] = (),
    *,
    read_leaves: bool = True,
) -> Verification:
    """Check that `entries`, from index 0 on, are what `checkpoint` and every older one fixed.

    Entries beyond the newest checkpoint are allowed (committed, not yet sealed) and counted as
    `unsealed`. `read_leaves=False` checks the tree alone: faster, and fit for foreign leaves.
    """
    reading = _Reading() if read_leaves else None
    try:
        hashes = _leaf_hashes(entries, reading)
        for frontier in _climb(hashes, _heads(checkpoint, older)):
            sealed = frontier.size
        unsealed = sum(1 for _ in hashes)
    except _Bad as bad:
        return bad.verdict
    return Verification(sealed + unsealed, unsealed)


def _heads(newest: Checkpoint, older: Sequence[Checkpoint]) -> dict[int, bytes]:
    """Roots to meet, by size, smallest first; two checkpoints that exclude each other: a fork."""
    heads: dict[int, bytes] = {}
    for each in (*older, newest):
        if each.origin != newest.origin:
            reason = f"a checkpoint is of another log: {each.origin}"
            raise _bad(Fault.FORK, range(each.size), reason)
        if each.size > newest.size:
            reason = f"an older checkpoint has size {each.size}, the newest only {newest.size}"
            raise _bad(Fault.FORK, range(newest.size, each.size), reason)
        if heads.setdefault(each.size, each.root) != each.root:
            reason = f"two checkpoints of size {each.size} differ"
            raise _bad(Fault.FORK, range(each.size), reason)
    return dict(sorted(heads.items()))


def _leaf_hashes(entries: Iterable[Entry], reading: _Reading | None) -> Iterator[bytes]:
    for due, entry in enumerate(entries):
        if entry.index != due:
            raise _at(due, Fault.GAP, f"index {entry.index} follows where {due} was due")
        hashed = leaf_hash(entry.leaf)
        if entry.leaf_hash not in (None, hashed):
            raise _at(due, Fault.ALTERED, "the leaf does not hash to the stored leaf hash")
        if reading is not None:
            reading.check(due, entry.leaf)
        yield hashed


def _climb(hashes: Iterator[bytes], heads: Mapping[int, bytes]) -> Iterator[Frontier]:
    """The frontier at each head, once its root has been found right."""
    frontier = Frontier()
    newest = max(heads)
    for size, root in heads.items():
        good = frontier.size
        frontier = frontier.extend(islice(hashes, size - good))
        if frontier.size < size:
            reason = f"the checkpoint covers {newest} entries, but there are only {frontier.size}"
            raise _bad(Fault.MISSING, range(frontier.size, newest), reason, frontier.size)
        if frontier.root != root:
            reason = f"the entries do not add up to the root of the checkpoint of size {size}"
            raise _bad(Fault.ROOT, range(good, size), reason, size)
        yield frontier


def _at(index: int, fault: Fault, reason: str) -> _Bad:
    return _bad(fault, range(index, index + 1), reason, index)


def _bad(fault: Fault, where: range, reason: str, read: int = 0) -> _Bad:
    return _Bad(Verification(read, 0, fault, where.start, where.stop, reason))
