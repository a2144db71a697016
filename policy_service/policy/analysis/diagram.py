"""Decision diagrams over variables with many values: small, hash-consed, exact.

A node is an integer. Numbers below `LEAVES` are leaves and are their own value; any other names a
variable and one child per value of it. A node is made only once and never with equal children, so
two diagrams of one store mean the same function exactly when their numbers are equal.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce

LEAVES = 64
MOST_NODES = 300_000
"""Some seconds and some hundred megabytes; questions about real packs need some thousands."""


class TooLarge(Exception):
    """A question outgrew what may be spent on it; it stays undecided."""


@dataclass(frozen=True, slots=True)
class Operation:
    """A function of two leaves. With `absorbing` on either side the result is that leaf; with
    `neutral` it is the other side. Both are optional short cuts.
    """

    apply: Callable[[int, int], int]
    absorbing: int | None = None
    neutral: int | None = None


LEAST = Operation(min, absorbing=0)
MOST = Operation(max, neutral=0)


class Diagrams:
    """A store of diagrams over variables 0, 1, …; variable n has `widths[n]` values."""

    def __init__(self, widths: Sequence[int], most_nodes: int = MOST_NODES) -> None:
        self.widths = tuple(widths)
        self._most = most_nodes
        self._nodes: list[tuple[int, tuple[int, ...]]] = [(len(widths), ())] * LEAVES
        self._known: dict[tuple[int, tuple[int, ...]], int] = {}
        self._applied: dict[Operation, dict[tuple[int, int], int]] = {}

    def __len__(self) -> int:
        return len(self._nodes) - LEAVES

    def node(self, variable: int, children: tuple[int, ...]) -> int:
        """The diagram that looks at `variable` and goes on with the child of its value."""
        if children.count(children[0]) == len(children):
            return children[0]
        key = (variable, children)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = len(self._nodes)
            self._nodes.append(key)
            if found > self._most:
                raise TooLarge(f"more than {self._most} nodes")
        return found

    def variable(self, node: int) -> int:
        """The variable a node looks at; for a leaf one past the last."""
        return self._nodes[node][0]

    def children(self, node: int, variable: int) -> tuple[int, ...]:
        """What a node becomes for each value of a variable that does not stand below it."""
        own, children = self._nodes[node]
        return children if own == variable else (node,) * self.widths[variable]

    def apply(self, operation: Operation, one: int, other: int) -> int:
        """The operation on the leaves of two diagrams, value by value."""
        done = self._applied.setdefault(operation, {})
        return self._apply(operation, done, one, other)

    def _apply(
        self, operation: Operation, done: dict[tuple[int, int], int], one: int, other: int
    ) -> int:
        if one < LEAVES and other < LEAVES:
            return operation.apply(one, other)
        if operation.absorbing in (one, other) and operation.absorbing is not None:
            return operation.absorbing
        if operation.neutral is not None:
            if one == operation.neutral:
                return other
            if other == operation.neutral:
                return one
        found = done.get((one, other))
        if found is None:
            parts = [
                self._apply(operation, done, left, right) for left, right in self._split(one, other)
            ]
            top = min(self._nodes[one][0], self._nodes[other][0])
            found = done[one, other] = self.node(top, tuple(parts))
        return found

    def _split(self, one: int, other: int) -> list[tuple[int, int]]:
        """Both diagrams by the values of the variable that comes first in either."""
        (own, children), (its, others) = self._nodes[one], self._nodes[other]
        if own == its:
            return list(zip(children, others, strict=True))
        if own < its:
            return [(child, other) for child in children]
        return [(one, child) for child in others]

    def fold(self, operation: Operation, nodes: Sequence[int], empty: int) -> int:
        """The operation over all nodes, in pairs so that what grows is joined late."""
        level = list(nodes)
        while len(level) > 1:
            pairs = [level[place : place + 2] for place in range(0, len(level), 2)]
            level = [
                reduce(lambda one, two: self.apply(operation, one, two), pair) for pair in pairs
            ]
        return level[0] if level else empty

    def map(self, node: int, change: Callable[[int], int]) -> int:
        """The diagram with every leaf changed."""
        return self.rebuild(node, change, lambda variable, parts: self.node(variable, parts))

    def rebuild(
        self,
        node: int,
        leaf: Callable[[int], int],
        inner: Callable[[int, tuple[int, ...]], int],
    ) -> int:
        """Bottom up: `leaf` of each leaf, then `inner` of each node with its rebuilt children."""
        done: dict[int, int] = {}

        def walk(one: int) -> int:
            if one < LEAVES:
                return leaf(one)
            if one not in done:
                variable, children = self._nodes[one]
                done[one] = inner(variable, tuple(map(walk, children)))
            return done[one]

        return walk(node)

    def restrict(self, node: int, variable: int, value: int) -> int:
        """The diagram where `variable` has that value."""

        def pick(own: int, parts: tuple[int, ...]) -> int:
            return parts[value] if own == variable else self.node(own, parts)

        return self.rebuild(node, lambda leaf: leaf, pick)

    def leaves(self, node: int) -> frozenset[int]:
        """All leaves that some combination leads to."""
        found: set[int] = set()
        seen: set[int] = set()
        waiting = [node]
        while waiting:
            one = waiting.pop()
            if one < LEAVES:
                found.add(one)
            elif one not in seen:
                seen.add(one)
                waiting.extend(self._nodes[one][1])
        return frozenset(found)

    def at(self, node: int, values: Sequence[int]) -> int:
        """The leaf that one combination of values (one per variable) leads to."""
        while node >= LEAVES:
            variable, children = self._nodes[node]
            node = children[values[variable]]
        return node
