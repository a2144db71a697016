"""From a path through a diagram to a record: concrete facts that stand for the combination."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from policy_service.domain.facts import (
    NOT_APPLICABLE,
    Fact,
    Facts,
    Known,
    On,
    OneOf,
    Unknown,
    Why,
    facts_to_json,
)
from policy_service.domain.vocabulary import VOCABULARY
from policy_service.policy.analysis.cells import Cell, NumberCell, State, Variable, WordCell
from policy_service.policy.analysis.counting import Path
from policy_service.policy.analysis.scenes import Pair, Scene
from policy_service.policy.analysis.space import CALENDAR, CARE, Space
from policy_service.policy.clocks import ANCHOR_FACTS, CARE_ENDED, on_day
from policy_service.policy.rule_form import TEST_DAY

_UNKNOWN = Unknown(Why.NOT_RECORDED)
_NOT_APPLICABLE = Known(NOT_APPLICABLE)


@dataclass(frozen=True, slots=True)
class Record:
    """One view of a situation: the as-of date and a value, or unknown, for each fact named."""

    as_of: date
    facts: Mapping[str, Fact]

    def whole(self) -> Facts:
        """The record as the engine takes it."""
        return Facts(self.as_of, self.facts)

    def to_json(self) -> dict[str, object]:
        """Canonical-JSON-safe form."""
        body = facts_to_json(self.whole())
        return {"as_of": body["as_of"], "facts": body["base"]}


def record_of(space: Space, path: Path) -> Record:
    """A record on that path. The path must lie within the mask; LookupError if it does not."""
    cells = {space.variables[number].name: _cell(space, number, place) for number, place in path}
    scene, pairs = _scene(space, cells)
    facts = dict(_plain(space, cells))
    for name, pair in pairs.items():
        facts[name] = _date(pair, scene.pairs[name][pair])
    if CARE_ENDED in space.numbers:
        facts |= _anchors(scene, facts)
    return Record(_as_of(space, scene, facts), facts)


def _as_of(space: Space, scene: Scene, facts: Mapping[str, Fact]) -> date:
    """The as-of date; where nothing is compared with it, one after all other dates."""
    if space.asks_as_of:
        return scene.as_of
    return max([TEST_DAY, *(fact.when.first for fact in facts.values() if isinstance(fact, On))])


def _cell(space: Space, number: int, place: int) -> Cell:
    return space.variables[number].cells[place]


def _plain(space: Space, cells: Mapping[str, Cell]) -> Iterator[tuple[str, Fact]]:
    for variable in space.variables:
        if variable.name in VOCABULARY:
            cell = cells.get(variable.name) or _quiet(variable)
            yield variable.name, _fact(variable.name, cell)


def _quiet(variable: Variable) -> Cell:
    """What a fact is when it does not matter: nothing stated, n/a, or else its first value."""
    spec = VOCABULARY[variable.fact]
    for word in (spec.none_value, NOT_APPLICABLE):
        if word is not None and (word in spec.values):
            return variable.cells[variable.place_of_word(word)]
    return variable.cells[0]


def _fact(name: str, cell: Cell) -> Fact:
    match cell:
        case WordCell(words):
            none = VOCABULARY[name].none_value
            return Known(none if none in words else words[0])
        case NumberCell(low, _):
            return Known(low)
        case State.NOT_APPLICABLE:
            return _NOT_APPLICABLE
        case _:
            return _UNKNOWN


def _scene(space: Space, cells: Mapping[str, Cell]) -> tuple[Scene, dict[str, Pair]]:
    """The first scene in which the dates can stand as the cells say, and how they then stand."""
    for scene in space.scenes:
        ended = scene.ended if isinstance(scene.ended, State) else State.SOME_DAY
        if cells.get(CARE_ENDED, ended) == ended and _fits("as_of", scene.own, cells):
            pairs = {name: _pair(name, found, cells) for name, found in scene.pairs.items()}
            known = {name: pair for name, pair in pairs.items() if pair is not None}
            if len(known) == len(pairs):
                return scene, known
    raise LookupError("no order of days allows this combination")


def _pair(name: str, pairs: Mapping[Pair, date | None], cells: Mapping[str, Cell]) -> Pair | None:
    """How a date stands; not applicable if it does not matter."""
    fitting = [pair for pair in pairs if _fits(name, pair, cells)]
    fitting.sort(key=lambda pair: (pair[0] is not State.NOT_APPLICABLE, repr(pair)))
    return fitting[0] if fitting else None


def _fits(name: str, pair: Pair, cells: Mapping[str, Cell]) -> bool:
    calendar, care = pair
    own, after = cells.get(name + CALENDAR, calendar), cells.get(name + CARE, care)
    return own == calendar and after == care


def _date(pair: Pair, day: date | None) -> Fact:
    if day is not None:
        return on_day(day)
    return _NOT_APPLICABLE if pair[0] is State.NOT_APPLICABLE else _UNKNOWN


def _anchors(scene: Scene, facts: Mapping[str, Fact]) -> dict[str, Fact]:
    """The anchor dates that no rule names on its own, so that care ended as the scene says."""
    rest = [name for name in ANCHOR_FACTS if name not in facts]
    if scene.ended is State.UNKNOWN:
        return dict.fromkeys(rest, _UNKNOWN)
    found: dict[str, Fact] = dict.fromkeys(rest, _NOT_APPLICABLE)
    if isinstance(scene.ended, date):
        ended = on_day(scene.ended)
        named = [name for name in ANCHOR_FACTS if facts.get(name) == ended]
        if rest and not named:
            found[rest[0]] = ended
    return found


def given_in_yaml(facts: Mapping[str, Fact]) -> str:
    """Facts as a flow mapping that the strict loader reads back to the same facts."""
    return (
        "{" + ", ".join(f"{name}: {_in_yaml(fact)}" for name, fact in sorted(facts.items())) + "}"
    )


def _in_yaml(fact: Fact) -> str:
    match fact:
        case Known(str() as word):
            return f'"{word}"' if word in ("yes", "no") else word
        case Known(number):
            return str(number)
        case On(when, why):
            return when.text if when.is_full else f"{{on: {when.text!r}, why: {why.value}}}"
        case OneOf(values, why):
            return f"{{one_of: [{', '.join(sorted(values))}], why: {why.value}}}"
        case Unknown(why):
            return f"{{unknown: {why.value}}}"
        case other:
            return f"{{between: [{other.low}, {other.high}], why: {other.why.value}}}"
