"""A plan: what can be worked out about a set of packs before any facts are seen.

The rules stand in the order in which decisions list them; sets of them are the bits of an integer.
The index leaves the handful of rules worth reading; of these only what it does not know is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from policy_service.domain.decisions import (
    FindingKind,
    RuleFacets,
    RuleReading,
    Truth,
    contribution,
    worst,
)
from policy_service.domain.facts import Fact, Known
from policy_service.domain.outcomes import Outcome
from policy_service.policy.clocks import Span
from policy_service.policy.conditions import Test
from policy_service.policy.kinds import kind_of_tie
from policy_service.policy.pack import Pack
from policy_service.policy.rule import Rule
from policy_service.policy.rule_index import Index, Split

KEPT = 256
"""Plans kept: a practice uses a few sets of packs, one for each kind of licence among its staff.
Beyond that all are made anew."""


@dataclass(frozen=True, slots=True)
class Step:
    """One rule of one pack, with what is the same whatever the facts."""

    pack: Pack
    rule: Rule
    place: int
    """Which of the plan's rules it is."""
    rest: Test | None
    """The conjuncts that are not in the index; None when they all are."""
    _facets: dict[str | int, RuleFacets] = field(init=False, default_factory=dict)
    """By the word of the tie; under "" where the tie does not count or is not one word."""

    def facets(self, tie: Fact | None) -> RuleFacets:
        """What a decision needs to know of the rule; its kind may follow the tie."""
        if self.rule.kind is not None or tie is None:
            word: str | int = ""
        elif type(tie) is Known:
            word = tie.value
        else:
            return _facets_of(self.pack, self.rule, kind_of_tie(tie))
        found = self._facets.get(word)
        if found is None:
            kind = self.rule.kind or (kind_of_tie(tie) if word and tie else FindingKind.OTHER)
            found = self._facets[word] = _facets_of(self.pack, self.rule, kind)
        return found

    def weigh(self, closed: Truth, opened: Truth) -> tuple[Outcome, Outcome]:
        """What the rule adds to `outcome` and to `could_become` when it reads so."""
        reading = RuleReading(self.facets(None), None, closed, opened)
        return contribution(reading), worst(reading)


@dataclass(frozen=True, slots=True)
class Dated:
    """Rules that do not bind on every day, each as a set of one with its first day and its end."""

    rules: tuple[tuple[int, date, date | None], ...]
    settled: Span
    """From the day the last of them began to the day the first of them ends, if that day comes."""

    def on(self, first: date, last: date) -> tuple[int, int]:
        """(the rules that bind on none of these days, those that bind on some but not on all)."""
        if first >= self.settled.first and last < self.settled.last:
            return 0, 0
        never = sometimes = 0
        for rule, begins, ends in self.rules:
            if last < begins or (ends is not None and first >= ends):
                never |= rule
            elif first < begins or (ends is not None and last >= ends):
                sometimes |= rule
        return never, sometimes


@dataclass(frozen=True, slots=True)
class Plan:
    """Packs made ready to be read."""

    packs: tuple[Pack, ...]
    steps: tuple[Step, ...]
    index: Index
    tied: int
    """The rules that look at a tie."""
    everything: int
    """All the rules."""
    of_today: Dated
    """The rules whose conduct is of the as-of date."""
    of_event: Dated
    """The rules whose conduct is the event."""

    def binding(self, as_of: date, event: Span) -> tuple[int, int]:
        """(the rules that may bind, those of them that may not), by as-of date and event."""
        never, _ = self.of_today.on(as_of, as_of)
        never_then, sometimes = self.of_event.on(*event)
        return self.everything & ~(never | never_then), sometimes


_kept: dict[tuple[int, ...], Plan] = {}


def plan_of(packs: Sequence[Pack]) -> Plan:
    """The plan of these very packs, made once and kept.

    Packs are told apart by identity, as altered copies share a digest with what they were made
    from; a plan holds its packs, so that no other pack can have their place in memory.
    """
    ids = tuple(map(id, packs))
    plan = _kept.get(ids)
    if plan is None:
        if len(_kept) >= KEPT:
            _kept.clear()
        plan = _kept[ids] = _plan(tuple(packs))
    return plan


def _facets_of(pack: Pack, rule: Rule, kind: FindingKind) -> RuleFacets:
    """What a decision needs to know of a rule that spoke."""
    return RuleFacets(
        rule=rule.id,
        pack=pack.id,
        pack_digest=pack.digest,
        kind=kind,
        outcome=rule.outcome,
        if_unknown=rule.if_unknown,
        waivable=rule.waivable,
        citations=rule.citations,
        obligations=rule.obligations,
        is_draft=rule.is_draft,
        to_confirm=rule.to_confirm,
    )


def _plan(packs: tuple[Pack, ...]) -> Plan:
    rules = [(pack, rule) for pack in packs for rule in pack.rules if rule.status.is_read]
    read = sorted(rules, key=lambda one: (one[0].digest, one[1].id))  # as decisions are sorted
    splits = [Split.of(rule.compiled) for _, rule in read]
    steps = tuple(
        Step(pack, rule, place, splits[place].rest) for place, (pack, rule) in enumerate(read)
    )
    return Plan(
        packs=packs,
        steps=steps,
        index=Index.of(splits),
        tied=sum(1 << place for place, step in enumerate(steps) if step.rule.is_tied),
        everything=(1 << len(steps)) - 1,
        of_today=_dated(steps, of_event=False),
        of_event=_dated(steps, of_event=True),
    )


def _dated(steps: Sequence[Step], *, of_event: bool) -> Dated:
    rules = [
        (1 << place, *step.rule.in_force.days)
        for place, step in enumerate(steps)
        if ("event_kind" in step.rule.facts) == of_event
    ]
    dated = tuple(one for one in rules if one[1:] != (date.min, None))
    begun = max((begins for _, begins, _ in dated), default=date.min)
    ended = min((ends for _, _, ends in dated if ends is not None), default=date.max)
    return Dated(dated, Span(begun, ended))
