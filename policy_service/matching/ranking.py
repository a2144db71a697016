"""Which candidates to open: those who share the rarest keys, at most a fixed number."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Ref = TypeVar("Ref")


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
    scored = [(_rarity(counts, total), str(ref), ref, len(counts)) for ref, counts in candidates]
    scored.sort(key=lambda entry: (-entry[0], entry[1]))
    best = tuple((ref, shared) for _, _, ref, shared in scored[:limit])
    return Ranking(best, max(len(scored) - limit, 0))


def _rarity(counts: Sequence[int], total: int) -> int:
    """Hundredths of a bit, summed over keys; integers, so the order is the same everywhere."""
    return sum(round(100 * math.log2(max(total, 2) / min(max(n, 1), total or 1))) for n in counts)
