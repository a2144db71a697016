"""How alike two texts are spelt. The library is loaded by the first comparison."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from types import ModuleType


@cache
def _osa() -> Callable[..., int]:
    from rapidfuzz.distance import OSA

    return OSA.distance


@cache
def _jaro_winkler() -> Callable[..., float]:
    from rapidfuzz.distance import JaroWinkler

    return JaroWinkler.similarity


@cache
def _fuzz() -> ModuleType:
    import rapidfuzz.fuzz

    return rapidfuzz.fuzz


def slips(one: str, other: str, most: int) -> int:
    """Letters changed, lost, added or exchanged with a neighbour; above `most`, `most` + 1."""
    return _osa()(one, other, score_cutoff=most)


def beginning_alike(one: str, other: str) -> float:
    """Jaro-Winkler similarity, 0 to 1: likeness that counts the beginning most."""
    return _jaro_winkler()(one, other)


def ratio(one: str, other: str) -> float:
    """Share of letters in common and in order, 0 to 100."""
    found: float = _fuzz().ratio(one, other)
    return found


def word_ratio(one: str, other: str) -> float:
    """`ratio` of the words in alphabetical order."""
    found: float = _fuzz().token_sort_ratio(one, other)
    return found
