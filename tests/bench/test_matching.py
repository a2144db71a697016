"""The figures of recognition: how they are computed, and a small run over invented households."""

from __future__ import annotations

import pytest

from bench.figures import Scored, best_f1, recall_at_precision
from bench.households import generate
from bench.kin_figures import figures, run
from bench.linkage import LinkageSet, fake_1000
from policy_service.matching import Hypothesis

PAIRS = [Scored(9, True), Scored(8, True), Scored(7, False), Scored(6, True), Scored(6, False)]


def test_recall_is_read_at_the_deepest_threshold_that_keeps_the_precision() -> None:
    assert recall_at_precision(PAIRS, 4, 0.95) == 0.5
    assert recall_at_precision(PAIRS, 4, 0.6) == 0.75  # both pairs at 6 come together
    assert recall_at_precision([], 4, 0.5) == 0


def test_f1_counts_pairs_that_never_became_candidates() -> None:
    assert best_f1(PAIRS[:2], 2) == 1
    assert best_f1(PAIRS[:2], 4) == pytest.approx(2 / 3)


def test_the_generator_makes_the_same_people_of_one_seed() -> None:
    assert generate(5, 3, 10) == generate(5, 3, 10)
    assert generate(5, 3, 10) != generate(6, 3, 10)


def test_the_truth_of_fake_1000_has_2031_pairs() -> None:
    data: LinkageSet = fake_1000()
    assert (len(data.left), len(data.true_pairs)) == (1000, 2031)


def test_a_small_run_finds_kin_and_never_takes_a_dated_twin_for_one_person() -> None:
    done = run(7, per_kind=12, strangers=150)
    found = figures(done)
    assert found["any-relation candidate recall"] > 0.7
    assert found["label right, given a flag"] > 0.6
    kinds = {pair: truth.kind for pair, truth in done.truth.items()}
    twins = [
        said
        for pair, said in done.said.items()
        if kinds.get(pair) == "twin" and any(row.field == "birth_date" for row in said.evidence)
    ]
    assert twins
    assert all(said.hypothesis is not Hypothesis.SELF for said in twins)
