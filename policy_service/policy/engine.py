"""The engine: packs × facts → readings. Pure; the same arguments give the same readings for ever.

Rules that look at a tie are read on the base (no tie found) and once for each tie; all others once,
on the base. Each rule is read twice: *open*, with everything unknown left unknown, and *closed*,
with gaps (nobody attested) read as what the record says while nobody stated otherwise.
docs/semantics.md gives the meaning in words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from policy_service.domain.decisions import (
    ClockReading,
    FactUsed,
    FindingKind,
    Missing,
    RuleFacets,
    RuleReading,
    Truth,
)
from policy_service.domain.facts import (
    Fact,
    FactGroup,
    Facts,
    Known,
    On,
    Unknown,
    Why,
    fact_to_json,
)
from policy_service.domain.vocabulary import VOCABULARY
from policy_service.policy.clocks import (
    ANY_DAY,
    CARE_ENDED,
    Span,
    care_ended,
    day_span,
    read_clock,
    undecided_anchors,
)
from policy_service.policy.conditions import Kleene, World
from policy_service.policy.fact_check import check_facts
from policy_service.policy.kinds import kind_of_tie
from policy_service.policy.pack import Pack
from policy_service.policy.rule import Rule
from policy_service.policy.supervaluation import Verdict, settle
from policy_service.policy.worlds import close_gaps, normalise

_NOT_ASKED = Unknown(Why.NOT_ASKED)
_TRUTHS = {True: Truth.TRUE, False: Truth.FALSE, None: Truth.UNKNOWN}


@dataclass(frozen=True, slots=True)
class _View:
    """What one pass reads: the base, or the base with one tie."""

    tie: str | None
    open: World
    closed: World
    used: dict[str, FactUsed] = field(default_factory=dict)

    def fact(self, name: str) -> Fact:
        return self.open.facts.get(name, _NOT_ASKED)

    def fact_used(self, name: str) -> FactUsed:
        if name not in self.used:
            self.used[name] = FactUsed(name, fact_to_json(self.fact(name)))
        return self.used[name]


def evaluate(packs: Sequence[Pack], facts: Facts) -> tuple[RuleReading, ...]:
    """Every rule of the packs that is in force or a draft, read on the base and on each tie.

    A rule that is false whatever the unknowns are gives no reading. Raises FactsFault for facts
    outside the vocabulary; a rule that raises is read as `broken`.
    """
    check_facts(facts)
    base = _view(None, facts.base, facts.as_of)
    ties = [_view(tie.ref, {**facts.base, **tie.facts}, facts.as_of) for tie in facts.ties]
    return tuple(_readings(packs, base, ties))


def read_alone(pack: Pack, rule: Rule, facts: Mapping[str, Fact], as_of: date) -> RuleReading:
    """One rule on one flat set of facts, as its own tests do; its trigger counts as a condition."""
    reading = _read(pack, rule, _view(None, facts, as_of))
    return reading or RuleReading(_facets(pack, rule, None), None, Truth.FALSE, Truth.FALSE)


def _readings(packs: Sequence[Pack], base: _View, ties: Sequence[_View]) -> Iterator[RuleReading]:
    today = Span(base.open.as_of, base.open.as_of)
    event = _event_days(base.open)
    for pack in packs:
        for rule in pack.rules:
            conduct = event if "event_kind" in rule.facts else today
            if not rule.status.is_read or not rule.in_force.may_cover(conduct):
                continue
            for view in (base, *ties) if rule.is_tied else (base,):
                reading = _read(pack, rule, view)
                if reading is not None:
                    yield reading


def _view(tie: str | None, facts: Mapping[str, Fact], as_of: date) -> _View:
    opened = normalise(facts)
    closed = close_gaps(opened)
    world = World(opened, as_of, care_ended(opened))
    if closed is opened:
        return _View(tie, world, world)
    return _View(tie, world, World(closed, as_of, care_ended(closed)))


def _event_days(world: World) -> Span:
    """The days whose law governs rules about events; without an event, the as-of date."""
    match world.facts.get("event_on"):
        case On() as when:
            return day_span(when) or ANY_DAY
        case Known():
            return Span(world.as_of, world.as_of)
        case _:
            return ANY_DAY


def _read(pack: Pack, rule: Rule, view: _View) -> RuleReading | None:
    """Design §2, promise 1: whatever goes wrong inside a rule is told, never skipped."""
    try:
        return _settled(pack, rule, view)
    except Exception:
        facets = _facets(pack, rule, None)
        return RuleReading(facets, view.tie, Truth.BROKEN, Truth.BROKEN)


def _settled(pack: Pack, rule: Rule, view: _View) -> RuleReading | None:
    opened = settle(rule.compiled, view.open)
    if opened.truth is False:
        return None
    closed = opened if view.closed is view.open else settle(rule.compiled, view.closed)
    return RuleReading(
        _facets(pack, rule, view.closed.facts.get("tie")),
        view.tie,
        *_truths(closed.truth, opened.truth),
        missing=_missing(view, opened, closed),
        facts=tuple(view.fact_used(name) for name in rule.facts),
        clock=_clock(rule, view.closed),
    )


def _truths(closed: Kleene, opened: Kleene) -> tuple[Truth, Truth]:
    """A rule holds only if it holds with the gaps open as well: definite findings stay."""
    if closed is True and opened is not True:
        return Truth.UNKNOWN, Truth.UNKNOWN
    return _TRUTHS[closed], _TRUTHS[opened]


def _missing(view: _View, opened: Verdict, closed: Verdict) -> tuple[Missing, ...]:
    names: set[str] = set()
    for name in opened.open | closed.open:
        names.update(undecided_anchors(view.open.facts) if name == CARE_ENDED else (name,))
    return tuple(_missing_fact(view, name) for name in sorted(names))


def _missing_fact(view: _View, name: str) -> Missing:
    tie = view.tie if VOCABULARY[name].group is FactGroup.TIE else None
    match view.fact(name):
        case Known():  # every anchor is "not applicable" although care is said to have ended
            return Missing(name, tie, Why.CONTRADICTED)
        case fact:
            return Missing(name, tie, fact.why)


def _clock(rule: Rule, world: World) -> ClockReading | None:
    return read_clock(rule.clock, world.care_ended) if rule.clock else None


def _facets(pack: Pack, rule: Rule, tie: Fact | None) -> RuleFacets:
    return RuleFacets(
        rule=rule.id,
        pack=pack.id,
        pack_digest=pack.digest,
        kind=rule.kind or _kind(tie),
        outcome=rule.outcome,
        if_unknown=rule.if_unknown,
        waivable=rule.waivable,
        citations=rule.citations,
        obligations=rule.obligations,
        is_draft=rule.is_draft,
        to_confirm=rule.to_confirm,
    )


def _kind(tie: Fact | None) -> FindingKind:
    return kind_of_tie(tie) if tie is not None else FindingKind.OTHER
