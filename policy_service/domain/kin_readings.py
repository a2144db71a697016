"""What a chain of kin may amount to: every reading of it, the same from either end.

Each kind of kin is a walk over parents (P), children (C), siblings (S) and mates (M): an aunt is
PS, a cousin PSC. A chain of kinds is the walks joined, and a walk is read by what two neighbouring
letters may be: a parent's child is a sibling or a half-sibling, a parent's mate is a stepparent or
the other parent. Whatever the letters allow stays in the answer, so that no chain is called more
distant, nor nearer, than it may be. Turned round and with P and C exchanged the rules are the same
rules, so the converse chain has the converse readings.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise, product

from policy_service.domain.ties import TIE_KINDS, Degrees, tie_kind

FARTHEST = 4
"""Degrees end here: a fourth degree and anything beyond it read alike."""
CHILD_OF_BOTH = "M"
"""The word of a child's other parent: a partner once, or somebody who adopted together."""
_BEYOND_KIN = "MM"

# neutral code: its walks, and by how many degrees some codes count it farther.
_WALKS: dict[str, tuple[tuple[str, ...], int]] = {
    "PRN": (("P",), 0), "NPRN": (("P",), 0), "ADOPTP": (("P",), 1), "PRNFOST": (("P",), 1),
    "CHILD": (("C",), 0), "NCHILD": (("C",), 0), "CHLDADOPT": (("C",), 1), "CHLDFOST": (("C",), 1),
    "SIB": (("S",), 0), "NSIB": (("S",), 0), "TWIN": (("S",), 0), "FTWIN": (("S",), 0),
    "ITWIN": (("S",), 0), "HSIB": (("S",), 1),
    "SPS": (("M",), 0), "DOMPART": (("M",), 0), "SIGOTHR": (("M",), 0), "FMRSPS": (("M",), 0),
    "ex_partner": (("M",), 0),
    "STPPRN": (("PM",), 0), "STPCHLD": (("MC",), 0), "STPSIB": (("PMC",), 0),
    "GRPRN": (("PP",), 0), "GRNDCHILD": (("CC",), 0),
    "GGRPRN": (("PPP",), 0), "great_grandchild": (("CCC",), 0),
    "aunt_or_uncle": (("PS",), 0), "NIENEPH": (("SC",), 0), "COUSN": (("PSC",), 0),
    "PRNINLAW": (("MP",), 0), "CHLDINLAW": (("CM",), 0), "SIBINLAW": (("MS", "SM"), 0),
}  # fmt: skip
_OPAQUE = frozenset({"INLAW", "EXT", "FAMMEMB"})
"""Kin of which no more is said; their chains are as near or far as the triangle allows."""

_NAMES = {
    "P": "PRN", "C": "CHILD", "S": "SIB", "PM": "STPPRN", "MC": "STPCHLD", "PMC": "STPSIB",
    "PP": "GRPRN", "CC": "GRNDCHILD", "PPP": "GGRPRN", "CCC": "great_grandchild",
    "PS": "aunt_or_uncle", "SC": "NIENEPH", "PSC": "COUSN", "PSM": "aunt_or_uncle",
    "MSC": "NIENEPH", "MP": "PRNINLAW", "CM": "CHLDINLAW", "MS": "SIBINLAW", "SM": "SIBINLAW",
}  # fmt: skip
_BY_MARRIAGE = {"PSM": (2, 3), "MSC": (2, 3)}  # codes differ on whether an aunt's husband counts


@dataclass(frozen=True, slots=True)
class _Rule:
    """What two neighbouring letters become. `slack`: the half relation is a degree farther."""

    letter: str
    slack: int = 0
    may_stay: bool = False
    """The two letters may also stay as they are."""
    may_meet: bool = False
    """The walk may have come back to where it was: a grandparent's child is the parent."""


_RULES = {
    "PC": _Rule("S", 1, may_meet=True),
    "CP": _Rule("M", may_meet=True),
    "SS": _Rule("S", 1, may_meet=True),
    "SP": _Rule("P", 1),
    "CS": _Rule("C", 1),
    "PM": _Rule("P", may_stay=True),
    "MC": _Rule("C", may_stay=True),
    "MM": _Rule("", may_stay=True, may_meet=True),
}


@dataclass(frozen=True, slots=True)
class Readings:
    """What a chain of kinds may be. `words` are walks that no rule shortens, the longest first.

    `degrees` is None when no reading is one of kinship.
    """

    words: tuple[str, ...]
    degrees: Degrees | None
    may_be_strangers: bool
    """A partner's partner is no kin: some reading goes over two marriages in a row."""
    is_sure: bool
    """There is one reading, and nothing half or step about it."""

    @property
    def name(self) -> str:
        """The neutral code of the reading that no rule shortened; EXT where no code fits."""
        return _NAMES.get(self.words[0], "EXT") if self.words else "EXT"


def is_kin(neutral: str) -> bool:
    """Whether chains go on through this kind. Chosen family and a date are of one person alone."""
    return neutral in _WALKS or neutral in _OPAQUE


def generation(kinds: Sequence[str]) -> int | None:
    """By how many generations the far end is the elder; None unless the chain is blood alone."""
    walks = [_WALKS.get(tie_kind(kind).neutral, (("M",), 0))[0][0] for kind in kinds]
    word = "".join(walks)
    return None if "M" in word else word.count("P") - word.count("C")


@lru_cache(maxsize=4096)
def readings(kinds: tuple[str, ...]) -> Readings:
    """All readings of a chain of neutral kinds, each of which `is_kin`."""
    if any(kind in _OPAQUE for kind in kinds):
        return Readings((), _triangle(kinds), may_be_strangers=False, is_sure=False)
    extra = sum(_WALKS[kind][1] for kind in kinds)
    found: dict[str, int] = {}
    for walks in product(*(_WALKS[kind][0] for kind in kinds)):
        for word, slack in _read(walks):
            found[word] = max(slack, found.get(word, 0))
    kin = {word: slack + extra for word, slack in found.items() if _BEYOND_KIN not in word}
    return Readings(
        words=tuple(sorted(kin, key=lambda word: (-len(word), word not in _NAMES, word))),
        degrees=_span(kin, _triangle(kinds)),
        may_be_strangers=len(kin) < len(found),
        is_sure=len(found) == 1 and not any(kin.values()),
    )


def _span(kin: dict[str, int], bounds: Degrees) -> Degrees | None:
    """From the nearest reading to the farthest, within what the triangle allows."""
    spans = [(*_degrees(word), slack) for word, slack in kin.items()]
    if not spans:
        return None
    nearest = min(*(low for low, _, _ in spans), FARTHEST)
    farthest = max(high + slack for _, high, slack in spans)
    return max(nearest, bounds[0]), min(farthest, bounds[1])


def _degrees(word: str) -> Degrees:
    """A degree for every letter, but for the kinds that have degrees of their own."""
    named = TIE_KINDS[_NAMES[word]].degrees if word in _NAMES else None
    return _BY_MARRIAGE.get(word) or named or (len(word), len(word))


def _triangle(kinds: tuple[str, ...]) -> Degrees:
    """No nearer than the longest step less the others, no farther than all of them."""
    spans = [tie_kind(kind).degrees or (1, 1) for kind in kinds]
    farthest = sum(high for _, high in spans)
    nearest = max(low - (farthest - high) for low, high in spans)
    return min(max(nearest, 1), FARTHEST), min(farthest, FARTHEST)


@dataclass(frozen=True, slots=True)
class _Letter:
    """A letter and the places between which it leads."""

    letter: str
    start: int
    end: int


_Walk = tuple[_Letter, ...]


def _read(walks: Sequence[str]) -> Iterator[tuple[str, int]]:
    """Words that no rule shortens, with their slack. Nobody on the chain stands there twice."""
    people = {0}
    for one_kind in walks:
        people.add(max(people) + len(one_kind))
    letters = tuple(_Letter(x, n, n + 1) for n, x in enumerate("".join(walks)))
    todo: list[tuple[_Walk, int]] = [(letters, 0)]
    seen = set(todo)
    while todo:
        walk, slack = todo.pop()
        shorter, stays = _shortened(walk, frozenset(people))
        new = {(one, slack + more) for one, more in shorter} - seen
        seen |= new
        todo += new
        if stays and walk:
            yield "".join(one.letter for one in walk), slack


def _shortened(walk: _Walk, people: frozenset[int]) -> tuple[list[tuple[_Walk, int]], bool]:
    """Every walk that one rule makes of this one, and whether it may stay as it is."""
    found: list[tuple[_Walk, int]] = []
    stays = True
    for at, (one, other) in enumerate(pairwise(walk)):
        rule = _RULES.get(one.letter + other.letter)
        if rule is None:
            continue
        stays &= rule.may_stay
        before, after = walk[:at], walk[at + 2 :]
        if rule.letter:
            joined = _Letter(rule.letter, one.start, other.end)
            found.append(((*before, joined, *after), rule.slack))
        if rule.may_meet and not {one.start, other.end} <= people:
            found.append(((*before, *after), 0))
    return found, stays
