"""A condition as sentences in plain English, nested as `all`, `any` and `not` nest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

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
from policy_service.policy.pages.phrases import happened, is_any_of, is_so, value_in_words

_ALL = "all of these hold"
_ANY = "at least one of these holds"
_NOT_ALL = "not all of these hold"
_NONE = "none of these holds"
_THAN = {
    Than.AT_LEAST: "{} or more",
    Than.MORE_THAN: "more than {}",
    Than.LESS_THAN: "less than {}",
}
_AFTER_CARE = {
    When.BEFORE: "less than {} after care ended",
    When.AFTER: "on a day later than {} after care ended",
    When.ON_OR_AFTER: "{} or more after care ended",
}
_ON_DAY = {When.BEFORE: "before {}", When.AFTER: "after {}", When.ON_OR_AFTER: "on or after {}"}
_DAY_OF_CHECK = "the day of the check"


@dataclass(frozen=True, slots=True)
class Sentence:
    """One line of an explanation; `parts` are the lines it introduces."""

    text: str
    parts: tuple[Sentence, ...] = ()

    def lines(self) -> tuple[str, ...]:
        """This line and all below it, in order."""
        return (self.text, *(line for part in self.parts for line in part.lines()))


def condition_in_sentences(condition: Condition) -> Sentence:
    """The condition as one sentence, or as a lead with the sentences it introduces."""
    match condition:
        case All(parts):
            return _several(_ALL, parts)
        case Some(parts):
            return _several(_ANY, parts)
        case Not(part):
            return _denied(part)
        case atom:
            return Sentence(atom_in_words(atom))


def atom_in_words(atom: Atom) -> str:
    """One comparison as a sentence."""
    match atom:
        case Words(fact, words):
            return is_any_of(fact, words)
        case Number(fact, than, limit):
            return is_so(fact, number_in_words(fact, than, limit))
        case Day(left, when, right):
            return happened(left, day_in_words(when, right))


def number_in_words(fact: str, than: Than, limit: int) -> str:
    """ "less than 3", "more than 50.00 dollars"."""
    return _THAN[than].format(value_in_words(fact, limit))


def day_in_words(when: When, right: Right) -> str:
    """ "less than 2 years after care ended", "on or after 2014-01-01"."""
    match right:
        case AfterCare(plus):
            return _AFTER_CARE[when].format(period_in_words(plus))
        case date():
            return _ON_DAY[when].format(right.isoformat())
        case None:
            return _ON_DAY[when].format(_DAY_OF_CHECK)


def period_in_words(period: Period) -> str:
    """ "2 years"; "1 year" even where the pack writes "1 years"."""
    count, unit = period.text.split()
    return f"{count} {unit.removesuffix('s')}{'' if count == '1' else 's'}"


def _several(lead: str, parts: tuple[Condition, ...]) -> Sentence:
    said = tuple(map(condition_in_sentences, parts))
    return said[0] if len(said) == 1 else Sentence(lead, said)


def _denied(part: Condition) -> Sentence:
    match part:
        case Words(fact, words):
            return Sentence(is_any_of(fact, words, but=True))
        case Not(inner):
            return condition_in_sentences(inner)
        case All(parts) if len(parts) > 1:
            return Sentence(_NOT_ALL, tuple(map(condition_in_sentences, parts)))
        case Some(parts) if len(parts) > 1:
            return Sentence(_NONE, tuple(map(condition_in_sentences, parts)))
        case All(parts) | Some(parts):
            return _denied(parts[0])
        case atom:
            return Sentence(f"it is not so that {atom_in_words(atom)}")
