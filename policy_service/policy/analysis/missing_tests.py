"""Tests a rule lacks: one that fires, one that misses, one on each side of each threshold, and one
in which something it asks is unknown.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import date

from policy_service.domain.decisions import Truth
from policy_service.domain.facts import Known
from policy_service.policy.analysis.cells import first_of
from policy_service.policy.analysis.items import Gravity, Item, Topic
from policy_service.policy.clocks import Span, day_span
from policy_service.policy.conditions import AS_OF, AfterCare, Day, Number, When
from policy_service.policy.engine import read_alone
from policy_service.policy.pack import Pack
from policy_service.policy.rule import Rule, RuleTest


def missing_tests(pack: Pack) -> Iterator[Item]:
    """What the tests of a pack leave out, rule by rule; only rules that are read.

    That nothing unknown is tested is a note: the mutants of `if_unknown` say whether it matters.
    """
    for rule in pack.rules:
        if rule.status.is_read:
            seen = {read_alone(pack, rule, test.given, test.as_of).closed for test in rule.tests}
            for sentence in (*_truths(seen), *_sides(rule)):
                item = Item.of_rule(Topic.MISSING_TEST, pack, rule, f"lacks {sentence}")
                yield replace(item, gravity=Gravity.FAULT)
            if Truth.UNKNOWN not in seen:
                sentence = "lacks a test in which something it asks is unknown"
                yield Item.of_rule(Topic.MISSING_TEST, pack, rule, sentence)


def _truths(seen: Collection[Truth]) -> Iterator[str]:
    if Truth.TRUE not in seen:
        yield "a test in which it fires"
    if Truth.FALSE not in seen:
        yield "a test in which it does not fire"


def _sides(rule: Rule) -> Iterator[str]:
    """The loader sees to periods after care; here are limits and other days."""
    for atom in rule.compiled.atoms():
        if isinstance(atom, Number):
            yield from _sides_of_number(rule, atom)
        elif isinstance(atom, Day) and not isinstance(atom.right, AfterCare):
            yield from _sides_of_day(rule, atom)


def _sides_of_number(rule: Rule, atom: Number) -> Iterator[str]:
    first = first_of(atom)
    for value in (first - 1, first):
        if not any(test.given.get(atom.fact) == Known(value) for test in rule.tests):
            yield f"a test with {atom.fact} {value}"


def _sides_of_day(rule: Rule, atom: Day) -> Iterator[str]:
    wanted = (0, 1) if atom.when is When.AFTER else (-1, 0)
    tested = {offset for test in rule.tests for offset in _offsets(atom, test)}
    for offset in wanted:
        if offset not in tested:
            yield f"a test with {atom.left} {_PLACES[offset]} {_said(atom)}"


_PLACES = {-1: "on the day before", 0: "on", 1: "on the day after"}


def _offsets(atom: Day, test: RuleTest) -> Iterator[int]:
    """How many days the left side is past the right, if it is one day."""
    left = (
        Span(test.as_of, test.as_of) if atom.left == AS_OF else day_span(test.given.get(atom.left))
    )
    right = test.as_of if atom.right is None else atom.right
    if left and left.is_day and isinstance(right, date):
        yield (left.first - right).days


def _said(atom: Day) -> str:
    return "the as-of date" if atom.right is None else str(atom.right)
