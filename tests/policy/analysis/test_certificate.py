"""Certificates: each way to loosen a rule is refuted with an example, tightening is proved."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

from policy_service.domain.dates import PartialDate
from policy_service.domain.outcomes import Outcome
from policy_service.policy.analysis import Certificate, Query, Result, prove_no_loosening
from policy_service.policy.analysis import comparison as comparison_module
from policy_service.policy.analysis.diagram import TooLarge
from policy_service.policy.analysis.mutation import full_rule
from policy_service.policy.canonical import canonical_json
from policy_service.policy.clocks import Period
from policy_service.policy.conditions import AS_OF, AfterCare, All, Day, Some, When, Words
from policy_service.policy.pack import Pack
from policy_service.policy.registry import load_shipped_packs
from policy_service.policy.rule import InForce, Rule, Status

from ..example_pack import example_pack
from .random_packs import mutated, random_pack

CONTACT, GIFT, FRIEND = (
    "example.former-client.two-years",
    "example.event.gift",
    "example.tie.friend",
)


@pytest.fixture
def pack(tmp_path: Path) -> Pack:
    return example_pack(tmp_path)


def changed(pack: Pack, rule_id: str, **fields: object) -> Pack:
    rule = replace(pack.rule(rule_id), **fields)
    return with_rule(pack, rule)


def with_rule(pack: Pack, rule: Rule) -> Pack:
    rules = [rule if other.id == rule.id else other for other in pack.rules]
    return replace(pack, rules=tuple(full_rule(other, rules).rule for other in rules))


def answers(certificate: Certificate) -> tuple[Result, Result]:
    prohibit, everything = (certificate.claim(query).result for query in Query)
    return prohibit, everything


HOLDS, REFUTED, BOUNDS = Result.HOLDS, Result.REFUTED, Result.BOUNDS


def test_a_pack_loosens_nothing_of_itself(pack: Pack) -> None:
    certificate = prove_no_loosening(pack, pack)
    assert answers(certificate) == (HOLDS, HOLDS)
    assert certificate.known.changed == 0


LOOSER_PROHIBITIONS: dict[str, dict[str, object]] = {
    "a lower outcome": {"outcome": Outcome.DELIBERATE, "if_unknown": Outcome.DELIBERATE},
    "made a draft": {"status": Status.DRAFT},
    "struck down": {"status": Status.STRUCK_DOWN},
    "superseded": {"status": Status.SUPERSEDED},
    "bound from later": {"in_force": InForce(PartialDate("2025-01-01"), None, None)},
    "bound until": {"in_force": InForce(PartialDate("2017"), PartialDate("2030"), None)},
}


@pytest.mark.parametrize("how", sorted(LOOSER_PROHIBITIONS))
def test_each_way_to_loosen_a_prohibition_is_refuted(pack: Pack, how: str) -> None:
    looser = changed(pack, CONTACT, **LOOSER_PROHIBITIONS[how])
    certificate = prove_no_loosening(pack, looser)
    assert answers(certificate) == (REFUTED, REFUTED)
    assert certificate.result is REFUTED
    counterexample = certificate.claims[0].counterexample
    assert counterexample is not None
    assert counterexample.confirmed
    assert answers(prove_no_loosening(looser, pack)) == (HOLDS, HOLDS), "the way back tightens"


def test_a_removed_prohibition_is_refuted(pack: Pack) -> None:
    rest = replace(pack, rules=tuple(rule for rule in pack.rules if rule.id != CONTACT))
    assert answers(prove_no_loosening(pack, rest)) == (REFUTED, REFUTED)


def test_a_prohibition_that_may_now_be_lifted_is_loosened(pack: Pack) -> None:
    firm = changed(pack, CONTACT, waivable=False)
    assert answers(prove_no_loosening(firm, pack)) == (REFUTED, REFUTED)
    assert answers(prove_no_loosening(pack, firm)) == (HOLDS, HOLDS)


def test_a_lower_if_unknown_is_a_loosening_that_only_unknowns_show(pack: Pack) -> None:
    lower = changed(pack, CONTACT, if_unknown=Outcome.ADVISE)
    certificate = prove_no_loosening(pack, lower)
    assert answers(certificate) == (HOLDS, REFUTED)
    found = certificate.claim(Query.NOTHING_LOOSENED).counterexample
    assert found is not None
    assert (found.old.word, found.new.word) == ("deliberate", "advise")


def test_a_looser_deliberation_loosens_no_prohibition(pack: Pack) -> None:
    lower = changed(pack, FRIEND, outcome=Outcome.MONITOR, if_unknown=Outcome.ADVISE)
    assert answers(prove_no_loosening(pack, lower)) == (HOLDS, REFUTED)


def test_another_wording_of_the_same_condition_holds(pack: Pack) -> None:
    apart = Some((Words("tie", ("friend",)), Words("tie", ("relative",))))
    assert answers(prove_no_loosening(pack, changed(pack, FRIEND, when=apart))) == (HOLDS, HOLDS)


def test_an_exception_loosens_what_it_excepts(pack: Pack) -> None:
    exception = replace(
        pack.rule(FRIEND),
        id="example.exception",
        when=Words("tie_state", ("ended",)),
        outcome=Outcome.ADVISE,
        if_unknown=Outcome.ADVISE,
        exception_to=(FRIEND,),
    )
    rules = (*pack.rules, exception)
    excepted = replace(pack, rules=tuple(full_rule(rule, rules).rule for rule in rules))
    assert answers(prove_no_loosening(pack, excepted)) == (HOLDS, REFUTED)


def test_a_rule_moved_behind_a_stricter_one_is_no_loosening(pack: Pack) -> None:
    """What a common rule hides is not counted as a change."""
    strict = replace(
        pack.rule(FRIEND), id="example.tie.every", when=Words("loan_recorded", ("no", "yes"))
    )
    both = replace(pack, rules=(*pack.rules, full_rule(strict, (strict,)).rule))
    without = replace(both, rules=tuple(rule for rule in both.rules if rule.id != GIFT))
    known = prove_no_loosening(both, without).known
    assert known.changed == 0


def _coupled(pack: Pack, limit: str) -> Pack:
    """The end of care compared with two others: its unknowns cannot be told apart by cells."""
    two_years = AfterCare(Period("2 years"))
    when = All(
        (
            Day("intimacy_after_care_began_on", When.BEFORE, two_years),
            Day(AS_OF, When.BEFORE, AfterCare(Period(limit))),
        )
    )
    return changed(pack, CONTACT, when=when)


def test_a_rule_whose_unknowns_are_only_bounded_says_so(pack: Pack) -> None:
    certificate = prove_no_loosening(_coupled(pack, "3 years"), _coupled(pack, "4 years"))
    assert answers(certificate) == (BOUNDS, BOUNDS)
    assert certificate.with_unknowns is not None
    assert not certificate.with_unknowns.exact


def test_a_bounded_rule_that_does_not_change_is_no_obstacle(pack: Pack) -> None:
    old = _coupled(pack, "3 years")
    tighter = changed(old, GIFT, outcome=Outcome.DELIBERATE)
    assert answers(prove_no_loosening(old, tighter)) == (HOLDS, HOLDS)


def test_too_many_combinations_leave_bounds(pack: Pack, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = comparison_module.change_between

    def too_large(old: Pack, new: Pack, unknowns: bool) -> object:
        if unknowns:
            raise TooLarge("as if")
        return whole(old, new, unknowns)

    monkeypatch.setattr(comparison_module, "change_between", too_large)
    certificate = prove_no_loosening(pack, pack)
    assert answers(certificate) == (BOUNDS, BOUNDS)
    assert certificate.to_json()["combinations_with_unknowns"] is None


@pytest.mark.parametrize("seed", range(12))
def test_random_refutations_are_confirmed_and_proofs_count_nothing_loosened(seed: int) -> None:
    rng = random.Random(seed)
    old = random_pack(rng, 4)
    certificate = prove_no_loosening(old, mutated(rng, old))
    claim = certificate.claim(Query.NOTHING_LOOSENED)
    if claim.result is HOLDS:
        assert certificate.known.loosened == 0
    if claim.result is REFUTED:
        assert claim.counterexample is not None
        assert claim.counterexample.new < claim.counterexample.old


def test_shipped_packs_loosen_nothing_of_themselves() -> None:
    for pack in load_shipped_packs():
        assert answers(prove_no_loosening(pack, pack)) == (HOLDS, HOLDS)


def test_a_certificate_names_both_digests_and_its_decider(pack: Pack) -> None:
    body = prove_no_loosening(pack, changed(pack, FRIEND, outcome=Outcome.ADVISE)).to_json()
    assert body["old"]["digest"] == pack.digest
    assert (body["decider"], body["decider_version"]) == ("decision diagram", 1)
    assert canonical_json(body)
