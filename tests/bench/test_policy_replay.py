"""The bench of replays on a few decisions: everything is equal under the same pack."""

from __future__ import annotations

import json

import pytest

from bench.policy_replay import main


def test_the_bench_replays_a_small_log_and_finds_all_equal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    main(["--decisions", "60", "--processes", "1"])
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    figures = {line["figure"]: line["value"] for line in lines}
    for mode in ("outcomes", "digests"):
        assert figures[f"replay {mode}, same pack: decisions"] == 60
        assert figures[f"replay {mode}, same pack: equal"] == 100
    assert figures["replay outcomes, a stricter version: equal"] < 100
