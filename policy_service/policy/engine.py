"""The engine: packs × facts → readings. Pure; the same arguments give the same readings for ever.

Rules that look at a tie are read on the base (no tie found) and once for each tie; all others once,
on the base. Each rule is read twice: *open*, with everything unknown left unknown, and *closed*,
with gaps (nobody attested) read as what the record says while nobody stated otherwise.
docs/semantics.md gives the meaning in words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from policy_service.domain.decisions import Missing, RuleReading, Truth
from policy_service.domain.facts import Fact, FactGroup, Facts, Known, Why
from policy_service.domain.outcomes import Outcome
from policy_service.domain.vocabulary import VOCABULARY
from policy_service.policy.clocks import CARE_ENDED, care_ended, read_clock, undecided_anchors
from policy_service.policy.conditions import Compiled, Test, World
from policy_service.policy.doubts import Doubts, doubted
from policy_service.policy.fact_check import check_facts
from policy_service.policy.pack import Pack
from policy_service.policy.plan import Plan, Step, plan_of
from policy_service.policy.rule import Rule
from policy_service.policy.rule_index import narrow
from policy_service.policy.supervaluation import DECIDED, Verdict, settle, settle_truth
from policy_service.policy.views import View, event_days, view_of

HOLDS = DECIDED[True]
BROKEN = Verdict(None, frozenset(), exact=False)
"""Stands for a rule that raised; told apart by identity."""
_TRUTHS = {True: Truth.TRUE, False: Truth.FALSE, None: Truth.UNKNOWN}


class Answer(NamedTuple):
    """A decision without its reasons: enough to compare millions of them."""

    outcome: Outcome
    could_become: Outcome
    holds: tuple[str, ...]
    """Ids of the rules that hold, drafts included; each once however many ties it holds for."""


def evaluate(packs: Sequence[Pack], facts: Facts) -> tuple[RuleReading, ...]:
    """Every rule of the packs that is in force or a draft, read on the base and on each tie.

    A rule that is false whatever the unknowns are gives no reading, and nothing in a pack that may
    not bind (`facts.candidates`) holds definitely. Raises FactsFault for facts
    outside the vocabulary; a rule that raises is read as `broken`.
    """
    check_facts(facts)
    heard, doubts = _sweep(plan_of(packs), facts, settle)
    if doubts is None:
        return tuple(map(_reading, heard))
    return tuple(doubts.cast_on(one[0], _reading(one)) for one in heard)


def outcome_of(plan: Plan, facts: Facts) -> Answer:
    """`outcome` and `could_become` of the decision that `evaluate` leads to, and what holds.

    For facts that were checked when they were first decided on: they are not checked again.
    """
    outcome = could_become = Outcome.NO_FINDING
    holds: dict[str, None] = {}
    heard, doubts = _sweep(plan, facts, settle_truth)
    for step, _, opened, closed in heard:
        if opened is closed is HOLDS and doubts is None:
            facets = step.facets(None)
            now, at_worst = facets.adds, facets.outcome
            holds[step.rule.id] = None
        else:
            truths = _truths(opened, closed)
            if doubts is not None and doubts.hang_over(step):
                truths = doubted(truths[0]), doubted(truths[1])
            now, at_worst = step.weigh(*truths)
            if truths[0] is Truth.TRUE:
                holds[step.rule.id] = None
        if now.rank > outcome.rank:
            outcome = now
        if at_worst.rank > could_become.rank:
            could_become = at_worst
    return Answer(outcome, could_become, tuple(holds))


class Judgement(NamedTuple):
    """What one rule makes of a situation: its truth, and what it adds to a decision."""

    truth: Truth
    """With the gaps closed."""
    outcome: Outcome
    could_become: Outcome


def judge_alone(step: Step, facts: Mapping[str, Fact], as_of: date) -> Judgement:
    """The decision that `read_alone` leads to, without its reasons."""
    heard = _settled(step, view_of(None, facts, as_of, care_ended(facts)), settle_truth)
    if heard is None:
        return Judgement(Truth.FALSE, Outcome.NO_FINDING, Outcome.NO_FINDING)
    closed, opened = _truths(*heard[2:])
    return Judgement(closed, *step.weigh(closed, opened))


def read_alone(pack: Pack, rule: Rule, facts: Mapping[str, Fact], as_of: date) -> RuleReading:
    """One rule on one flat set of facts, as its own tests do; its trigger counts as a condition."""
    step = Step(pack, rule, 0, None)
    heard = _settled(step, view_of(None, facts, as_of, care_ended(facts)), settle)
    if heard is None:
        return RuleReading(step.facets(None), None, Truth.FALSE, Truth.FALSE)
    return _reading(heard)


_Heard = tuple[Step, View, Verdict, Verdict]
"""A rule that is not false in a view, and how it settled in the open and the closed world."""
_Settle = Callable[[Compiled, World], Verdict]


def _sweep(plan: Plan, facts: Facts, by: _Settle) -> tuple[list[_Heard], Doubts | None]:
    """Every rule that speaks, in the base view and in that of each tie; and which may not bind."""
    ended = care_ended(facts.base)
    base = view_of(None, facts.base, facts.as_of, ended)
    bound, sometimes = plan.binding(facts.as_of, event_days(base.open))
    left, waiting = plan.index.on_base(base.open.facts, bound)
    untied = narrow(plan.index.ties, base.open.facts, left, waiting)
    heard = _hear(plan, base, untied, by)
    for tie in facts.ties if left & plan.tied else ():
        view = view_of(tie.ref, {**facts.base, **tie.facts}, facts.as_of, ended)
        tied = narrow(plan.index.ties, view.open.facts, left & plan.tied, waiting)
        heard += _hear(plan, view, tied, by)
    doubts = Doubts(facts, sometimes) if sometimes or facts.candidates else None
    return heard, doubts


def _hear(plan: Plan, view: View, rules: tuple[int, int], by: _Settle) -> list[_Heard]:
    """Read the rules that are left. What the index knows of a rule need not be asked again."""
    left, waiting = rules
    steps, world = plan.steps, view.open
    heard: list[_Heard] = []
    if view.closed is not world:
        waiting = left
    while left:
        bit = left & -left
        left ^= bit
        step = steps[bit.bit_length() - 1]
        if waiting & bit:
            one = _settled(step, view, by)
        elif step.rest is None:
            one = (step, view, HOLDS, HOLDS)
        else:
            one = _settled_rest(step, step.rest, view, by)
        if one is not None:
            heard.append(one)
    return heard


def _settled_rest(step: Step, rest: Test, view: View, by: _Settle) -> _Heard | None:
    """A rule of which every indexed conjunct is known to hold, in a world without gaps."""
    try:
        truth = rest(view.open)
    except Exception:
        return step, view, BROKEN, BROKEN
    if truth is True:
        return step, view, HOLDS, HOLDS
    return None if truth is False else _settled(step, view, by)


def _settled(step: Step, view: View, by: _Settle) -> _Heard | None:
    """Design §2, promise 1: whatever goes wrong inside a rule is told, never skipped."""
    try:
        opened = by(step.rule.compiled, view.open)
        if opened.truth is False:
            return None
        if view.closed is view.open:
            return step, view, opened, opened
        return step, view, opened, by(step.rule.compiled, view.closed)
    except Exception:
        return step, view, BROKEN, BROKEN


def _truths(opened: Verdict, closed: Verdict) -> tuple[Truth, Truth]:
    """(closed, open). A rule holds only if it holds with the gaps open as well."""
    if opened is BROKEN:
        return Truth.BROKEN, Truth.BROKEN
    if closed.truth is True and opened.truth is not True:
        return Truth.UNKNOWN, Truth.UNKNOWN
    return _TRUTHS[closed.truth], _TRUTHS[opened.truth]


def _reading(heard: _Heard) -> RuleReading:
    step, view, opened, closed = heard
    rule = step.rule
    if opened is BROKEN:
        return RuleReading(step.facets(None), view.tie, Truth.BROKEN, Truth.BROKEN)
    return RuleReading(
        step.facets(view.closed.facts.get("tie")),
        view.tie,
        *_truths(opened, closed),
        _missing(view, opened, closed) if opened.open or closed.open else (),
        tuple(map(view.used.__getitem__, rule.facts)),
        None if rule.clock is None else read_clock(rule.clock, view.closed.care_ended),
    )


def _missing(view: View, opened: Verdict, closed: Verdict) -> tuple[Missing, ...]:
    names: set[str] = set()
    for name in opened.open | closed.open:
        names.update(undecided_anchors(view.open.facts) if name == CARE_ENDED else (name,))
    return tuple(_missing_fact(view, name) for name in sorted(names))


def _missing_fact(view: View, name: str) -> Missing:
    tie = view.tie if VOCABULARY[name].group is FactGroup.TIE else None
    match view.fact(name):
        case Known():  # every anchor is "not applicable" although care is said to have ended
            return Missing(name, tie, Why.CONTRADICTED)
        case fact:
            return Missing(name, tie, fact.why)
