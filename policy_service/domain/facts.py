"""Facts: all that a rule may look at.

A fact is a value, a partial value (a set of words, an interval of dates or numbers) or unknown,
and whatever is not a single value says why. There are no names, no free text and no floats here.
An absent fact is unknown (not_asked), never false.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from policy_service.domain.dates import PartialDate

NOT_APPLICABLE = "not_applicable"


class Why(StrEnum):
    """Why a fact is not a single known value."""

    NOT_ASKED = "not_asked"
    ASKED_NOT_KNOWN = "asked_not_known"
    DECLINED = "declined"
    NOT_RECORDED = "not_recorded"
    NOT_ATTESTED = "not_attested"
    IDENTITY_UNCONFIRMED = "identity_unconfirmed"
    IDENTITY_NOT_COMPARABLE = "identity_not_comparable"
    CONTRADICTED = "contradicted"

    @property
    def is_gap(self) -> bool:
        """True when nothing points at a conflict: the world is open only because nobody closed it.

        A gap never raises `outcome` above `advise`; every other reason has evidence behind it.
        """
        return self in _GAPS


_GAPS = frozenset({Why.NOT_ATTESTED, Why.IDENTITY_NOT_COMPARABLE})


@dataclass(frozen=True, slots=True)
class Known:
    """A single value: an enum word, a count, or an amount in minor units."""

    value: str | int


@dataclass(frozen=True, slots=True)
class OneOf:
    """An enum fact of which only a set of possible words is known."""

    values: frozenset[str]
    why: Why


@dataclass(frozen=True, slots=True)
class Between:
    """A count or amount known only as an interval, both ends included."""

    low: int
    high: int
    why: Why


@dataclass(frozen=True, slots=True)
class On:
    """A date, full ("2024-05-01") or partial ("2024-05", "2024"): an interval of days.

    `why` is needed only for a partial date.
    """

    when: PartialDate
    why: Why = Why.NOT_RECORDED


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nothing is known of the fact."""

    why: Why


Fact = Known | OneOf | Between | On | Unknown


class FactGroup(StrEnum):
    """The audit commitment a fact belongs to; `tie` facts exist once per tie."""

    CARE = "care"
    EVENTS = "events"
    ACCOUNTS = "accounts"
    TIE = "tie"


class FactType(StrEnum):
    """How a fact is read and compared."""

    ENUM = "enum"
    DATE = "date"
    COUNT = "count"
    AMOUNT = "amount"


@dataclass(frozen=True, slots=True)
class FactSpec:
    """One word of the vocabulary that rules may use."""

    name: str
    group: FactGroup
    type: FactType
    question: str
    who_may_know: tuple[str, ...]
    values: tuple[str, ...] = ()
    none_value: str | None = None
    """What the record says while nobody stated otherwise; only facts that have one can be a gap."""


@dataclass(frozen=True, slots=True)
class TieFacts:
    """The facts of one tie. `ref` is opaque: it names a tie only inside one decision."""

    ref: str
    facts: Mapping[str, Fact] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything the packs are run on. Base facts hold the tie facts of "no tie found" as well."""

    as_of: date
    base: Mapping[str, Fact] = field(default_factory=dict)
    ties: tuple[TieFacts, ...] = ()
    candidates: frozenset[str] = frozenset()
    """Digests of the packs that may bind or not, as licence or location of service is unknown."""


def fact_to_json(fact: Fact) -> dict[str, Any]:
    """Canonical-JSON-safe form of one fact."""
    if isinstance(fact, Known):  # nearly all are
        return {"value": fact.value}
    match fact:
        case OneOf(values, why):
            return {"one_of": sorted(values), "why": why.value}
        case Between(low, high, why):
            return {"between": [low, high], "why": why.value}
        case On(when, why):
            body: dict[str, Any] = {"on": when.text}
            return body if when.is_full else body | {"why": why.value}
        case Unknown(why):
            return {"unknown": why.value}


def fact_from_json(body: Mapping[str, Any]) -> Fact:
    """Inverse of `fact_to_json`; ValueError on any other shape."""
    match dict(body):
        case {"value": value, **rest} if not rest:
            return Known(value)
        case {"one_of": values, "why": why, **rest} if not rest:
            return OneOf(frozenset(values), Why(why))
        case {"between": [low, high], "why": why, **rest} if not rest:
            return Between(low, high, Why(why))
        case {"on": text, **rest} if not rest.keys() - {"why"}:
            return On(PartialDate(text), Why(rest.get("why", Why.NOT_RECORDED)))
        case {"unknown": why, **rest} if not rest:
            return Unknown(Why(why))
    raise ValueError(f"not a fact: {sorted(body)}")


def facts_to_json(facts: Facts) -> dict[str, Any]:
    """Canonical-JSON-safe form of all facts, the input of replay."""
    candidates = {"candidates": sorted(facts.candidates)} if facts.candidates else {}
    return candidates | {
        "as_of": facts.as_of.isoformat(),
        "base": {name: fact_to_json(fact) for name, fact in sorted(facts.base.items())},
        "ties": [
            {
                "ref": tie.ref,
                "facts": {name: fact_to_json(fact) for name, fact in sorted(tie.facts.items())},
            }
            for tie in facts.ties
        ],
    }


def facts_from_json(body: Mapping[str, Any]) -> Facts:
    """Inverse of `facts_to_json`."""
    return Facts(
        as_of=date.fromisoformat(body["as_of"]),
        base={name: fact_from_json(fact) for name, fact in body["base"].items()},
        ties=tuple(
            TieFacts(
                tie["ref"], {name: fact_from_json(fact) for name, fact in tie["facts"].items()}
            )
            for tie in body["ties"]
        ),
        candidates=frozenset(body.get("candidates", ())),
    )
