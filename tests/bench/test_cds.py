"""The bench of CDS Hooks: a small run whose lines are whole. No time is asserted."""

from __future__ import annotations

import json

import pytest

from bench.cds import ALGORITHMS, REST, at, measure, practice, report_forgeries, report_times
from tests.interop.conformance.forged import FORGERIES
from tests.interop.conformance.hooks import HOOKS


def test_a_percentile_is_a_value_that_was_measured() -> None:
    assert [at([4.0, 1.0, 3.0, 2.0], part) for part in (0, 50, 95, 100)] == [1.0, 3.0, 4.0, 4.0]


def test_every_hook_is_measured_beside_the_rest_check_and_no_forgery_counts(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with practice(50) as world:
        report_times(measure(world, 4))
        report_forgeries(world)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    figures = {line["figure"]: line for line in lines}
    for hook in HOOKS:
        for figure in (f"cds {hook} p50", f"cds {hook} p95", f"cds {hook} CPU p50"):
            assert figures[figure]["peer"] == REST
            assert figures[figure]["ratio"] > 0
    tried = len(FORGERIES) * len(ALGORITHMS)
    assert (figures["forged tokens accepted"]["value"], tried) == (0, tried)
    assert figures["mended twins accepted"]["value"] == tried
