"""Rules as whole conditions: trigger, when, what excepts them, and when they bind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from policy_service.policy.clocks import CARE_ENDED
from policy_service.policy.conditions import (
    AS_OF,
    AfterCare,
    All,
    Atom,
    Condition,
    Day,
    Not,
    Right,
    Some,
    When,
    Words,
    variables,
)
from policy_service.policy.rule import Rule

EVENT_ON = "event_on"


@dataclass(frozen=True, slots=True)
class ReadRule:
    """A rule with the condition the engine reads (docs/semantics.md §5.4) as a tree."""

    rule: Rule
    condition: Condition

    @property
    def follows_event(self) -> bool:
        """Whether the day of the event, not the as-of date, decides if the rule binds."""
        return "event_kind" in self.rule.facts

    def bounds(self) -> tuple[date | None, date | None]:
        """The first day on which the rule binds and the first on which it no longer does."""
        first, until = self.rule.in_force.days
        return None if first == date.min else first, until

    def atoms(self) -> Iterator[Atom]:
        """Every comparison, those with the dates of force included."""
        yield from atoms_of(self.condition)
        for day in self.bounds():
            if day is not None:
                yield Day(AS_OF, When.BEFORE, day)
                if self.follows_event:
                    yield Day(EVENT_ON, When.BEFORE, day)


def read_rules(rules: Sequence[Rule]) -> tuple[ReadRule, ...]:
    """The rules of one pack that are read at all."""
    return tuple(ReadRule(rule, full(rule, rules)) for rule in rules if rule.status.is_read)


def full(rule: Rule, rules: Iterable[Rule]) -> Condition:
    """Trigger, when, and not any exception to the rule among `rules`."""
    exceptions = (other for other in rules if rule.id in other.exception_to)
    except_for = (Not(All((*other.trigger, other.when))) for other in exceptions)
    return All((*rule.trigger, rule.when, *except_for))


def atoms_of(condition: Condition) -> Iterator[Atom]:
    """The comparisons of a condition, in the order written."""
    match condition:
        case All(parts) | Some(parts):
            for part in parts:
                yield from atoms_of(part)
        case Not(part):
            yield from atoms_of(part)
        case atom:
            yield atom


def names_of(condition: Condition) -> dict[str, int]:
    """The variables of a condition, as settling counts them, each with its number of uses."""
    found: dict[str, int] = {}
    for atom in atoms_of(condition):
        for name in sorted(set(variables(atom))):
            found[name] = found.get(name, 0) + 1
    return found


def words_on(atoms: Iterable[Atom], fact: str) -> list[Words]:
    """The comparisons of one fact with words."""
    return [atom for atom in atoms if isinstance(atom, Words) and atom.fact == fact]


def is_coupled(condition: Condition) -> bool:
    """Whether a date, or the end of care, is compared with two others in one condition.

    All constants count as one, since they stand fast to one another.
    """
    neighbours: dict[str, set[str]] = {}
    for atom in atoms_of(condition):
        if isinstance(atom, Day):
            right = _right(atom.right)
            neighbours.setdefault(atom.left, set()).add(right)
            neighbours.setdefault(right, set()).add(atom.left)
    movable = neighbours.keys() - {AS_OF, _CONSTANT}
    return any(len(neighbours[name]) > 1 for name in movable)


_CONSTANT = "a constant"


def _right(right: Right) -> str:
    match right:
        case AfterCare():
            return CARE_ENDED
        case None:
            return AS_OF
        case _:
            return _CONSTANT
