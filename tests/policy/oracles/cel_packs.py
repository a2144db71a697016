"""A second reading of the packs, by an engine nobody here wrote: Google's CEL (cel-expr-python).

Written from docs/semantics.md and the YAML files; nothing of `policy_service.policy` is used, not
even its YAML reader. Only situations in which everything is known can be asked. Every rule becomes
one CEL expression over the facts; the expressions of all rules form one list, evaluated at once.

Days are pairs of integers. `name_m` is (months since year 0) * 100 + day of the month: adding
months to it never has to ask how long a month is, for no day lies between "31 February" and the
first of March. `name_n` is the ordinal day. Not applicable is -1 in both.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import yaml
from cel_expr_python import cel

ANCHORS = ("last_professional_contact_on", "relationship_ended_on", "terminated_on")
SEVERITY = ("no_finding", "advise", "monitor", "deliberate", "prohibit")
_NUMBER = {"at_least": ">=", "more_than": ">", "less_than": "<"}
_DAY = {"before": "<", "after": ">", "on_or_after": ">="}


@dataclass(frozen=True)
class Kinds:
    """Which facts hold days, numbers and words, and which belong to a tie."""

    days: frozenset[str]
    numbers: frozenset[str]
    words: frozenset[str]
    of_tie: frozenset[str]


@dataclass(frozen=True)
class CelRule:
    """A rule as CEL sees it."""

    id: str
    expression: str
    outcome: str
    is_draft: bool
    is_tied: bool


@dataclass(frozen=True)
class Answer:
    """What CEL says: which rules hold, on which tie, and the strictest outcome."""

    holds: frozenset[tuple[str, str | None]]
    outcome: str


def read_rules(folder: Path, kinds: Kinds) -> list[CelRule]:
    """The rules of a pack that are read at all, with the exceptions of the pack woven in."""
    forms = [
        rule
        for file in sorted(folder.joinpath("rules").glob("*.yaml"))
        for rule in yaml.load(file.read_text(), Loader=yaml.BaseLoader)["rules"]  # noqa: S506
    ]
    read = [form for form in forms if form.get("status", "in_force") in ("in_force", "draft")]
    return [_rule(form, read, kinds) for form in read]


def _rule(form: Mapping[str, Any], read: list[Any], kinds: Kinds) -> CelRule:
    exceptions = [one for one in read if form["id"] in _names(one.get("exception_to", []))]
    condition = [_own(form, kinds), *(f"!({_own(one, kinds)})" for one in exceptions)]
    named = _facts_named([form, *exceptions], kinds)
    return CelRule(
        id=form["id"],
        expression=" && ".join([*condition, *_in_force(form, "event_kind" in named)]),
        outcome=form["outcome"],
        is_draft=form.get("status") == "draft",
        is_tied=not named.isdisjoint(kinds.of_tie),
    )


def _names(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _own(form: Mapping[str, Any], kinds: Kinds) -> str:
    """Trigger and `when` of one rule."""
    trigger = [_fact(name, item, kinds) for name, item in form.get("trigger", {}).items()]
    return _joined("&&", [*trigger, _condition(form["when"], kinds)])


def _joined(operator: str, parts: list[str]) -> str:
    return "(" + f" {operator} ".join(parts) + ")"


def _condition(form: Mapping[str, Any], kinds: Kinds) -> str:
    ((key, value),) = form.items()
    if key == "all":
        return _joined("&&", [_condition(item, kinds) for item in value])
    if key == "any":
        return _joined("||", [_condition(item, kinds) for item in value])
    if key == "not":
        return f"!({_condition(value, kinds)})"
    return _fact(key, value, kinds)


def _fact(name: str, demand: Any, kinds: Kinds) -> str:
    if isinstance(demand, str):
        return _equals(name, demand, kinds)
    ((operator, right),) = demand.items()
    if operator == "in":
        return _joined("||", [_equals(name, word, kinds) for word in right])
    if operator == "equals":
        return _equals(name, right, kinds)
    if operator in _NUMBER:
        return f"({name} >= 0 && {name} {_NUMBER[operator]} {int(right)})"
    return _day(name, _DAY[operator], right)


def _equals(name: str, word: str, kinds: Kinds) -> str:
    """A word; for days and numbers the only word is not_applicable."""
    if name in kinds.words:
        return f"{name} == {_quoted(word)}"
    if word == "not_applicable":
        return f"{name}_m == -1" if name in kinds.days else f"{name} == -1"
    return f"{name} == {int(word)}"


def _quoted(word: str) -> str:
    if not re.fullmatch(r"[a-z_]+", word):
        raise ValueError(word)
    return f"'{word}'"


def _day(name: str, operator: str, right: Any) -> str:
    """A day against the as-of date, a constant, or the end of care and a period."""
    if right == "as_of":
        return f"({name}_m >= 0 && {name}_m {operator} as_of_m)"
    if isinstance(right, str):
        return f"({name}_m >= 0 && {name}_m {operator} {month_day(date.fromisoformat(right))})"
    count, unit = right["plus"].rstrip("s").split()
    if unit == "day":
        return f"({name}_n >= 0 && {name}_n {operator} {_latest('n')} + {int(count)})"
    months = int(count) * (12 if unit == "year" else 1)
    return f"({name}_m >= 0 && {name}_m {operator} {_latest('m')} + {months * 100})"


def _latest(suffix: str) -> str:
    one, two, three = (f"{name}_{suffix}" for name in ANCHORS)
    higher = f"({one} > {two} ? {one} : {two})"
    return f"({higher} > {three} ? {higher} : {three})"


def _in_force(form: Mapping[str, Any], is_event: bool) -> Iterator[str]:
    """The day of the conduct lies in the time for which the rule binds."""
    conduct = "(event_on_m >= 0 ? event_on_m : as_of_m)" if is_event else "as_of_m"
    period = form["in_force"]
    if period.get("from", "null") not in ("null", "unknown"):
        yield f"{conduct} >= {month_day(_first(period['from']))}"
    if period.get("to", "null") != "null":
        yield f"{conduct} < {month_day(_last(period['to']))}"


def _first(text: str) -> date:
    return date.fromisoformat((text + "-01-01")[:10])


def _last(text: str) -> date:
    if len(text) == 4:
        return date(int(text), 12, 31)
    if len(text) == 7:
        year, month = divmod(int(text[:4]) * 12 + int(text[5:]), 12)
        return date(year, month + 1, 1) - timedelta(days=1)
    return date.fromisoformat(text)


def _facts_named(forms: list[Any], kinds: Kinds) -> set[str]:
    every = kinds.days | kinds.numbers | kinds.words
    found: set[str] = set()

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            found.update(every & value.keys())
            for item in value.values():
                walk(item)
        elif isinstance(value, list):
            for item in value:
                walk(item)

    for form in forms:
        walk([form.get("trigger", {}), form["when"]])
    return found


def month_day(day: date) -> int:
    """(months since year 0) * 100 + day of the month."""
    return (day.year * 12 + day.month - 1) * 100 + day.day


class CelPacks:
    """All rules as one CEL list; `ask` evaluates it on the base and on each tie."""

    def __init__(self, rules: list[CelRule], kinds: Kinds) -> None:
        self.rules = rules
        self.kinds = kinds
        numbers = [f"{name}_{s}" for name in (*sorted(kinds.days), "as_of") for s in "mn"]
        variables = dict.fromkeys([*numbers, *sorted(kinds.numbers)], cel.Type.INT)
        variables |= dict.fromkeys(sorted(kinds.words), cel.Type.STRING)
        listed = "[" + ",\n".join(rule.expression for rule in rules) + "]"
        self._expression = cel.NewEnv(variables=variables).compile(listed)

    def ask(
        self, as_of: date, base: Mapping[str, Any], ties: Mapping[str, Mapping[str, Any]]
    ) -> Answer:
        """Facts are words, integers, dates, or None for not applicable (days and numbers)."""
        views: dict[str | None, Mapping[str, Any]] = {None: base}
        views |= {ref: {**base, **tie} for ref, tie in ties.items()}
        holds = {
            (rule, ref)
            for ref, view in views.items()
            for rule in self._true(as_of, view)
            if ref is None or rule.is_tied
        }
        worst = max((self._weight(rule) for rule, _ in holds), default=0)
        return Answer(frozenset((rule.id, ref) for rule, ref in holds), SEVERITY[worst])

    def _true(self, as_of: date, view: Mapping[str, Any]) -> Iterator[CelRule]:
        truths = self._expression.eval(data=self._variables(as_of, view)).plain_value()
        for rule, truth in zip(self.rules, truths, strict=True):
            if truth is not True and truth is not False:
                raise AssertionError(f"CEL cannot decide {rule.id}: {truth!r}")
            if truth:
                yield rule

    @staticmethod
    def _weight(rule: CelRule) -> int:
        place = SEVERITY.index(rule.outcome)
        return min(place, SEVERITY.index("deliberate")) if rule.is_draft else place

    def _variables(self, as_of: date, view: Mapping[str, Any]) -> dict[str, Any]:
        no_tie = view["tie"] == "none"
        found: dict[str, Any] = {"as_of_m": month_day(as_of), "as_of_n": as_of.toordinal()}
        for name, value in view.items():
            if no_tie and name in self.kinds.of_tie and name != "tie":
                value = "not_applicable" if name in self.kinds.words else None
            if name in self.kinds.days:
                found[f"{name}_m"] = -1 if value is None else month_day(value)
                found[f"{name}_n"] = -1 if value is None else value.toordinal()
            else:
                found[name] = -1 if value is None else value
        return found
