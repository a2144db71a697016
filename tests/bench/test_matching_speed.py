"""The speed bench: how it counts, and a small run whose answers are right. No time is asserted."""

from __future__ import annotations

import json

import pytest

from bench.matching_speed import Scale, at, bench_load, bench_queries
from bench.population import REGION, Population


def test_a_percentile_is_a_value_that_was_measured() -> None:
    assert [at([1.0, 2.0, 3.0, 4.0], part) for part in (0, 50, 95, 100)] == [1.0, 3.0, 4.0, 4.0]


def test_the_same_seed_draws_the_same_people() -> None:
    one, other = (list(Population(60).records()) for _ in range(2))
    assert one == other
    assert one != list(Population(60, REGION).records())


def test_a_query_of_a_known_person_differs_from_the_record_and_finds_it_first(
    capsys: pytest.CaptureFixture[str],
) -> None:
    population = Population(120)
    known = list(population.records())
    assert all(known[number] != query for number, query in population.queries(known, 20))
    bench_queries(Scale(120), with_peer=False)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    figures = {line["figure"]: line["value"] for line in lines}
    assert figures["one query among 120 people, SQLite: the person asked for comes first"] > 0.95


def test_the_orm_writes_the_very_rows_that_the_load_wrote(
    capsys: pytest.CaptureFixture[str],
) -> None:
    bench_load(40)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(lines) == 3
    for line in lines:
        assert line["peer"] == "ORM add_all"
        assert line["value"] > 0 < line["peer_value"]
