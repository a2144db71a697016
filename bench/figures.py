"""How figures are computed and printed: the same for us and for every peer."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Scored:
    """A candidate pair's score, and whether it is a true pair."""

    score: float
    is_true: bool


def report(
    figure: str, value: float, unit: str, peer: str = "", peer_value: float | None = None
) -> None:
    """One figure as a JSON line; `ratio` is ours to the peer's."""
    line: dict[str, object] = {"figure": figure, "value": round(value, 5), "unit": unit}
    if peer and peer_value is not None:
        ratio = round(value / peer_value, 4) if peer_value else None
        line |= {"peer": peer, "peer_value": round(peer_value, 5), "ratio": ratio}
    print(json.dumps(line), flush=True)


def _sweep(pairs: Iterable[Scored]) -> Iterator[tuple[int, int]]:
    """(true, all) pairs at or above each distinct score, the highest first."""
    ranked = sorted(pairs, key=lambda pair: -pair.score)
    true = 0
    for number, pair in enumerate(ranked, 1):
        true += pair.is_true
        if number == len(ranked) or ranked[number].score != pair.score:
            yield true, number


def recall_at_precision(pairs: Sequence[Scored], wanted: int, precision: float) -> float:
    """The best recall at a threshold that keeps the precision; a pair never scored is missed."""
    return max((t / wanted for t, n in _sweep(pairs) if t / n >= precision), default=0.0)


def best_f1(pairs: Sequence[Scored], wanted: int) -> float:
    """F1 at the best threshold."""
    return max((2 * t / (n + wanted) for t, n in _sweep(pairs)), default=0.0)
