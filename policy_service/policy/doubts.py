"""Rules that may not bind: they are read, and nothing in them holds definitely.

A whole pack may not bind while the licence or the place of service is unknown; a rule may not
while the conduct may lie before it came into force, or after it went out. What would be true then
reads as unknown and asks for what would tell; what is false is false whether or not it binds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from policy_service.domain.decisions import FactUsed, Missing, RuleReading, Truth
from policy_service.domain.facts import Fact, Facts, Known, Unknown, Why, fact_to_json
from policy_service.domain.vocabulary import JURISDICTION
from policy_service.policy.plan import Step

_NOT_ASKED = Unknown(Why.NOT_ASKED)
DAY_OF_CONDUCT = "event_on"


@dataclass(frozen=True, slots=True)
class Doubts:
    """Which packs and rules of a plan may not bind on these facts."""

    facts: Facts
    rules: int
    """The rules whose conduct may lie outside the days they are in force."""

    def hang_over(self, step: Step) -> bool:
        """True when the rule may not bind."""
        return step.pack.digest in self.facts.candidates or bool(self.rules >> step.place & 1)

    def cast_on(self, step: Step, reading: RuleReading) -> RuleReading:
        """The reading of a rule that may not bind; any other as it is."""
        if not self.hang_over(step):
            return reading
        names = self._missing_of(step)
        found = {name: self.facts.base.get(name, _NOT_ASKED) for name in names}
        shown = {used.name for used in reading.facts}
        return reading._replace(
            closed=doubted(reading.closed),
            open=doubted(reading.open),
            missing=tuple(dict.fromkeys((*reading.missing, *_missing(found.items())))),
            facts=(
                *reading.facts,
                *(FactUsed(n, fact_to_json(f)) for n, f in found.items() if n not in shown),
            ),
        )

    def _missing_of(self, step: Step) -> list[str]:
        names = sorted(JURISDICTION) if step.pack.digest in self.facts.candidates else []
        return [DAY_OF_CONDUCT, *names] if self.rules >> step.place & 1 else names


def doubted(truth: Truth) -> Truth:
    """What is false of a rule is false whether or not it binds."""
    return Truth.UNKNOWN if truth is Truth.TRUE else truth


def _missing(found: Iterable[tuple[str, Fact]]) -> Iterable[Missing]:
    for name, fact in found:
        if not isinstance(fact, Known):
            yield Missing(name, None, fact.why)
