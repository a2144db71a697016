"""Counting combinations, finding one, and the largest cubes of a diagram."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from math import prod

from policy_service.policy.analysis.diagram import LEAVES, Diagrams

Weights = Sequence[Sequence[int]]
Path = tuple[tuple[int, int], ...]


def count(diagrams: Diagrams, node: int, weights: Weights) -> Counter[int]:
    """How many combinations lead to each leaf; a value counts as often as it weighs."""
    totals = [sum(own) for own in weights]
    done: dict[int, Counter[int]] = {}

    def below(one: int) -> Counter[int]:
        """Combinations of the variables from the one this node looks at."""
        if one < LEAVES:
            return Counter({one: 1})
        if one not in done:
            done[one] = summed(one)
        return done[one]

    def summed(one: int) -> Counter[int]:
        found: Counter[int] = Counter()
        variable = diagrams.variable(one)
        for child, weight in zip(diagrams.children(one, variable), weights[variable], strict=True):
            scale = weight * prod(totals[variable + 1 : diagrams.variable(child)])
            for leaf, number in below(child).items():
                found[leaf] += number * scale
        return found

    free = prod(totals[: diagrams.variable(node)])
    return Counter({leaf: number * free for leaf, number in below(node).items()})


def find(diagrams: Diagrams, node: int, wanted: Callable[[int], bool]) -> Path | None:
    """(variable, value) pairs that lead to a wanted leaf; other variables may have any value."""
    hopeless: set[int] = set()

    def walk(one: int) -> Path | None:
        if one < LEAVES:
            return () if wanted(one) else None
        if one in hopeless:
            return None
        variable = diagrams.variable(one)
        for value, child in enumerate(diagrams.children(one, variable)):
            rest = walk(child)
            if rest is not None:
                return ((variable, value), *rest)
        hopeless.add(one)
        return None

    return walk(node)


@dataclass(frozen=True, slots=True, order=True)
class Cube:
    """A box of combinations with one leaf: these variables have these values, the others any."""

    size: int
    leaf: int
    path: tuple[tuple[int, tuple[int, ...]], ...]


def largest_cubes(diagrams: Diagrams, node: int, weights: Weights, most: int) -> list[Cube]:
    """The `most` largest of the disjoint cubes the diagram splits into, leaf 0 left out.

    Values of one variable that go on alike are one side of a cube.
    """
    totals = [sum(own) for own in weights]
    done: dict[int, list[Cube]] = {}

    def below(one: int) -> list[Cube]:
        if one < LEAVES:
            return [Cube(1, one, ())] if one else []
        if one not in done:
            done[one] = heapq.nlargest(most, chain.from_iterable(sides(one)))
        return done[one]

    def sides(one: int) -> list[list[Cube]]:
        variable = diagrams.variable(one)
        alike: dict[int, list[int]] = {}
        for value, child in enumerate(diagrams.children(one, variable)):
            alike.setdefault(child, []).append(value)
        return [longer(variable, tuple(values), child) for child, values in alike.items()]

    def longer(variable: int, values: tuple[int, ...], child: int) -> list[Cube]:
        scale = sum(weights[variable][value] for value in values)
        scale *= prod(totals[variable + 1 : diagrams.variable(child)])
        return [
            Cube(cube.size * scale, cube.leaf, ((variable, values), *cube.path))
            for cube in below(child)
        ]

    free = prod(totals[: diagrams.variable(node)])
    return [Cube(cube.size * free, cube.leaf, cube.path) for cube in below(node)]
