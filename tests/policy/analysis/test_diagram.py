"""Decision diagrams against tables of every combination."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable
from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_service.policy.analysis.counting import count, find, largest_cubes
from policy_service.policy.analysis.diagram import LEAST, MOST, Diagrams, Operation, TooLarge

WIDTHS = (2, 3, 2, 4)
WEIGHTS = ((1, 5), (2, 1, 1), (3, 1), (1, 1, 2, 7))
EVERY = list(itertools.product(*map(range, WIDTHS)))

Table = dict[tuple[int, ...], int]
tables = st.lists(st.integers(0, 3), min_size=len(EVERY), max_size=len(EVERY)).map(
    lambda leaves: dict(zip(EVERY, leaves, strict=True))
)


def built(diagrams: Diagrams, table: Table, prefix: tuple[int, ...] = ()) -> int:
    if len(prefix) == len(WIDTHS):
        return table[prefix]
    children = (built(diagrams, table, (*prefix, n)) for n in range(WIDTHS[len(prefix)]))
    return diagrams.node(len(prefix), tuple(children))


def weight(values: tuple[int, ...]) -> int:
    return prod(own[value] for own, value in zip(WEIGHTS, values, strict=True))


@given(tables)
def test_a_diagram_gives_each_combination_its_leaf(table: Table) -> None:
    diagrams = Diagrams(WIDTHS)
    node = built(diagrams, table)
    assert all(diagrams.at(node, values) == leaf for values, leaf in table.items())
    assert diagrams.leaves(node) == set(table.values())


@given(tables, tables)
def test_equal_functions_are_one_node_and_unequal_ones_are_not(one: Table, other: Table) -> None:
    diagrams = Diagrams(WIDTHS)
    assert (built(diagrams, one) == built(diagrams, other)) == (one == other)
    assert built(diagrams, one) == built(diagrams, dict(one))


@pytest.mark.parametrize(
    ("operation", "function"),
    [
        (LEAST, min),
        (MOST, max),
        (Operation(lambda a, b: (a - b) % 4), lambda a, b: (a - b) % 4),
    ],
    ids=["least", "most", "difference"],
)
@given(one=tables, other=tables)
def test_apply_works_leaf_by_leaf(
    operation: Operation, function: Callable[[int, int], int], one: Table, other: Table
) -> None:
    diagrams = Diagrams(WIDTHS)
    expected = {values: function(one[values], other[values]) for values in EVERY}
    done = diagrams.apply(operation, built(diagrams, one), built(diagrams, other))
    assert done == built(diagrams, expected)


@given(st.lists(tables, max_size=5))
def test_fold_is_apply_over_all(several: list[Table]) -> None:
    diagrams = Diagrams(WIDTHS)
    expected = {values: max([0, *(one[values] for one in several)]) for values in EVERY}
    nodes = [built(diagrams, one) for one in several]
    assert diagrams.fold(MOST, nodes, 0) == built(diagrams, expected)


@given(tables, st.integers(0, len(WIDTHS) - 1), st.data())
def test_restrict_fixes_one_variable(table: Table, variable: int, data: st.DataObject) -> None:
    diagrams = Diagrams(WIDTHS)
    value = data.draw(st.integers(0, WIDTHS[variable] - 1))
    fixed = {v: table[(*v[:variable], value, *v[variable + 1 :])] for v in EVERY}
    done = diagrams.restrict(built(diagrams, table), variable, value)
    assert done == built(diagrams, fixed)


@given(tables)
def test_map_changes_every_leaf(table: Table) -> None:
    diagrams = Diagrams(WIDTHS)
    done = diagrams.map(built(diagrams, table), lambda leaf: 3 - leaf)
    assert done == built(diagrams, {values: 3 - leaf for values, leaf in table.items()})


@given(tables)
def test_counts_are_the_sum_of_weights(table: Table) -> None:
    expected: Counter[int] = Counter()
    for values, leaf in table.items():
        expected[leaf] += weight(values)
    diagrams = Diagrams(WIDTHS)
    assert count(diagrams, built(diagrams, table), WEIGHTS) == expected


@given(tables, st.integers(0, 3))
def test_find_gives_a_combination_of_the_wanted_leaf_or_none(table: Table, wanted: int) -> None:
    diagrams = Diagrams(WIDTHS)
    path = find(diagrams, built(diagrams, table), lambda leaf: leaf == wanted)
    if path is None:
        assert wanted not in table.values()
    else:
        fixed = dict(path)
        matching = [v for v in EVERY if all(v[number] == n for number, n in fixed.items())]
        assert {table[values] for values in matching} == {wanted}


@given(tables)
def test_cubes_are_disjoint_and_together_make_up_the_function(table: Table) -> None:
    diagrams = Diagrams(WIDTHS)
    seen: Counter[tuple[int, ...]] = Counter()
    for cube in largest_cubes(diagrams, built(diagrams, table), WEIGHTS, len(EVERY)):
        sides = dict(cube.path)
        inside = [v for v in EVERY if all(v[n] in places for n, places in sides.items())]
        assert {table[values] for values in inside} == {cube.leaf}
        assert sum(map(weight, inside)) == cube.size
        seen.update(inside)
    assert seen == Counter(values for values, leaf in table.items() if leaf)


def test_the_largest_cubes_come_first() -> None:
    diagrams = Diagrams(WIDTHS)
    table = {values: int(values[0] == 1 or values[3] == 0) for values in EVERY}
    sizes = [cube.size for cube in largest_cubes(diagrams, built(diagrams, table), WEIGHTS, 2)]
    assert sizes == sorted(sizes, reverse=True)


def test_a_store_that_outgrows_its_bound_says_so() -> None:
    diagrams = Diagrams(WIDTHS, most_nodes=66)
    with pytest.raises(TooLarge, match="66"):
        built(diagrams, {values: hash(values) % 4 for values in EVERY})
