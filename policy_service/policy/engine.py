"""The engine: packs × facts → readings. Pure; the same arguments give the same readings for ever.

Rules that look at a tie are read on the base (no tie found) and once for each tie; all others once,
on the base. Each rule is read twice: *open*, with everything unknown left unknown, and *closed*,
with gaps (nobody attested) read as what the record says while nobody stated otherwise.
docs/semantics.md gives the meaning in words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from policy_service.domain.decisions import ClockReading, Missing, RuleReading, Truth
from policy_service.domain.facts import Fact, FactGroup, Facts, Known, Why
from policy_service.domain.outcomes import Outcome
from policy_service.domain.vocabulary import VOCABULARY
from policy_service.policy.clocks import CARE_ENDED, Span, read_clock, undecided_anchors
from policy_service.policy.conditions import World
from policy_service.policy.fact_check import check_facts
from policy_service.policy.pack import Pack
from policy_service.policy.plan import Indexed, Plan, Step, plan_of
from policy_service.policy.rule import Rule
from policy_service.policy.supervaluation import DECIDED, Verdict, settle
from policy_service.policy.views import View, event_days, view_of

_BROKEN = Verdict(None, frozenset(), exact=False)
_TRUTHS = {True: Truth.TRUE, False: Truth.FALSE, None: Truth.UNKNOWN}


@dataclass(frozen=True, slots=True)
class Answer:
    """A decision without its reasons: enough to compare millions of them."""

    outcome: Outcome
    could_become: Outcome
    holds: tuple[str, ...]
    """Ids of the rules that hold, drafts included; each once however many ties it holds for."""


def evaluate(packs: Sequence[Pack], facts: Facts) -> tuple[RuleReading, ...]:
    """Every rule of the packs that is in force or a draft, read on the base and on each tie.

    A rule that is false whatever the unknowns are gives no reading. Raises FactsFault for facts
    outside the vocabulary; a rule that raises is read as `broken`.
    """
    return tuple(map(_reading, _sweep(plan_of(packs), facts)))


def outcome_of(plan: Plan, facts: Facts) -> Answer:
    """`outcome` and `could_become` of the decision that `evaluate` leads to, and what holds.

    Raises FactsFault for facts outside the vocabulary.
    """
    outcome = could_become = Outcome.NO_FINDING
    holds: dict[str, None] = {}
    for heard in _sweep(plan, facts):
        closed, opened = _truths(heard)
        now, worst = heard.step.weights(closed, opened)
        if now.rank > outcome.rank:
            outcome = now
        if worst.rank > could_become.rank:
            could_become = worst
        if closed is Truth.TRUE:
            holds[heard.step.rule.id] = None
    return Answer(outcome, could_become, tuple(holds))


def read_alone(pack: Pack, rule: Rule, facts: Mapping[str, Fact], as_of: date) -> RuleReading:
    """One rule on one flat set of facts, as its own tests do; its trigger counts as a condition."""
    step = Step(pack, rule, None)
    heard = _settled(step, view_of(None, facts, as_of), waits=True)
    if heard is None:
        return RuleReading(step.facets(None), None, Truth.FALSE, Truth.FALSE)
    return _reading(heard)


class _Heard(NamedTuple):
    """A rule that is not false in one view, and how it settled in both of its worlds."""

    step: Step
    view: View
    opened: Verdict
    closed: Verdict


def _sweep(plan: Plan, facts: Facts) -> Iterator[_Heard]:
    """Every rule that speaks, in the base view and in that of each tie."""
    check_facts(facts)
    base = view_of(None, facts.base, facts.as_of)
    left, waiting = _narrow(plan.base, base.open, _binding(plan, base.open), 0)
    yield from _hear(plan, base, *_narrow(plan.ties, base.open, left, waiting))
    for tie in facts.ties:
        view = view_of(tie.ref, {**facts.base, **tie.facts}, facts.as_of)
        yield from _hear(plan, view, *_narrow(plan.ties, view.open, left & plan.tied, waiting))


def _binding(plan: Plan, base: World) -> int:
    """The rules that may bind on the day of the conduct."""
    bound = (1 << len(plan.steps)) - 1
    if plan.dated:
        today, event = Span(base.as_of, base.as_of), event_days(base)
        for bit, step in plan.dated:
            conduct = event if "event_kind" in step.rule.facts else today
            if not step.rule.in_force.may_cover(conduct):
                bound &= ~bit
    return bound


def _narrow(index: Sequence[Indexed], world: World, left: int, waiting: int) -> tuple[int, int]:
    """(the rules that no indexed fact makes false, those that wait for one that is not known)."""
    facts = world.facts
    for indexed in index:
        possible, named = indexed.narrow(facts.get(indexed.fact))
        left &= possible
        waiting |= named
    return left, waiting


def _hear(plan: Plan, view: View, left: int, waiting: int) -> Iterator[_Heard]:
    while left:
        bit = left & -left
        left ^= bit
        heard = _settled(plan.steps[bit.bit_length() - 1], view, waits=bool(waiting & bit))
        if heard is not None:
            yield heard


def _settled(step: Step, view: View, *, waits: bool) -> _Heard | None:
    """Design §2, promise 1: whatever goes wrong inside a rule is told, never skipped."""
    try:
        opened = settle(step.rule.compiled, view.open) if waits else _rest(step, view.open)
        if opened.truth is False:
            return None
        if view.closed is view.open:
            return _Heard(step, view, opened, opened)
        return _Heard(step, view, opened, settle(step.rule.compiled, view.closed))
    except Exception:
        return _Heard(step, view, _BROKEN, _BROKEN)


def _rest(step: Step, world: World) -> Verdict:
    """The rule when every indexed fact that it names is known to be met."""
    truth = True if step.rest is None else step.rest(world)
    return settle(step.rule.compiled, world) if truth is None else DECIDED[truth]


def _truths(heard: _Heard) -> tuple[Truth, Truth]:
    """A rule holds only if it holds with the gaps open as well: definite findings stay."""
    opened, closed = heard.opened.truth, heard.closed.truth
    if heard.opened is _BROKEN:
        return Truth.BROKEN, Truth.BROKEN
    if closed is True and opened is not True:
        return Truth.UNKNOWN, Truth.UNKNOWN
    return _TRUTHS[closed], _TRUTHS[opened]


def _reading(heard: _Heard) -> RuleReading:
    step, view, opened, closed = heard
    if opened is _BROKEN:
        return RuleReading(step.facets(None), view.tie, Truth.BROKEN, Truth.BROKEN)
    rule = step.rule
    return RuleReading(
        step.facets(view.closed.facts.get("tie")),
        view.tie,
        *_truths(heard),
        missing=_missing(view, opened, closed) if opened.open or closed.open else (),
        facts=tuple(map(view.fact_used, rule.facts)),
        clock=_clock(rule, view.closed),
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


def _clock(rule: Rule, world: World) -> ClockReading | None:
    return read_clock(rule.clock, world.care_ended) if rule.clock else None
