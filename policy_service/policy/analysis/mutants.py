"""Mutants: a rule changed in one small way, as a slip of the pen would.

In the condition: a word dropped, a word added, a limit or period moved by one, the boundary day
itself moved to the other side, a part dropped, a part negated. Beside it: the outcome one step
lower or higher, `if_unknown` one step lower. Whether a rule may be waived is not mutated, since
no test of a rule observes it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

from policy_service.domain.outcomes import Outcome
from policy_service.domain.vocabulary import VOCABULARY
from policy_service.policy.clocks import Period
from policy_service.policy.conditions import (
    AfterCare,
    All,
    Atom,
    Condition,
    Day,
    Not,
    Number,
    Right,
    Some,
    Than,
    When,
    Words,
)
from policy_service.policy.rule import Rule

_ORDER = tuple(Outcome)
_LONGEST = 99


@dataclass(frozen=True, slots=True)
class Mutant:
    """A changed condition (trigger and `when` in one) or changed outcomes, and what was changed."""

    sentence: str
    condition: Condition
    outcome: Outcome
    if_unknown: Outcome

    def applied_to(self, rule: Rule) -> Rule:
        """The rule with the change; still to be compiled, as exceptions may bear on it."""
        return replace(
            rule,
            trigger=(),
            when=self.condition,
            outcome=self.outcome,
            if_unknown=self.if_unknown,
        )


@dataclass(frozen=True, slots=True)
class _Change:
    """A condition with one change in it."""

    sentence: str
    condition: Condition


def mutants(rule: Rule) -> Iterator[Mutant]:
    """Every mutant of a rule, always in the same order."""
    own = own_condition(rule)
    for change in _changes(own):
        yield Mutant(change.sentence, change.condition, rule.outcome, rule.if_unknown)
    yield from _outcome_mutants(rule, own)


def own_condition(rule: Rule) -> All:
    """Trigger and `when`, without what excepts the rule."""
    return All((*rule.trigger, rule.when))


def _outcome_mutants(rule: Rule, own: Condition) -> Iterator[Mutant]:
    """Neighbours of the outcome and of `if_unknown` that a rule could be written with."""
    for step, word in ((-1, "lower"), (1, "higher")):
        outcome = _neighbour(rule.outcome, step)
        if outcome is not None:
            sentence = f"the outcome {word}: {outcome} for {rule.outcome}"
            yield Mutant(sentence, own, outcome, min(rule.if_unknown, outcome))
    lower = _neighbour(rule.if_unknown, -1)
    if lower is not None:
        yield Mutant(f"if_unknown lower: {lower} for {rule.if_unknown}", own, rule.outcome, lower)


def _neighbour(outcome: Outcome, step: int) -> Outcome | None:
    place = outcome.rank + step
    return _ORDER[place] if 1 <= place < len(_ORDER) else None


def _changes(condition: Condition) -> Iterator[_Change]:
    match condition:
        case All(parts):
            yield from _group_changes(parts, All)
        case Some(parts):
            yield from _group_changes(parts, Some)
        case Not(part):
            yield _Change("a `not` dropped", part)
            for change in _changes(part):
                yield replace(change, condition=Not(change.condition))
        case atom:
            yield _Change(f"{_said(atom)} negated", Not(atom))
            yield from _atom_changes(atom)


def _group_changes(
    parts: tuple[Condition, ...], group: type[All] | type[Some]
) -> Iterator[_Change]:
    for place, part in enumerate(parts):
        before, after = parts[:place], parts[place + 1 :]
        if len(parts) > 1:
            yield _Change(f"{_said(part)} dropped", group((*before, *after)))
        if isinstance(part, All | Some) and len(parts) > 1:
            yield _Change(f"{_said(part)} negated", group((*before, Not(part), *after)))
        for change in _changes(part):
            yield replace(change, condition=group((*before, change.condition, *after)))


def _atom_changes(atom: Atom) -> Iterator[_Change]:
    match atom:
        case Words(fact, words):
            yield from _word_changes(fact, words)
        case Number(fact, _, limit):
            least = 0 if atom.than is Than.MORE_THAN else 1
            for moved in (limit - 1, limit + 1):
                if moved >= least:
                    yield _Change(f"{fact}: limit {moved} for {limit}", replace(atom, limit=moved))
        case Day():
            yield _Change(f"{_said(atom)}: the boundary day on the other side", _other_side(atom))
            for right, said in _moved(atom.right):
                yield _Change(f"{_said(atom)}: {said}", replace(atom, right=right))


def _word_changes(fact: str, words: tuple[str, ...]) -> Iterator[_Change]:
    every = VOCABULARY[fact].values
    for word in words if len(words) > 1 else ():
        kept = tuple(other for other in words if other != word)
        yield _Change(f"{fact}: {word!r} dropped", Words(fact, kept))
    for word in every if len(every) > 1 else ():
        if word not in words:
            yield _Change(f"{fact}: {word!r} added", Words(fact, (*words, word)))


def _other_side(atom: Day) -> Condition:
    """The same comparison, but for the boundary day itself."""
    match atom.when:
        case When.BEFORE:
            return Not(replace(atom, when=When.AFTER))
        case When.AFTER:
            return replace(atom, when=When.ON_OR_AFTER)
        case When.ON_OR_AFTER:
            return replace(atom, when=When.AFTER)


def _moved(right: Right) -> Iterator[tuple[Right, str]]:
    """The right side one unit earlier and later; the as-of date does not move."""
    if isinstance(right, AfterCare):
        number, unit = right.plus.text.split()
        for moved in (int(number) - 1, int(number) + 1):
            if 1 <= moved <= _LONGEST:
                period = Period(f"{moved} {unit.rstrip('s')}{'s' if moved > 1 else ''}")
                yield AfterCare(period), f"{period.text} for {right.plus.text}"
    elif right is not None:
        for days in (-1, 1):
            day = right + timedelta(days=days)
            yield day, f"{day} for {right}"


def _said(condition: Condition) -> str:
    match condition:
        case All():
            return "an `all`"
        case Some():
            return "an `any`"
        case Not(part):
            return f"not {_said(part)}"
        case Words(fact, words):
            return f"{fact} in {', '.join(words)}"
        case Number(fact, than, limit):
            return f"{fact} {than.value.replace('_', ' ')} {limit}"
        case Day(left, when, _):
            return f"{left} {when.value.replace('_', ' ')} {_right_said(condition.right)}"


def _right_said(right: Right) -> str:
    match right:
        case AfterCare(plus):
            return f"{plus.text} after care"
        case None:
            return "the as-of date"
        case day:
            return day.isoformat()
