"""The packs that ship: complete, cited, tested, and never claiming more than was read."""

from __future__ import annotations

from dataclasses import replace
from importlib import resources

import pytest

from policy_service.domain.decisions import decide
from policy_service.domain.outcomes import Outcome
from policy_service.policy.clocks import Clock, Period
from policy_service.policy.engine import judge_alone, read_alone
from policy_service.policy.faults import PackFault
from policy_service.policy.pack import Layer, PackSet
from policy_service.policy.plan import Step
from policy_service.policy.registry import load_shipped_packs
from policy_service.policy.rule import Rule
from policy_service.policy.rule_tests import run_cases
from policy_service.policy.sources import check_against_sources, read_sources

PACKS = load_shipped_packs()
FOLDER = resources.files("policy_service.policy").joinpath("packs")
ROWS = read_sources(FOLDER.joinpath("sources.yaml").read_text(encoding="utf-8"))
RULES = [(pack, rule) for pack in PACKS for rule in pack.rules]


def test_the_packs_ship() -> None:
    assert [pack.id for pack in PACKS] == [
        "aamft-2015",
        "aca-2014",
        "amhca",
        "apa-2016",
        "apa-social-media-2021",
        "asppb-2020",
        "baseline",
        "crcc-2023",
        "nasw",
        "nbcc-2023",
        "psychiatry",
        "us-ca-bbs",
        "us-ca-psychotherapists",
        "us-co",
        "us-fl-491",
        "us-fl-psychology",
        "us-la-social-work",
        "us-md-counselors",
        "us-mn",
        "us-nc-social-work",
        "us-nh",
        "us-oh-cswmft",
        "us-or-psychology",
        "us-tx-lmft",
        "us-tx-lpc",
        "us-wa-psychology",
    ]


def test_a_rule_judged_alone_is_what_its_reading_leads_to() -> None:
    """Rule tests judge; a decision reads. Both must find the same of every test there is."""
    for pack, rule in RULES:
        step = Step(pack, rule, 0, None)
        for test in rule.tests:
            reading = read_alone(pack, rule, test.given, test.as_of)
            decision = decide([reading], ())
            expected = (reading.closed, decision.outcome, decision.could_become)
            assert judge_alone(step, test.given, test.as_of) == expected, rule.id


def test_drafts_are_exactly_what_was_not_read_at_its_source() -> None:
    for _, rule in RULES:
        assert rule.is_draft == (rule.verification.tag in ("V2", "M")), rule.id


def test_every_prohibition_says_what_to_do_next() -> None:
    for _, rule in RULES:
        assert rule.outcome is not Outcome.PROHIBIT or rule.obligations, rule.id


def test_after_a_clock_something_begins() -> None:
    for _, rule in RULES:
        assert rule.clock is None or rule.clock.then > Outcome.MONITOR, rule.id


def _lpc_rule(name: str) -> Rule:
    return PACKS.by_id("us-tx-lpc").rule(name)


TWO_YEARS = "us-tx-lpc.681-38d.tie-within-two-years"
GIFTS = "us-tx-lpc.681-38d.gifts-over-fifty-dollars"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            replace(
                _lpc_rule(TWO_YEARS),
                clock=Clock("care_ended", Period("3 years"), Outcome.DELIBERATE),
            ),
            "period 3 years is not in its row",
        ),
        (
            replace(
                _lpc_rule(TWO_YEARS), citations=_lpc_rule("us-tx-lpc.681-42.during-care").citations
            ),
            "must cite",
        ),
        (
            replace(
                _lpc_rule(TWO_YEARS),
                verification=replace(_lpc_rule(TWO_YEARS).verification, tag="V2"),
            ),
            "tag V2 is not that of the row",
        ),
        (
            replace(
                _lpc_rule(GIFTS),
                verification=replace(_lpc_rule(GIFTS).verification, source="tx.999"),
            ),
            "unknown source row",
        ),
    ],
)
def test_a_rule_that_claims_more_than_its_row_is_refused(changed: Rule, message: str) -> None:
    pack = replace(PACKS.by_id("us-tx-lpc"), rules=(changed,))
    with pytest.raises(PackFault, match=message):
        check_against_sources(pack, ROWS)


def test_a_prohibition_that_is_never_waivable_may_not_be_made_waivable() -> None:
    pack = PACKS.by_id("us-tx-lmft")
    loosened = replace(pack.rules[0], waivable=True)
    with pytest.raises(PackFault, match="waivable is not as its row"):
        check_against_sources(replace(pack, rules=(loosened,)), ROWS)


def test_a_row_cannot_be_made_graver() -> None:
    pack = PACKS.by_id("aca-2014")
    graver = replace(pack.rule("aca.a6a.earlier-or-distant-tie"), outcome=Outcome.PROHIBIT)
    with pytest.raises(PackFault, match="graver than its row"):
        check_against_sources(replace(pack, rules=(graver,)), ROWS)


def test_a_case_that_comes_out_otherwise_is_refused() -> None:
    pack = PACKS.by_id("us-tx-lpc")
    kept = tuple(rule for rule in pack.rules if rule.id != TWO_YEARS)
    others = [other for other in PACKS if other.id != pack.id]
    with pytest.raises(PackFault, match="friendship with a former client after one year"):
        run_cases(PackSet((*others, replace(pack, rules=kept))))


def test_packs_are_found_by_digest_for_replay() -> None:
    digests = [pack.digest for pack in PACKS]
    assert PACKS.by_digests(digests) == PACKS.packs
    with pytest.raises(KeyError):
        PACKS.by_digest("0" * 64)


def test_every_pack_explains_itself() -> None:
    for entry in FOLDER.iterdir():
        if entry.is_dir():
            text = entry.joinpath("README.md").read_text(encoding="utf-8")
            for heading in ("## Rationale", "## Not encoded", "## For the reviewer"):
                assert heading in text, entry.name


def test_only_the_baseline_binds_everyone() -> None:
    assert [pack.id for pack in PACKS if pack.scope.every] == ["baseline"]
    assert PACKS.by_id("baseline").layer is Layer.BASELINE
