"""A practice's own pack can only tighten: whatever it says, nothing becomes laxer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings

from policy_service.domain.decisions import Decision, NotConsulted, RuleReading, decide
from policy_service.domain.facts import Facts
from policy_service.policy.engine import evaluate
from policy_service.policy.faults import PackFault
from policy_service.policy.loader import load_pack
from policy_service.policy.pack import Pack, PackSet
from policy_service.policy.registry import load_shipped_packs
from policy_service.policy.selection import Binding, LicenceHeld, Selection, select
from tests.sizes import examples

from .example_pack import HEADER, RULES, write_pack
from .random_packs import random_packs
from .strategies import records_and_what_is_known

PACKS = load_shipped_packs()
TEXAS = Binding((LicenceHeld("US-TX", "LPC"),), ("ACA", "AAPC"), "US-NY")
OWN = (
    HEADER.replace("pack: example", "pack: our-practice")
    .replace("layer: profession", "layer: practice")
    .replace("{membership: [EXAMPLE]}", "{every: true}")
)


def answer(selection: Selection, facts: Facts) -> Decision:
    facts = selection.applied_to(facts)
    return decide(evaluate(selection.read, facts), selection.not_consulted)


def is_not_laxer(with_: Decision, without: Decision) -> bool:
    """Nothing that was said before is said no more, or said less gravely."""
    return (
        with_.outcome >= without.outcome
        and with_.could_become >= without.could_become
        and _findings(without) <= _findings(with_)
        and _asked(without) <= _asked(with_)
        and set(without.not_consulted) <= set(with_.not_consulted)
        and (without.complete or not with_.complete)
    )


def _findings(decision: Decision) -> set[tuple[str, str, str | None, bool]]:
    found = [(finding.reading, finding.undecided) for finding in decision.findings]
    found += [(reading, False) for reading in decision.unverified]
    return {(r.facets.pack, r.facets.rule, r.tie, undecided) for r, undecided in found}


def _asked(decision: Decision) -> set[tuple[str, str | None]]:
    """A detail of a tie waits while it is asked whether there is one, so it counts with it."""
    return {("tie" if a.fact.startswith("tie_") else a.fact, a.tie) for a in decision.ask}


@pytest.mark.parametrize("binding", [TEXAS, Binding((), (), "US-TX")], ids=["texas", "unlicensed"])
@settings(max_examples=examples(80))
@given(own=random_packs(), pair=records_and_what_is_known())
def test_no_practice_pack_loosens_anything(
    binding: Binding, own: Pack, pair: tuple[Facts, Facts]
) -> None:
    _, known = pair
    without = select(PACKS, binding)
    with_ = select(PackSet((*PACKS, own)), binding)
    assert own in with_.packs
    assert is_not_laxer(answer(with_, known), answer(without, known))


def test_a_merge_that_let_the_last_pack_speak_would_be_caught() -> None:
    """Negative control: with "the practice decides", the property fails."""

    def last_word(readings: Sequence[RuleReading]) -> Decision:
        own = [reading for reading in readings if reading.facets.pack.startswith("random")]
        return decide(own, [NotConsulted("nobody")])

    broken = []

    @settings(max_examples=30, database=None, derandomize=True)
    @given(own=random_packs(), pair=records_and_what_is_known())
    def look(own: Pack, pair: tuple[Facts, Facts]) -> None:
        readings = evaluate((*PACKS, own), pair[1])
        without = decide(evaluate(tuple(PACKS), pair[1]), [NotConsulted("nobody")])
        broken.append(not is_not_laxer(last_word(readings), without))

    look()
    assert any(broken)


def test_a_practice_pack_binds_everyone_there(tmp_path: Path) -> None:
    own = load_pack(write_pack(tmp_path, header=OWN))
    for binding in (Binding(), TEXAS):
        assert own in select(PackSet((*PACKS, own)), binding).packs


def test_a_practice_pack_stands_for_no_body(tmp_path: Path) -> None:
    own = load_pack(write_pack(tmp_path, header=OWN))
    for binding in (Binding(), TEXAS):
        expected = select(PACKS, binding).not_consulted
        assert select(PackSet((*PACKS, own)), binding).not_consulted == expected


def test_a_practice_pack_for_some_licences_only_is_refused(tmp_path: Path) -> None:
    some = OWN.replace("{every: true}", "{licences: [{jurisdiction: US-TX, licence: LPC}]}")
    with pytest.raises(PackFault, match="practice has the scope"):
        load_pack(write_pack(tmp_path, header=some))


@pytest.mark.parametrize(
    "target", ["baseline.ties.friend-or-other", "us-tx-lpc.681-42.during-care", "example.tie.frend"]
)
def test_a_practice_pack_can_except_no_rule_but_its_own(tmp_path: Path, target: str) -> None:
    rules = RULES.replace(
        "    outcome: monitor\n", f"    outcome: monitor\n    exception_to: [{target}]\n"
    )
    with pytest.raises(PackFault, match="unknown rule"):
        load_pack(write_pack(tmp_path, rules, OWN))


def test_a_practice_pack_cannot_take_the_place_of_another(tmp_path: Path) -> None:
    posing = load_pack(write_pack(tmp_path, header=OWN.replace("our-practice", "baseline")))
    with pytest.raises(ValueError, match="share an id"):
        PackSet((*PACKS, posing))
