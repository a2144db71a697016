"""What one pass of the engine reads: the base or one tie, as it stands and with gaps closed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from policy_service.domain.decisions import FactUsed
from policy_service.domain.facts import Fact, Known, On, Unknown, Why, fact_to_json
from policy_service.policy.clocks import ANY_DAY, Span, care_ended, day_span
from policy_service.policy.conditions import World
from policy_service.policy.worlds import close_gaps, normalise

_NOT_ASKED = Unknown(Why.NOT_ASKED)


@dataclass(frozen=True, slots=True)
class View:
    """The facts of one pass. `closed` is the very same world as `open` when there are no gaps."""

    tie: str | None
    open: World
    closed: World
    used: dict[str, FactUsed] = field(default_factory=dict)

    def fact(self, name: str) -> Fact:
        """The fact as it stands; one that is absent was not asked."""
        return self.open.facts.get(name, _NOT_ASKED)

    def fact_used(self, name: str) -> FactUsed:
        """The fact as findings show it, made once for all the rules that look at it."""
        used = self.used.get(name)
        if used is None:
            used = self.used[name] = FactUsed(name, fact_to_json(self.fact(name)))
        return used


def view_of(tie: str | None, facts: Mapping[str, Fact], as_of: date) -> View:
    """The facts normalised, with and without their gaps."""
    opened = normalise(facts)
    closed = close_gaps(opened)
    world = World(opened, as_of, care_ended(opened))
    if closed is opened:
        return View(tie, world, world)
    return View(tie, world, World(closed, as_of, care_ended(closed)))


def event_days(world: World) -> Span:
    """The days whose law governs rules about events; without an event, the as-of date."""
    match world.facts.get("event_on"):
        case On() as when:
            return day_span(when) or ANY_DAY
        case Known():
            return Span(world.as_of, world.as_of)
        case _:
            return ANY_DAY
