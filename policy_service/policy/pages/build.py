"""From a pack to the pages of its rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from policy_service.policy.conditions import All, Condition, Not
from policy_service.policy.pack import Pack, Scope
from policy_service.policy.pages.model import (
    Exceptions,
    GivenLine,
    GivenTable,
    OtherRule,
    RulePage,
    Verified,
    Version,
)
from policy_service.policy.pages.phrases import fact_in_words
from policy_service.policy.pages.sentences import condition_in_sentences, period_in_words
from policy_service.policy.pages.ways import condition_as_rows
from policy_service.policy.render import obligation_in_words, outcome_in_words, word_in_words
from policy_service.policy.rule import InForce, Rule, RuleTest
from policy_service.policy.sources import Row

TAGS = {
    "V": "The text, or an official page, was read.",
    "V2": "Seen only through a summary, a partial copy or a garbled copy.",
    "M": "From memory, not verified.",
    "ours": "Policy of this service; no code is claimed.",
}

NOT_ASKED = "not asked"


def rule_page(
    pack: Pack, rule: Rule, rows: Mapping[str, Row], versions: Iterable[Pack] = ()
) -> RulePage:
    """The page of a rule. `versions` are all packs at hand; those of this body tell its history."""
    exceptions = _exceptions(pack, rule)
    condition = _whole(pack, rule, exceptions)
    return RulePage(
        pack=pack,
        rule=rule,
        binds=binds_in_words(pack.scope),
        condition=condition_in_sentences(condition),
        table=condition_as_rows(condition),
        outcome=outcome_in_words(rule.outcome),
        if_unknown=outcome_in_words(rule.if_unknown),
        kind=kind_in_words(rule),
        clock=clock_in_words(rule),
        in_force=in_force_in_words(rule.in_force),
        obligations=tuple(map(obligation_in_words, rule.obligations)),
        exceptions=exceptions,
        verified=_verified(rule, rows),
        tests=_tests(rule.tests),
        history=tuple(_history(pack, rule, versions)),
    )


def binds_in_words(scope: Scope) -> str:
    """ "members of ACA", "holders of LPC or LMFT in US-TX", "every clinician"."""
    if scope.every:
        return "every clinician"
    if scope.membership:
        return f"members of {' or '.join(scope.membership)}"
    held: dict[str, list[str]] = {}
    for one in scope.licences:
        held.setdefault(one.jurisdiction, []).append(one.licence)
    said = (f"{_either(licences)} in {place}" for place, licences in held.items())
    return f"holders of {'; '.join(said)}"


def _either(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def in_force_in_words(in_force: InForce) -> str:
    """Since when and until when the rule binds, as far as that is known."""
    if in_force.first is None and in_force.until is not None:
        return f"until {in_force.until.text}; since when is not known"
    if in_force.first is None:
        seen = f" ({in_force.seen_on.text})" if in_force.seen_on else ""
        return f"seen in force{seen}; since when is not known"
    until = f" until {in_force.until.text}" if in_force.until else ""
    return f"from {in_force.first.text}{until}"


def clock_in_words(rule: Rule) -> str:
    """How long the rule bars, and what begins after; empty without a clock."""
    clock = rule.clock
    if clock is None:
        return ""
    if clock.period is None:
        return "It has no end, however long ago care ended."
    return (
        f"{period_in_words(clock.period)} from the end of care: the latest of last professional "
        f"contact, end of the relationship and termination. Then: {clock.then.value}."
    )


def kind_in_words(rule: Rule) -> str:
    """What a finding of this rule is about."""
    return word_in_words(rule.kind.value) if rule.kind else "as the tie is"


def _exceptions(pack: Pack, rule: Rule) -> Exceptions:
    def named(rules: Iterable[Rule]) -> tuple[OtherRule, ...]:
        return tuple(OtherRule(other.id, other.title) for other in rules)

    return Exceptions(
        named(other for other in pack.rules if rule.id in other.exception_to),
        named(pack.rule(target) for target in rule.exception_to),
    )


def _whole(pack: Pack, rule: Rule, exceptions: Exceptions) -> Condition:
    """Trigger, condition, and the exceptions denied: what the engine reads as one conjunction."""
    own = rule.when.parts if isinstance(rule.when, All) else (rule.when,)
    others = (pack.rule(other.id) for other in exceptions.gives_way_to)
    denied = (Not(All((*other.trigger, other.when))) for other in others)
    return All((*rule.trigger, *own, *denied))


def _verified(rule: Rule, rows: Mapping[str, Row]) -> Verified:
    seen = rule.verification
    return Verified(
        tag=seen.tag,
        meaning=TAGS[seen.tag],
        source=seen.source,
        row=rows.get(seen.source),
        read_on=seen.read_on.text,
        reviewed_by=seen.reviewed_by or "nobody yet",
        to_confirm=rule.to_confirm,
    )


def _tests(tests: Sequence[RuleTest]) -> GivenTable:
    start = _given(tests[0])
    lines = (
        GivenLine(
            changed=_changed(start, _given(test)),
            as_of=test.as_of.isoformat(),
            expect=test.expect,
            could_become=test.could_become,
        )
        for test in tests
    )
    return GivenTable(start, tests[0].as_of.isoformat(), tuple(lines))


def _given(test: RuleTest) -> dict[str, str]:
    return {name: fact_in_words(name, fact) for name, fact in test.given.items()}


def _changed(start: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """What is otherwise than at the start; a fact that is no longer given is not asked."""
    stated = {name: said for name, said in given.items() if start.get(name) != said}
    return stated | {name: NOT_ASKED for name in start if name not in given}


def _history(pack: Pack, rule: Rule, versions: Iterable[Pack]) -> Iterable[Version]:
    """The versions at hand of the same pack that hold the rule, the newest first."""
    packs = {pack.digest: pack} | {other.digest: other for other in versions if other.id == pack.id}
    for other in sorted(packs.values(), key=_number, reverse=True):
        for held in other.rules:
            if held.id == rule.id:
                force, same = in_force_in_words(held.in_force), _said(held) == _said(rule)
                yield Version(other.version, other.edition, other.digest, force, same)


def _number(pack: Pack) -> tuple[tuple[int, ...], str]:
    return tuple(map(int, pack.version.split("."))), pack.digest


_PLACES = frozenset({"compiled", "file", "line", "tests"})


def _said(rule: Rule) -> tuple[Any, ...]:
    """What the rule says: all of it but where it stands in the files and how it was compiled."""
    tests = tuple(replace(test, file="", line=0) for test in rule.tests)
    own = (getattr(rule, each.name) for each in fields(rule) if each.name not in _PLACES)
    return (*own, tests)
