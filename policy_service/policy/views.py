"""What one pass of the engine reads: the base or one tie, as it stands and with gaps closed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from policy_service.domain.decisions import FactUsed
from policy_service.domain.facts import Fact, Known, On, Unknown, Why, fact_to_json
from policy_service.policy.clocks import ANY_DAY, Span
from policy_service.policy.conditions import World
from policy_service.policy.worlds import close_gaps, normalise

_NOT_ASKED = Unknown(Why.NOT_ASKED)


class _Used(dict[str, FactUsed]):
    """The facts of a view as findings show them, each made once for all the rules that look."""

    def __init__(self, facts: Mapping[str, Fact]) -> None:
        self.facts = facts

    def __missing__(self, name: str) -> FactUsed:
        used = self[name] = FactUsed(name, fact_to_json(self.facts.get(name, _NOT_ASKED)))
        return used


class View(NamedTuple):
    """The facts of one pass. `closed` is the very same world as `open` when there are no gaps."""

    tie: str | None
    open: World
    closed: World
    used: Mapping[str, FactUsed]

    def fact(self, name: str) -> Fact:
        """The fact as it stands; one that is absent was not asked."""
        return self.open.facts.get(name, _NOT_ASKED)


def view_of(tie: str | None, facts: Mapping[str, Fact], as_of: date, ended: Span | None) -> View:
    """The facts normalised, with and without their gaps. `ended` is when care did.

    No anchor date is a fact of a tie or can be a gap, so care ended alike in all views.
    """
    opened = normalise(facts)
    closed = close_gaps(opened)
    world = World(opened, as_of, ended)
    if closed is opened:
        return View(tie, world, world, _Used(opened))
    return View(tie, world, World(closed, as_of, ended), _Used(opened))


def event_days(world: World) -> Span:
    """The days whose law governs rules about events; without an event, the as-of date."""
    fact = world.facts.get("event_on")
    if type(fact) is Known:
        return Span(world.as_of, world.as_of)
    return Span(fact.when.first, fact.when.last) if type(fact) is On else ANY_DAY
