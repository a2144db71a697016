"""The tests that packs bring notice nearly every slip of the pen in their rules."""

from __future__ import annotations

from dataclasses import replace

import pytest

from policy_service.policy.analysis.mutation import mutation_score
from policy_service.policy.registry import load_shipped_packs

PACKS = load_shipped_packs()
LEAST = 9_500
"""Basis points of the mutants that are not equivalent."""


@pytest.mark.parametrize("pack_id", [pack.id for pack in PACKS])
def test_a_slip_of_the_pen_is_noticed(pack_id: str) -> None:
    report = mutation_score(PACKS.by_id(pack_id), PACKS.packs)
    assert report.score_basis_points >= LEAST, report.survivors


def test_a_pack_with_few_tests_is_told_apart() -> None:
    """The control: with two tests a rule, many slips pass."""
    pack = PACKS.by_id("psychiatry")
    few = tuple(replace(rule, tests=rule.tests[:2]) for rule in pack.rules)
    assert mutation_score(replace(pack, rules=few, cases=())).score_basis_points < LEAST
