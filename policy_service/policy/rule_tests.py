"""Running what packs say about themselves: each rule's tests, and the cases of whole packs.

A rule must bring a test in which it fires and one in which it does not. A rule that counts from
the end of care must be tested on the day before, the day itself and the day after, and with care
that ended on 29 February.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from policy_service.domain.decisions import Decision, RuleReading, Truth, decide
from policy_service.policy.clocks import Span, care_ended, day_span
from policy_service.policy.conditions import AS_OF, AfterCare, Day
from policy_service.policy.engine import Judgement, evaluate, judge_alone
from policy_service.policy.faults import PackFault
from policy_service.policy.pack import Case, Pack, PackSet
from policy_service.policy.plan import Step
from policy_service.policy.rule import Rule, RuleTest


def run_rule_tests(pack: Pack, rule: Rule) -> None:
    """Run the tests of one rule; PackFault at the test that fails, or at a rule tested too little.

    Rules that are no longer read keep their tests but are not run.
    """
    if not rule.status.is_read:
        return
    step = Step(pack, rule, 0, None)
    truths = {_run(step, test).truth for test in rule.tests}
    for truth, name in ((Truth.TRUE, "a firing test"), (Truth.FALSE, "a near miss")):
        if truth not in truths:
            raise PackFault(rule.file, rule.line, f"rule {rule.id!r} lacks {name}")
    for atom in rule.compiled.atoms():
        if isinstance(atom, Day) and isinstance(atom.right, AfterCare):
            _check_boundary(rule, atom, atom.right)


def is_met(pack: Pack, rule: Rule, test: RuleTest) -> bool:
    """Whether the rule alone does what the test expects."""
    try:
        _run(Step(pack, rule, 0, None), test)
    except PackFault:
        return False
    return True


def _run(step: Step, test: RuleTest) -> Judgement:
    found = judge_alone(step, test.given, test.as_of)
    if found.outcome is not test.expect:
        raise _unexpected(step.rule, test, f"expect {test.expect}, got {found.outcome}")
    if test.could_become is not None and found.could_become is not test.could_become:
        got = f"could_become {test.could_become}, got {found.could_become}"
        raise _unexpected(step.rule, test, got)
    return found


def _unexpected(rule: Rule, test: RuleTest, message: str) -> PackFault:
    place = rule.tests.index(test)
    return PackFault(test.file, test.line, f"rule {rule.id!r}, test {place}: {message}")


def _check_boundary(rule: Rule, atom: Day, right: AfterCare) -> None:
    tested = list(_boundaries(rule, atom, right))
    offsets = {(day - clears).days for day, clears, _ in tested}
    for offset, name in ((-1, "the day before"), (0, "the day"), (1, "the day after")):
        if offset not in offsets:
            place = f"{name} {right.plus.text} after care ended"
            raise PackFault(rule.file, rule.line, f"rule {rule.id!r} lacks a test on {place}")
    if not any((ended.month, ended.day) == (2, 29) for _, _, ended in tested):
        raise PackFault(rule.file, rule.line, f"rule {rule.id!r} lacks a test of a leap day")


def _boundaries(rule: Rule, atom: Day, right: AfterCare) -> Iterator[tuple[date, date, date]]:
    """(day compared, first free day, end of care) of each test in which all three are known."""
    for test in rule.tests:
        ended = care_ended(test.given)
        left = _left(atom, test)
        if ended and ended.is_day and left and left.is_day:
            yield left.first, right.plus.after(ended.first), ended.first


def _left(atom: Day, test: RuleTest) -> Span | None:
    if atom.left == AS_OF:
        return Span(test.as_of, test.as_of)
    return day_span(test.given.get(atom.left))


def run_cases(packs: PackSet) -> None:
    """Run the cases of every pack; PackFault at the first that comes out otherwise."""
    for pack in packs:
        run_cases_of(pack, packs)


def run_cases_of(pack: Pack, packs: PackSet) -> None:
    """Run the cases of one pack among the packs it would stand with."""
    for case in pack.cases:
        _check_case(case, packs)


def decide_case(case: Case, packs: Sequence[Pack]) -> Decision:
    """The decision of the packs on the situation of a case."""
    return decide(evaluate(packs, case.facts()), ())


def meets(case: Case, readings: Sequence[RuleReading]) -> bool:
    """Whether these readings of its facts come out as a case expects."""
    compared = _compared(case, decide(readings, ()))
    return all(expected is None or expected == got for _, expected, got in compared)


def _check_case(case: Case, packs: PackSet) -> None:
    try:
        chosen = [packs.by_id(pack_id) for pack_id in case.packs]
    except KeyError as error:
        raise PackFault(case.file, case.line, f"case {case.name!r}: no pack {error}") from error
    decision = decide_case(case, chosen)
    for what, expected, got in _compared(case, decision):
        if expected is not None and expected != got:
            message = f"case {case.name!r}: {what}: expect {expected}, got {got}"
            raise PackFault(case.file, case.line, message)


def _compared(case: Case, decision: Decision) -> Iterator[tuple[str, object, object]]:
    expect = case.expect
    yield "outcome", expect.outcome.value, decision.outcome.value
    yield "could_become", expect.could_become, decision.could_become
    yield "complete", expect.complete, decision.complete
    found = {finding.reading.facets.rule for finding in decision.findings}
    yield "findings", _listed(expect.findings), sorted(found)
    drafts = {reading.facets.rule for reading in decision.unverified}
    yield "unverified", _listed(expect.unverified), sorted(drafts)


def _listed(ids: tuple[str, ...] | None) -> list[str] | None:
    return None if ids is None else sorted(ids)
