"""From declarations to conditions: what may be written under `trigger`, `when` and `given`."""

from __future__ import annotations

from typing import Any

from policy_service.domain.facts import (
    NOT_APPLICABLE,
    Between,
    Fact,
    FactSpec,
    FactType,
    Known,
    On,
    OneOf,
    Unknown,
    Why,
)
from policy_service.domain.vocabulary import VOCABULARY
from policy_service.policy.clocks import CARE_ENDED, Period
from policy_service.policy.conditions import (
    AS_OF,
    AfterCare,
    All,
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
from policy_service.policy.faults import unknown_word
from policy_service.policy.nodes import Node

MAX_DEPTH = 6
MAX_ATOMS = 40

_GROUPS = ("all", "any", "not")
_THAN = tuple(than.value for than in Than)
_WHEN = tuple(when.value for when in When)
_WHYS = tuple(why.value for why in Why)


def read_condition(node: Node, depth: int = 1) -> Condition:
    """A condition: `all`, `any`, `not`, or one fact with what is demanded of it."""
    if depth > MAX_DEPTH:
        raise node.fault(f"conditions nest at most {MAX_DEPTH} deep")
    key, value = node.single()
    match key:
        case "all":
            return All(tuple(read_condition(item, depth + 1) for item in value.items()))
        case "any":
            return Some(tuple(read_condition(item, depth + 1) for item in value.items()))
        case "not":
            return Not(read_condition(value, depth + 1))
        case "as_of":
            return _read_day(AS_OF, value)
        case _:
            return _read_atom(key, value)


def read_trigger(node: Node) -> tuple[Words, ...]:
    """Facts and the words they must have for the rule to be read at all."""
    return tuple(_read_words(spec_of(name, item), item) for name, item in node.entries().items())


def spec_of(name: str, node: Node) -> FactSpec:
    """The vocabulary's entry for a fact; a fault with a suggestion if there is none."""
    if name not in VOCABULARY:
        choices = (*VOCABULARY, *_GROUPS, AS_OF)
        raise node.fault(unknown_word("fact", name, choices))
    return VOCABULARY[name]


def _read_atom(name: str, node: Node) -> Condition:
    spec = spec_of(name, node)
    if spec.type is FactType.ENUM or isinstance(node.value, str):
        return _read_words(spec, node)
    if spec.type is FactType.DATE:
        return _read_day(name, node)
    return _read_number(name, node)


def _read_words(spec: FactSpec, node: Node) -> Words:
    """`fact: word`, `fact: {equals: word}` or `fact: {in: [words]}`; never all words there are."""
    words = _words_demanded(spec, node)
    if spec.type is FactType.ENUM and set(words) == set(spec.values):
        raise node.fault(f"every value of {spec.name!r} is listed, so this says nothing")
    return Words(spec.name, words)


def _words_demanded(spec: FactSpec, node: Node) -> tuple[str, ...]:
    what = f"value of {spec.name}"
    if not isinstance(node.value, dict):
        return (node.word(what, spec.values),)
    operator, right = node.single()
    if operator == "in":
        return right.words(what, spec.values)
    if operator == "equals":
        return (right.word(what, spec.values),)
    raise right.fault(unknown_word("operator", operator, ("equals", "in")))


def _read_number(name: str, node: Node) -> Condition:
    """`{at_least | more_than | less_than: N}` or `equals: N`; amounts are in minor units."""
    operator, right = node.single()
    if operator == "equals":
        limit = right.integer()
        return All((Number(name, Than.AT_LEAST, limit), Number(name, Than.LESS_THAN, limit + 1)))
    if operator not in _THAN:
        raise right.fault(unknown_word("operator", operator, (*_THAN, "equals")))
    than = Than(operator)
    least = 0 if than is Than.MORE_THAN else 1
    return Number(name, than, right.integer(least))


def _read_day(name: str, node: Node) -> Day:
    """`{before | after | on_or_after: DATE | as_of | {anchor: care_ended, plus: PERIOD}}`."""
    operator, right = node.single()
    if operator not in _WHEN:
        raise right.fault(unknown_word("operator", operator, _WHEN))
    return Day(name, When(operator), _read_right(right))


def _read_right(node: Node) -> Right:
    if isinstance(node.value, dict):
        form = node.form(("anchor", "plus"))
        form["anchor"].word("anchor", (CARE_ENDED,))
        return AfterCare(read_period(form["plus"]))
    return None if node.value == AS_OF else node.day()


def read_period(node: Node) -> Period:
    """ "5 years"; a fault on anything else."""
    try:
        return Period(node.text())
    except ValueError as error:
        raise node.fault(str(error)) from error


def read_facts(node: Node) -> dict[str, Fact]:
    """The facts a test or case is given."""
    return {name: read_fact(spec_of(name, item), item) for name, item in node.entries().items()}


def read_fact(spec: FactSpec, node: Node) -> Fact:
    """A value, or `{one_of | other_than | between | on | unknown: …, why: …}` for what is not one.

    `other_than` is one of all the other words, so that a near miss names only what it misses.
    """
    if not isinstance(node.value, dict):
        return _read_value(spec, node)
    shapes = {
        "one_of": _one_of,
        "other_than": _other_than,
        "between": _between,
        "on": _partial,
        "unknown": _unknown,
    }
    for key, shape in shapes.items():
        if key in node.value:
            return shape(spec, node)
    raise node.fault(f"one of {', '.join(shapes)} is expected, not {sorted(node.value)}")


def _read_value(spec: FactSpec, node: Node) -> Fact:
    if spec.type is FactType.ENUM or node.value == NOT_APPLICABLE:
        return Known(node.word(f"value of {spec.name}", spec.values))
    if spec.type is FactType.DATE:
        return On(node.partial_date())
    return Known(node.integer())


def _one_of(spec: FactSpec, node: Node) -> Fact:
    form = node.form(("one_of", "why"))
    words = form["one_of"].words(f"value of {spec.name}", spec.values)
    return OneOf(frozenset(words), _why(form["why"]))


def _other_than(spec: FactSpec, node: Node) -> Fact:
    form = node.form(("other_than", "why"))
    words = form["other_than"].words(f"value of {spec.name}", spec.values)
    left = frozenset(spec.values) - frozenset(words)
    if not left:
        raise node.fault(f"no value of {spec.name!r} is left")
    return OneOf(left, _why(form["why"]))


def _between(spec: FactSpec, node: Node) -> Fact:
    form = node.form(("between", "why"))
    ends = form["between"].items()
    if spec.type not in (FactType.COUNT, FactType.AMOUNT) or len(ends) != 2:
        raise node.fault("between is two numbers, for counts and amounts only")
    low, high = ends[0].integer(), ends[1].integer()
    if low > high:
        raise node.fault(f"between {low} and {high} is empty")
    return Between(low, high, _why(form["why"]))


def _partial(spec: FactSpec, node: Node) -> Fact:
    form = node.form(("on", "why"))
    if spec.type is not FactType.DATE:
        raise node.fault("on is for dates only")
    return On(form["on"].partial_date(), _why(form["why"]))


def _unknown(_: FactSpec, node: Node) -> Fact:
    return Unknown(_why(node.form(("unknown",))["unknown"]))


def _why(node: Node) -> Why:
    return Why(node.word("reason", _WHYS))


def condition_to_json(condition: Condition) -> Any:
    """A plain form of a condition, for generated pages and tests."""
    match condition:
        case All(parts):
            return {"all": [condition_to_json(part) for part in parts]}
        case Some(parts):
            return {"any": [condition_to_json(part) for part in parts]}
        case Not(part):
            return {"not": condition_to_json(part)}
        case Words(fact, words):
            return {fact: {"in": list(words)}}
        case Number(fact, than, limit):
            return {fact: {than.value: limit}}
        case Day(left, when, right):
            return {left: {when.value: _right_to_json(right)}}


def _right_to_json(right: Right) -> Any:
    match right:
        case AfterCare(plus):
            return {"anchor": CARE_ENDED, "plus": plus.text}
        case None:
            return AS_OF
        case day:
            return day.isoformat()
