"""Offline verification of a log: entries in, the first bad index out. Streaming; no database.

The reader brings a checkpoint whose signature it has checked (`open_checkpoint`) and, if it has
them, older ones. Entries pass by once. What one head alone can say about a rewritten entry is only
"the root differs"; each older checkpoint and each stored leaf hash narrows down *where*.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

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
    """Carries a finding up to `verify_entries`, which adds what had been read by then."""

    def __init__(self, fault: Fault, first: int, before: int, reason: str) -> None:
        super().__init__(reason)
        self.fault, self.first, self.before, self.reason = fault, first, before, reason


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
    count = 0
    try:
        heads = _heads(checkpoint, older)
        reading = _Reading() if read_leaves else None
        for frontier in _frontiers(entries, reading):
            count = frontier.size
            _compare(frontier, heads)
        _require_all(count, heads)
    except _Bad as bad:
        return Verification(count, 0, bad.fault, bad.first, bad.before, bad.reason)
    return Verification(count, count - checkpoint.size)


def _heads(newest: Checkpoint, older: Sequence[Checkpoint]) -> dict[int, bytes]:
    """Roots to meet, by size, smallest first; two heads that exclude each other are a fork."""
    heads: dict[int, bytes] = {}
    for each in (*older, newest):
        if each.origin != newest.origin:
            raise _Bad(Fault.FORK, 0, each.size, f"a checkpoint is of another log: {each.origin}")
        if each.size > newest.size:
            raise _Bad(
                Fault.FORK,
                newest.size,
                each.size,
                f"an older checkpoint has size {each.size}, the newest only {newest.size}",
            )
        if heads.setdefault(each.size, each.root) != each.root:
            raise _Bad(Fault.FORK, 0, each.size, f"two checkpoints of size {each.size} differ")
    return dict(sorted(heads.items()))


def _frontiers(entries: Iterable[Entry], reading: _Reading | None) -> Iterator[Frontier]:
    frontier = Frontier()
    for entry in entries:
        if entry.index != frontier.size:
            reason = f"index {entry.index} follows where {frontier.size} was due"
            raise _at(frontier.size, Fault.GAP, reason)
        hashed = leaf_hash(entry.leaf)
        if entry.leaf_hash not in (None, hashed):
            raise _at(entry.index, Fault.ALTERED, "the leaf does not hash to the stored leaf hash")
        if reading is not None:
            reading.check(entry.index, entry.leaf)
        frontier = frontier.append(hashed)
        yield frontier


def _compare(frontier: Frontier, heads: dict[int, bytes]) -> None:
    size = frontier.size
    if size in heads and heads[size] != frontier.root:
        good = max((each for each in heads if each < size), default=0)
        reason = f"the entries do not add up to the root of the checkpoint of size {size}"
        raise _Bad(Fault.ROOT, good, size, reason)


def _require_all(count: int, heads: dict[int, bytes]) -> None:
    size = max(heads)
    if count < size:
        reason = f"the checkpoint covers {size} entries, but there are only {count}"
        raise _Bad(Fault.MISSING, count, size, reason)


def _at(index: int, fault: Fault, reason: str) -> _Bad:
    return _Bad(fault, index, index + 1, reason)
