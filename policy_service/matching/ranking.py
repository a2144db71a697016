"""Which candidates to open: those who share the rarest keys, at most a fixed number."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Ref = TypeVar("Ref")
_KEYS_BITS = 16  # evidence counts the keys shared below, their rarity above


@dataclass(frozen=True, slots=True)
class Ranking(Generic[Ref]):
    """The best candidates with the number of keys they share, and how many were left unopened."""

    best: tuple[tuple[Ref, int], ...]
    left_out: int


def rank(
    candidates: Iterable[tuple[Ref, Sequence[int]]], total: int, limit: int = 64
) -> Ranking[Ref]:
    """Order candidates by the rarity of the keys they share with the query.

    Each candidate comes with, for every shared key, the number of people who hold that key. A key
    held by n of `total` people weighs log2(total / n). Ties fall to the text of the reference.
    """
    evidence: defaultdict[Ref, int] = defaultdict(int)
    for ref, counts in candidates:
        evidence[ref] += sum(one_key(count, total) for count in counts)
    return best_of(evidence, limit)


def one_key(count: int, total: int) -> int:
    """What sharing one key says: the key itself, and hundredths of a bit of its rarity.

    An integer that is summed over keys, so the order is the same everywhere.
    """
    rarity = round(100 * math.log2(max(total, 2) / min(max(count, 1), total or 1)))
    return (rarity << _KEYS_BITS) + 1


def best_of(evidence: Mapping[Ref, int], limit: int) -> Ranking[Ref]:
    """The `limit` candidates with the rarest keys, from the sums of `one_key`."""
    rarities = [said >> _KEYS_BITS for said in evidence.values()]
    least = sorted(rarities, reverse=True)[limit - 1] if len(rarities) > limit else 0
    hopeful = [
        (-rarity, str(ref), ref, said)
        for rarity, (ref, said) in zip(rarities, evidence.items(), strict=True)
        if rarity >= least
    ]
    hopeful.sort(key=lambda entry: entry[:2])
    best = tuple((ref, said & (1 << _KEYS_BITS) - 1) for _, _, ref, said in hopeful[:limit])
    return Ranking(best, max(len(evidence) - limit, 0))
