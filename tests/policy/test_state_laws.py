"""State law: the rows of the table, transcribed a second time, and what the packs make of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from importlib import resources

import pytest
from hypothesis import given, settings

from policy_service.domain.dates import PartialDate
from policy_service.domain.decisions import Decision, decide
from policy_service.domain.facts import Fact, Facts, Known, On, Unknown, Why
from policy_service.domain.outcomes import Outcome
from policy_service.policy.case_form import attested_stranger
from policy_service.policy.engine import evaluate
from policy_service.policy.faults import PackFault
from policy_service.policy.obligations import OBLIGATIONS
from policy_service.policy.pack import Layer, Pack
from policy_service.policy.pages.build import in_force_in_words
from policy_service.policy.registry import load_shipped_packs
from policy_service.policy.rule import Rule, Status
from policy_service.policy.selection import profession_of
from policy_service.policy.sources import Row, check_against_sources, read_sources
from tests.sizes import examples

from .strategies import known_records

PACKS = load_shipped_packs()
FOLDER = resources.files("policy_service.policy").joinpath("packs")
ROWS = read_sources(FOLDER.joinpath("sources.yaml").read_text(encoding="utf-8"))
LAW = [(pack, rule) for pack in PACKS if pack.layer is Layer.LAW for rule in pack.rules]

TABLE = {
    "tx.681-42": ("681.42", "V", "P! D", "5 years"),
    "tx.801-45b1": ("801.45(b)(1)", "V", "P!", "none never"),
    "tx.681-38d": ("681.38(d)", "V", "P! P D", "2 years 5 years never"),
    "oh.5-03": ("4757-5-03", "V", "D", "none"),
    "oh.5-04": ("4757-5-04", "V", "P! D", "5 years"),
    "fl.10-003": ("64B4-10.003", "V", "P! D", "2 years"),
    "fl.16-003": ("64B19-16.003", "V", "P", "none"),
    "fl.16-003-perpetuity": ("64B19-16.003", "V", "P", "never"),
    "fl.16-003-4-5": ("64B19-16.003(4)-(5)", "M", "P", "none"),
    "ca.4982k": ("4982(k), 4989.54(n)", "V", "P!", "2 years"),
    "ca.729": ("729, 4982.26", "V2", "P!", "none"),
    "ca.728": ("728", "V", "duty", "now"),
    "mn.604-20": ("604.20-.202", "V", "P D duty", "2 years"),
    "nh.330-a-37": ("330-A:37", "V", "duty", "now"),
    "co.245-216": ("12-245-216", "V", "duty", "none"),
    "co.245-224": ("12-245-224", "M", "not given", "2 years"),
    "co.18-3-405-5": ("18-3-405.5", "V2", "not given", "none"),
    "nc.63-0504": ("63.0504", "V", "P", "none"),
    "la.xxv-113": ("46:XXV.113", "V", "P R", "none"),
    "md.58-03-05": ("10.58.03.05/.06", "V", "D", "none"),
    "wa.924-358": ("246-924-358", "V", "P!", "current"),
    "wa.828-625": ("246-828-625", "V", "P!", "current"),
    "telehealth": ("PSYPACT, Counseling Compact", "V2", "pack select", "none"),
}
"""Row: section, tags, severities, periods; written from the table, not from sources.yaml."""


@pytest.mark.parametrize("row_id", list(TABLE))
def test_a_row_says_what_the_table_says(row_id: str) -> None:
    row = ROWS[row_id]
    found = (row.section, " ".join(row.tags), " ".join(row.severities), " ".join(row.periods))
    assert found == TABLE[row_id]


def _readmes() -> str:
    texts = [FOLDER.joinpath("README.md")]
    texts += [entry.joinpath("README.md") for entry in FOLDER.iterdir() if entry.is_dir()]
    return "\n".join(text.read_text(encoding="utf-8") for text in texts)


def _forgotten(rows: Mapping[str, Row], packs: Iterable[Pack], readmes: str) -> set[str]:
    """Rows that no rule cites and no README names as not encoded."""
    used = {rule.verification.source for pack in packs for rule in pack.rules}
    return {row_id for row_id in rows if row_id not in used and f"`{row_id}`" not in readmes}


def test_every_row_is_used_or_named_as_not_encoded() -> None:
    assert _forgotten(ROWS, PACKS, _readmes()) == set()


def test_a_row_that_nobody_uses_or_names_is_noticed() -> None:
    """Negative control: without a pack, or without the README, its rows are forgotten."""
    without = [pack for pack in PACKS if pack.id != "us-mn"]
    assert _forgotten(ROWS, without, _readmes()) == {"mn.604-20"}
    assert "telehealth" in _forgotten(ROWS, PACKS, "")


def test_no_law_prohibits_for_good_what_its_row_lets_two_people_lift() -> None:
    for _, rule in LAW:
        severities = ROWS[rule.verification.source].severities
        if rule.outcome is Outcome.PROHIBIT:
            assert ("P" if rule.waivable else "P!") in severities, rule.id


def test_a_row_with_a_period_has_a_rule_that_counts_it() -> None:
    counted = {
        (rule.verification.source, rule.clock.period.text)
        for _, rule in LAW
        if rule.clock and rule.clock.period
    }
    for row_id in TABLE:
        for period in ROWS[row_id].periods:
            assert not period.endswith("years") or (row_id, period) in counted, row_id


DUTIES = {
    "hand_over_brochure": {"us-ca-psychotherapists.728.hand-over-brochure"},
    "tell_of_right_to_report": {"us-nh.330-a-37.tell-and-support"},
    "give_first_contact_notice": {"us-co.245-216.first-contact-notice"},
    "reassess": {"us-oh-cswmft.5-03.conflict", "us-oh-cswmft.5-03.agency-client"},
    "act_on_knowledge": {rule.id for pack, rule in LAW if pack.id == "us-mn"},
}


@pytest.mark.parametrize("code", list(DUTIES))
def test_a_duty_is_asked_for_by_the_rules_of_its_row(code: str) -> None:
    assert code in OBLIGATIONS
    assert DUTIES[code] == {rule.id for _, rule in LAW if code in rule.obligations}


def test_a_row_of_severity_duty_is_watched_never_forbidden() -> None:
    for _, rule in LAW:
        if ROWS[rule.verification.source].severities == ("duty",):
            assert rule.outcome is Outcome.MONITOR, rule.id
            assert set(rule.obligations) & DUTIES.keys(), rule.id


DEPENDENCE = "dependence_or_deception"
MINNESOTA = (PACKS.by_id("us-mn"),)


def _decided(facts: Facts, dependence: Fact) -> Decision:
    base = {**facts.base, DEPENDENCE: dependence}
    return decide(evaluate(MINNESOTA, replace(facts, base=base)), ())


@settings(max_examples=examples(300), deadline=None)
@given(known_records())
def test_dependence_is_asked_for_exactly_where_it_decides(facts: Facts) -> None:
    """Nobody can state it in most checks, so it must never be noise there."""
    unsaid = _decided(facts, Unknown(Why.NOT_ASKED))
    is_asked = DEPENDENCE in {ask.fact for ask in unsaid.ask}
    said = [_decided(facts, Known(word)).findings for word in ("no", "yes")]
    assert is_asked == (said[0] != said[1])


def test_dependence_is_asked_for_after_contact_within_two_years() -> None:
    """The law above is not empty."""
    day = On(PartialDate("2025-06-01"))
    base = attested_stranger() | {
        "client_status": Known("former"),
        "service": Known("ended"),
        "last_professional_contact_on": day,
        "intimacy_after_care": Known("yes"),
        "intimacy_after_care_began_on": day,
    }
    asked = _decided(Facts(date(2026, 6, 15), base), Unknown(Why.NOT_ASKED)).ask
    assert [ask.fact for ask in asked] == [DEPENDENCE]


def _rule(pack: str, name: str) -> Rule:
    return PACKS.by_id(pack).rule(f"{pack}.{name}")


PERPETUITY = _rule("us-fl-psychology", "16-003.perpetuity")


def test_the_clause_that_was_struck_down_names_its_authority_and_is_never_read() -> None:
    assert PERPETUITY.status is Status.STRUCK_DOWN
    assert PERPETUITY.authority == "Caddy, 764 So.2d 625 (2000)"
    assert not PERPETUITY.status.is_read
    assert in_force_in_words(PERPETUITY.in_force) == "until 2000; since when is not known"


@pytest.mark.parametrize(
    ("pack_id", "changed", "message"),
    [
        (
            "us-fl-psychology",
            replace(PERPETUITY, status=Status.IN_FORCE, authority=None),
            "status in_force is not its row's",
        ),
        ("us-fl-psychology", replace(PERPETUITY, authority="hearsay"), "authority is not that"),
        (
            "us-fl-psychology",
            replace(
                _rule("us-fl-psychology", "16-003.former-client-contact"),
                status=Status.STRUCK_DOWN,
                authority="Caddy, 764 So.2d 625 (2000)",
            ),
            "status struck_down is not its row's",
        ),
        (
            "us-nh",
            replace(_rule("us-nh", "330-a-37.tell-and-support"), outcome=Outcome.DELIBERATE),
            "graver than its row",
        ),
        (
            "us-co",
            replace(_rule("us-co", "245-224.tie-within-2-years"), outcome=Outcome.PROHIBIT),
            "graver than its row",
        ),
        (
            "us-mn",
            replace(_rule("us-mn", "604-20.recorded-during-care"), waivable=False),
            "waivable is not as its row",
        ),
    ],
    ids=["revived", "no-authority", "buried", "duty", "severity-not-given", "waivable"],
)
def test_a_law_that_claims_more_than_its_row_is_refused(
    pack_id: str, changed: Rule, message: str
) -> None:
    pack = replace(PACKS.by_id(pack_id), rules=(changed,))
    with pytest.raises(PackFault, match=message):
        check_against_sources(pack, ROWS)


def test_every_licence_of_a_pack_belongs_to_a_profession_of_that_pack() -> None:
    for pack in PACKS:
        for scope in pack.scope.licences:
            assert profession_of(scope.licence) in pack.professions, (pack.id, scope.licence)
