"""docs/semantics.md read out loud: a second engine, plain and slow, to compare the first with.

It shares the vocabulary, the facts and the rules as declared with the service, and none of its
evaluation: no closures, no plan, no index, no caches. Section numbers are those of
docs/semantics.md; §2 to §4 are in reference_conditions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from policy_service.domain.facts import (
    Fact,
    FactGroup,
    Facts,
    Known,
    OneOf,
    Why,
    fact_to_json,
)
from policy_service.domain.outcomes import Outcome
from policy_service.domain.vocabulary import VOCABULARY
from policy_service.policy.conditions import (
    All,
    Condition,
    Not,
)
from policy_service.policy.pack import Pack
from policy_service.policy.rule import Rule

from .reference_conditions import (
    ANCHOR,
    ANCHORS,
    NOT_ASKED,
    Interval,
    after,
    anchor,
    atoms,
    closed_world,
    interval,
    settle,
    variables,
    without_tie,
    world,
)

RANK = {outcome: place for place, outcome in enumerate(Outcome)}


@dataclass(frozen=True)
class Reading:
    pack: Pack
    rule: Rule
    tie: str | None
    kind: str
    closed: str
    open: str
    missing: frozenset[tuple[str, str | None, Why]]
    facts: tuple[tuple[str, Fact], ...]
    clock: dict[str, Any] | None


def decision_body(packs: Sequence[Pack], facts: Facts, bodies: Iterable[str] = ()) -> Any:
    """The decision body on these facts, from the meaning alone."""
    readings = [
        reading for pack in packs for rule in pack.rules for reading in read(pack, rule, facts)
    ]
    return merged(readings, sorted(set(bodies)))


# §5 reading a rule


@dataclass(frozen=True)
class Subject:
    pack: Pack
    rule: Rule
    condition: Condition
    named: tuple[str, ...]


def read(pack: Pack, rule: Rule, facts: Facts) -> Iterator[Reading]:
    if rule.status.value not in ("in_force", "draft"):
        return
    condition = whole_condition(pack, rule)
    named = facts_named(condition)
    force = in_force(rule, named, facts)
    if force is False:
        return
    views: list[tuple[str | None, Mapping[str, Fact]]] = [(None, facts.base)]
    if any(VOCABULARY[name].group is FactGroup.TIE for name in named):
        views += [(tie.ref, {**facts.base, **tie.facts}) for tie in facts.ties]
    for tie, view in views:
        reading = read_view(Subject(pack, rule, condition, named), tie, view, facts.as_of)
        if reading is not None:
            yield doubted(reading, facts, force)


def whole_condition(pack: Pack, rule: Rule) -> Condition:
    """Its trigger, its when, and none of its exceptions."""
    parts: list[Condition] = [*rule.trigger, rule.when]
    for other in pack.rules:
        if rule.id in other.exception_to:
            parts.append(Not(All((*other.trigger, other.when))))
    return All(tuple(parts))


def facts_named(condition: Condition) -> tuple[str, ...]:
    names = {name for atom in atoms(condition) for name in variables(atom)}
    return tuple(sorted((names - {ANCHOR}) | (set(ANCHORS) if ANCHOR in names else set())))


def in_force(rule: Rule, named: Sequence[str], facts: Facts) -> bool | None:
    """Whether the conduct lies within the days of force; None if it may and may not."""
    conduct: Interval | None = (facts.as_of, facts.as_of)
    if "event_kind" in named:
        event = interval(facts.base.get("event_on", NOT_ASKED))
        conduct = conduct if event is None else event
    assert conduct is not None
    begins = rule.in_force.first.first if rule.in_force.first else date.min
    ends = rule.in_force.until.last if rule.in_force.until else None
    if conduct[1] < begins or (ends is not None and conduct[0] >= ends):
        return False
    return True if begins <= conduct[0] and (ends is None or conduct[1] < ends) else None


def read_view(
    what: Subject, tie: str | None, view: Mapping[str, Fact], as_of: date
) -> Reading | None:
    opened, closed = without_tie(view), closed_world(without_tie(view))
    open_truth, open_names = settle(what.condition, world(opened, as_of))
    if open_truth is False:
        return None
    closed_truth, closed_names = settle(what.condition, world(closed, as_of))
    if closed_truth is True and open_truth is None:
        closed_truth = None
    return Reading(
        what.pack,
        what.rule,
        tie,
        kind_of(what.rule, closed.get("tie")),
        str(closed_truth),
        str(open_truth),
        frozenset(missing(open_names | closed_names, opened, tie)),
        tuple((name, opened.get(name, NOT_ASKED)) for name in what.named),
        clock_of(what.rule, anchor(closed)),
    )


def doubted(reading: Reading, facts: Facts, force: bool | None) -> Reading:
    """Of a rule that may not bind nothing holds definitely."""
    names = ["event_on"] if force is None else []
    if reading.pack.digest in facts.candidates:
        names += ["licence", "location_of_service"]
    if not names:
        return reading
    found = [(name, facts.base.get(name, NOT_ASKED)) for name in names]
    shown = [name for name, _ in reading.facts]
    asked = {(name, None, fact.why) for name, fact in found if not isinstance(fact, Known)}
    return replace(
        reading,
        closed="None" if reading.closed == "True" else reading.closed,
        open="None" if reading.open == "True" else reading.open,
        missing=reading.missing | asked,
        facts=(*reading.facts, *((name, fact) for name, fact in found if name not in shown)),
    )


KINDS = {
    **dict.fromkeys(("partner", "ex_partner"), "ex_partner"),
    **dict.fromkeys(("relative", "guardian"), "relative"),
    **dict.fromkeys(("friend", "acquaintance", "neighbour", "room_mate", "co_member"), "friend"),
    **dict.fromkeys(
        ("colleague", "employer", "employee", "supervisor", "supervisee", "teacher", "student"),
        "colleague",
    ),
}


def kind_of(rule: Rule, tie: Fact | None) -> str:
    if rule.kind is not None:
        return rule.kind.value
    match tie:
        case Known(word):
            return KINDS.get(str(word), "other")
        case OneOf(words):
            kinds = {KINDS.get(word, "other") for word in words - {"none"}}
            return kinds.pop() if len(kinds) == 1 else "other"
        case _:
            return "other"


def missing(
    names: Iterable[str], facts: Mapping[str, Fact], tie: str | None
) -> Iterator[tuple[str, str | None, Why]]:
    for name in names:
        for asked in open_anchors(facts) if name == ANCHOR else (name,):
            fact = facts.get(asked, NOT_ASKED)
            of = tie if VOCABULARY[asked].group is FactGroup.TIE else None
            yield asked, of, Why.CONTRADICTED if isinstance(fact, Known) else fact.why


def open_anchors(facts: Mapping[str, Fact]) -> tuple[str, ...]:
    ended = anchor(facts)
    if ended is None:
        return ANCHORS
    spans = {name: interval(facts.get(name, NOT_ASKED)) for name in ANCHORS}
    return tuple(n for n, s in spans.items() if s and s[0] != s[1] and s[1] > ended[0])


def clock_of(rule: Rule, ended: Interval | None) -> dict[str, Any] | None:
    if rule.clock is None:
        return None
    day = ended[0] if ended and ended[0] == ended[1] else None
    period = rule.clock.period.text if rule.clock.period else "never"
    clears = after(day, period).isoformat() if day and rule.clock.period else None
    return {
        "anchor": ANCHOR,
        "anchor_on": day.isoformat() if day else None,
        "period": period,
        "clears_on": "never" if period == "never" else clears,
        "then": rule.clock.then.value,
    }


# §6 merging


def adds(reading: Reading) -> Outcome:
    rule = reading.rule
    if reading.closed == "False":
        return lower(Outcome.ADVISE, rule.outcome)
    found = rule.outcome if reading.closed == "True" else rule.if_unknown
    return lower(found, Outcome.DELIBERATE) if rule.status.value == "draft" else found


def lower(one: Outcome, other: Outcome) -> Outcome:
    return one if RANK[one] <= RANK[other] else other


def highest(outcomes: Iterable[Outcome]) -> Outcome:
    return max(outcomes, key=lambda outcome: RANK[outcome], default=Outcome.NO_FINDING)


def merged(readings: Sequence[Reading], bodies: Sequence[str]) -> Any:
    ordered = sorted(readings, key=lambda r: (r.pack.digest, r.rule.id, r.tie or ""))
    drafts = [r for r in ordered if r.rule.status.value == "draft"]
    found = [r for r in ordered if r not in drafts and r.closed != "False"]
    found.sort(key=lambda r: (-RANK[adds(r)], r.rule.id, r.tie or ""))
    asked = questions(ordered)
    return {
        "outcome": highest(map(adds, ordered)).value,
        "could_become": highest(r.rule.outcome for r in ordered).value,
        "complete": not asked and not bodies,
        "ask": asked,
        "findings": [finding(r) for r in found],
        "obligations": obligations(found),
        "unverified": [unverified(r) for r in drafts],
        "not_consulted": [{"body": body} for body in bodies],
    }


def questions(readings: Sequence[Reading]) -> list[dict[str, Any]]:
    wanted: dict[tuple[str, str | None, Why], list[Reading]] = {}
    for reading in readings:
        if "None" in (reading.closed, reading.open):
            for one in reading.missing:
                wanted.setdefault(one, []).append(reading)
    ties = {tie for name, tie, _ in wanted if name == "tie"}
    asked = [
        (highest(r.rule.outcome for r in found), len(found), name, tie, why)
        for (name, tie, why), found in wanted.items()
        if not (name.startswith("tie_") and tie in ties)
    ]
    asked.sort(key=lambda a: (-RANK[a[0]], -a[1], a[2], a[3] or ""))
    return [
        {"fact": name, "tie": tie, "why": why.value, "settles": count, "could_become": worst.value}
        for worst, count, name, tie, why in asked
    ]


def finding(reading: Reading) -> dict[str, Any]:
    rule, pack = reading.rule, reading.pack
    return {
        "kind": reading.kind,
        "rule": rule.id,
        "pack": pack.id,
        "pack_digest": pack.digest,
        "outcome": adds(reading).value,
        "could_become": rule.outcome.value,
        "undecided": reading.closed != "True",
        "waivable": rule.waivable,
        "tie": reading.tie,
        "citations": cited(rule),
        "facts": [{"fact": name, **fact_to_json(fact)} for name, fact in reading.facts],
        "clock": reading.clock,
    }


def cited(rule: Rule) -> list[dict[str, Any]]:
    return [{"code": c.code, "section": c.section, "edition": c.edition} for c in rule.citations]


def obligations(found: Sequence[Reading]) -> list[dict[str, Any]]:
    codes = sorted({code for reading in found for code in reading.rule.obligations})
    return [
        {"obligation": c, "rules": sorted({r.rule.id for r in found if c in r.rule.obligations})}
        for c in codes
    ]


def unverified(reading: Reading) -> dict[str, Any]:
    return {
        "rule": reading.rule.id,
        "kind": reading.kind,
        "pack": reading.pack.id,
        "pack_digest": reading.pack.digest,
        "would_be": reading.rule.outcome.value,
        "undecided": reading.closed != "True",
        "tie": reading.tie,
        "source": cited(reading.rule),
        "to_confirm": reading.rule.to_confirm,
    }
