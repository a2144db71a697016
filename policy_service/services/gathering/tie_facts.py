"""Turn tie paths into facts: opaque, without names, and honest about what is not sure."""

from __future__ import annotations

from dataclasses import dataclass

from policy_service.domain.attestations import AttestationKind, uncovered_categories
from policy_service.domain.dates import PartialDate
from policy_service.domain.facts import (
    NOT_APPLICABLE,
    Between,
    Fact,
    Known,
    On,
    OneOf,
    TieFacts,
    Unknown,
    Why,
)
from policy_service.domain.kinship import Composition, Via, compose
from policy_service.domain.ties import TieCategory
from policy_service.services.gathering.paths import Path
from policy_service.services.gathering.targets import Certainty
from policy_service.services.recognition import Match

MOST_TIES = 12
"""Paths beyond this many, nearest and surest first, are not put to the rules one by one."""

_WHY = {
    Certainty.PROBABLE: Why.IDENTITY_UNCONFIRMED,
    Certainty.INFERRED: Why.NOT_ASKED,
    Certainty.POSSIBLE: Why.IDENTITY_NOT_COMPARABLE,
}
_OTHER_TIE_FACTS = ("tie_degree", "tie_state", "tie_via", "tie_began_on", "tie_ended_on")
_GRAVE = frozenset({TieCategory.PARTNER, TieCategory.EX_PARTNER})


@dataclass(frozen=True, slots=True)
class ReadTie:
    """A path as facts, with what officers and audiences need beside them."""

    facts: TieFacts
    path: Path
    composition: Composition
    category: TieCategory

    @property
    def label(self) -> str:
        """The path in words, without names."""
        return self.composition.label

    def known_to(self, clinician_id: str) -> bool:
        """True when it rests only on what this clinician stated or the client told."""
        if self.path.certainty is not Certainty.FACT:
            return False
        return all(
            edge.tie is None or edge.tie.clinician_id == clinician_id or edge.tie.source == "client"
            for edge in self.path.edges
        )


def read_ties(paths: tuple[Path, ...]) -> tuple[ReadTie, ...]:
    """One set of tie facts per path, in the order given."""
    return tuple(_read(f"t{number}", path) for number, path in enumerate(paths[:MOST_TIES], 1))


def _read(ref: str, path: Path) -> ReadTie:
    composition = compose(path.steps)
    category = composition.category or composition.reached or _first_category(path)
    facts: dict[str, Fact] = {
        "tie": _tie(path, category, composition),
        "tie_degree": _degree(composition),
        "tie_state": Known("ended" if composition.ended else "current"),
        "tie_via": _via(composition),
        "tie_began_on": _date(composition.since),
        "tie_ended_on": _date(composition.until) if composition.ended else Known(NOT_APPLICABLE),
    }
    return ReadTie(TieFacts(ref, facts), path, composition, category)


def _first_category(path: Path) -> TieCategory:
    """What the first person on the path is to the clinician, when no longer part has a word."""
    return compose(path.steps[:1]).category or TieCategory.OTHER


def _tie(path: Path, category: TieCategory, composition: Composition) -> Fact:
    words = frozenset({category.value} | {other.value for other in composition.may_be})
    certainty = path.certainty
    if certainty is Certainty.FACT:
        return Known(category.value) if len(words) == 1 else OneOf(words, Why.NOT_RECORDED)
    why = _WHY[certainty]
    if certainty is Certainty.POSSIBLE and _deserves_a_case(path.target.match, category):
        why = Why.IDENTITY_UNCONFIRMED
    return OneOf(words | {"none"}, why)


def _deserves_a_case(match: Match | None, category: TieCategory) -> bool:
    """A merely possible identity opens a case only for a tie that could prohibit."""
    return match is not None and category in _GRAVE


def _degree(composition: Composition) -> Fact:
    if composition.degrees is None:
        return Known(NOT_APPLICABLE)
    low, high = composition.degrees
    return Known(low) if low == high else Between(low, high, Why.NOT_RECORDED)


def _via(composition: Composition) -> Fact:
    """SELF for what is one tie, or composes to one; both where the chain may be kinship or not."""
    if composition.category is not None:
        return Known(Via.SELF.value)
    if composition.may_be:
        return OneOf(frozenset({Via.SELF.value, composition.via.value}), Why.NOT_RECORDED)
    return Known(composition.via.value)


def _date(text: str) -> Fact:
    return On(PartialDate(text)) if text else Unknown(Why.NOT_RECORDED)


def base_tie_facts(attested: frozenset[AttestationKind], comparable: bool) -> dict[str, Fact]:
    """The tie facts when no tie was found: `none` only where the world is closed."""
    if not comparable:
        return {"tie": Unknown(Why.IDENTITY_NOT_COMPARABLE)}
    if not attested:
        return {"tie": Unknown(Why.NOT_ATTESTED)}
    open_categories = uncovered_categories(attested)
    if open_categories:
        possible = frozenset({"none"} | {category.value for category in open_categories})
        return {"tie": OneOf(possible, Why.NOT_ATTESTED)}
    facts: dict[str, Fact] = dict.fromkeys(_OTHER_TIE_FACTS, Known(NOT_APPLICABLE))
    return facts | {"tie": Known("none")}
