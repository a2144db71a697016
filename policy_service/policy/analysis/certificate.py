"""Certificates: proof, or refutation by example, that a new version loosens nothing.

A certificate claims what it says for every view in which each fact is known, and for every view in
which facts are wholly unknown as well. It says nothing of facts known in part ("2022", "friend or
relative"), nor of obligations, clocks and wording. `bounds` stands where not all of this could be
decided; `says` tells which part was.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from policy_service.policy.analysis.comparison import (
    Counted,
    PackName,
    change_between,
    counted_change,
    try_change,
)
from policy_service.policy.analysis.levels import Change, Level, levels_in
from policy_service.policy.analysis.witnesses import Witness, witness
from policy_service.policy.pack import SEMANTICS, Pack

DECIDER = "decision diagram"
DECIDER_VERSION = 1


class Query(StrEnum):
    """What is asked."""

    NO_PROHIBIT_LOOSENED = "no_prohibit_loosened"
    NOTHING_LOOSENED = "nothing_loosened"


class Result(StrEnum):
    """What was found."""

    HOLDS = "holds"
    REFUTED = "refuted"
    BOUNDS = "bounds"


_LOOSENS: dict[Query, Callable[[Level, Level], bool]] = {
    Query.NO_PROHIBIT_LOOSENED: lambda old, new: old >= Level.PROHIBIT and new < old,
    Query.NOTHING_LOOSENED: lambda old, new: new < old,
}


@dataclass(frozen=True, slots=True)
class Claim:
    """One question and its answer; a refutation brings its witness."""

    query: Query
    result: Result
    says: str
    counterexample: Witness | None

    def to_json(self) -> dict[str, Any]:
        """Canonical-JSON-safe form."""
        return {
            "query": self.query.value,
            "result": self.result.value,
            "says": self.says,
            "counterexample": self.counterexample.to_json() if self.counterexample else None,
        }


@dataclass(frozen=True, slots=True)
class Certificate:
    """The answers for two packs, with what was examined and by which decider."""

    old: PackName
    new: PackName
    claims: tuple[Claim, ...]
    known: Counted
    with_unknowns: Counted | None

    def claim(self, query: Query) -> Claim:
        """The answer to one question."""
        return next(claim for claim in self.claims if claim.query is query)

    @property
    def result(self) -> Result:
        """Whether any prohibition was loosened: the question that stops an activation."""
        return self.claim(Query.NO_PROHIBIT_LOOSENED).result

    def to_json(self) -> dict[str, Any]:
        """Canonical-JSON-safe form; counts are decimal text."""
        examined = str(self.with_unknowns.combinations) if self.with_unknowns else None
        return {
            "old": self.old.to_json(),
            "new": self.new.to_json(),
            "semantics": SEMANTICS,
            "decider": DECIDER,
            "decider_version": DECIDER_VERSION,
            "combinations": str(self.known.combinations),
            "combinations_with_unknowns": examined,
            "claims": [claim.to_json() for claim in self.claims],
        }


def prove_no_loosening(old: Pack, new: Pack) -> Certificate:
    """Both questions for an old and a new version of a pack.

    Loosened is whatever ends at a lower level: a lower outcome or `if_unknown`, a condition that
    holds less often, a rule removed, struck down, made a draft or bound for a shorter time, and a
    prohibition that may now be lifted.
    """
    known = change_between(old, new, unknowns=False)
    unknown = try_change(old, new)
    study = _Study(old, new, known, unknown)
    return Certificate(
        old=PackName.of(old),
        new=PackName.of(new),
        claims=tuple(study.claim(query) for query in Query),
        known=counted_change(known),
        with_unknowns=counted_change(unknown) if unknown else None,
    )


@dataclass(frozen=True, slots=True)
class _Study:
    """The change between two packs, with and without unknowns."""

    old: Pack
    new: Pack
    known: Change
    unknown: Change | None

    def claim(self, query: Query) -> Claim:
        for change in (self.known, self.unknown):
            found = self._counterexample(change, query) if change else None
            if found is not None:
                return self._refuted(query, found)
        if self.unknown is None:
            says = "Holds for all known facts; with unknowns there are too many to tell."
            return Claim(query, Result.BOUNDS, says, None)
        if not self.unknown.proves:
            says = "Holds for all known facts; where dates are unknown, the diagram only bounds."
            return Claim(query, Result.BOUNDS, says, None)
        return Claim(query, Result.HOLDS, "Holds for all facts, each known or unknown.", None)

    def _counterexample(self, change: Change, query: Query) -> Witness | None:
        loosens = _LOOSENS[query]
        worst = max(
            (leaf for leaf in change.leaves if loosens(*levels_in(leaf))),
            key=lambda leaf: (levels_in(leaf)[0], -levels_in(leaf)[1]),
            default=None,
        )
        return None if worst is None else witness(change, worst, self.old, self.new)

    def _refuted(self, query: Query, found: Witness) -> Claim:
        if not found.confirmed:
            return Claim(query, Result.BOUNDS, "The engine does not confirm the example.", found)
        says = f"{found.old.word} before, {found.new.word} after, on this record."
        return Claim(query, Result.REFUTED, says, found)
