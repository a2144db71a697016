"""Packs that may bind or not: their rules are read, and nothing in them holds definitely."""

from __future__ import annotations

from dataclasses import dataclass

from policy_service.domain.decisions import FactUsed, Missing, RuleReading, Truth
from policy_service.domain.facts import Facts, Known, Unknown, Why, fact_to_json
from policy_service.domain.vocabulary import JURISDICTION

_NOT_ASKED = Unknown(Why.NOT_ASKED)


@dataclass(frozen=True, slots=True)
class Doubt:
    """Which packs may not bind, and what has to be found out to tell."""

    packs: frozenset[str]
    missing: tuple[Missing, ...]
    used: tuple[FactUsed, ...]

    def cast_on(self, reading: RuleReading) -> RuleReading:
        """The reading of a rule that may not bind: what is true of it becomes unknown."""
        if reading.facets.pack_digest not in self.packs:
            return reading
        return reading._replace(
            closed=doubted(reading.closed),
            open=doubted(reading.open),
            missing=(*reading.missing, *self.missing),
            facts=(*reading.facts, *self.used),
        )


def doubted(truth: Truth) -> Truth:
    """What is false of a rule is false whether or not it binds."""
    return Truth.UNKNOWN if truth is Truth.TRUE else truth


def doubt_of(facts: Facts) -> Doubt:
    """The doubt that the facts leave about their candidates."""
    found = {name: facts.base.get(name, _NOT_ASKED) for name in sorted(JURISDICTION)}
    return Doubt(
        packs=facts.candidates,
        missing=tuple(
            Missing(name, None, fact.why)
            for name, fact in found.items()
            if not isinstance(fact, Known)
        ),
        used=tuple(FactUsed(name, fact_to_json(fact)) for name, fact in found.items()),
    )
