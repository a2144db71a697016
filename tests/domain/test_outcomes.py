"""The order of outcomes."""

from __future__ import annotations

from itertools import pairwise

from policy_service.domain.outcomes import Outcome, strictest

ORDER = ["no_finding", "advise", "monitor", "deliberate", "prohibit"]


def test_outcomes_order_by_strictness_and_not_by_the_alphabet() -> None:
    assert [o.value for o in sorted(Outcome)] == ORDER
    assert sorted(ORDER) != ORDER
    for lower, higher in pairwise(map(Outcome, ORDER)):
        assert lower < higher
        assert lower <= higher
        assert higher > lower
        assert higher >= lower


def test_the_strictest_wins_and_none_is_no_finding() -> None:
    assert strictest(Outcome.MONITOR, Outcome.DELIBERATE, Outcome.ADVISE) is Outcome.DELIBERATE
    assert strictest() is Outcome.NO_FINDING
