"""The bench of tie paths at a small size: every way finds the same paths, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bench.tie_graph import Graph, load_postgresql, load_sqlite, make_graph, questions
from bench.tie_paths import Finder, in_networkx, in_rustworkx, ours, reading, recursive
from tests.postgresql_server import Server

GRAPH = make_graph(5, 40, 110)
ASKED = questions(GRAPH, 6, 40)


def test_the_questions_have_paths_and_none() -> None:
    assert questions(GRAPH, 6, 40) == ASKED
    assert all(start != end for start, end in ASKED)


def test_recursive_sql_finds_what_meeting_in_the_middle_finds_on_sqlite(tmp_path: Path) -> None:
    with reading(load_sqlite(GRAPH, tmp_path)) as session:
        found = [ours(session)(*asked) for asked in ASKED]
        assert found == [recursive(session)(*asked) for asked in ASKED]
    assert any(found)


def test_recursive_sql_finds_the_same_on_postgresql(postgresql_server: Server) -> None:
    with load_postgresql(GRAPH, postgresql_server) as url, reading(url) as session:
        found = [ours(session)(*asked) for asked in ASKED]
        assert found == [recursive(session)(*asked) for asked in ASKED]
    assert any(found)


@pytest.mark.parametrize("make", [in_networkx, in_rustworkx])
def test_graphs_in_memory_find_the_same(make: Callable[[Graph], Finder], tmp_path: Path) -> None:
    with reading(load_sqlite(GRAPH, tmp_path)) as session:
        peer = make(GRAPH)
        assert [ours(session)(*asked) for asked in ASKED] == [peer(*asked) for asked in ASKED]
