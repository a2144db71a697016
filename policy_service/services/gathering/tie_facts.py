"""Turn tie paths into facts: opaque, without names, and honest about what is not sure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

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
from policy_service.domain.kin_readings import FARTHEST, generation
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
    Certainty.HINT: Why.NOT_ATTESTED,
}
_HINTED = "in the clinician's address book"
_OTHER_TIE_FACTS = ("tie_degree", "tie_state", "tie_via", "tie_began_on", "tie_ended_on")
_GRAVE = frozenset({TieCategory.PARTNER, TieCategory.EX_PARTNER})


@dataclass(frozen=True, slots=True)
class ReadTie:
    """A path as facts, with what officers and audiences need beside them."""

    facts: TieFacts
    path: Path
    composition: Composition
    category: TieCategory
    warning: str = ""
    """What is wrong with the record, in words: somebody contradicts themselves."""

    @property
    def label(self) -> str:
        """The path in words, without names."""
        if self.path.target.certainty is Certainty.HINT:
            return _HINTED
        return self.composition.label

    @property
    def evidence(self) -> dict[str, Any] | None:
        """Why it is thought of, where it is no fact: reasons and bits, without values."""
        return None if self.path.certainty is Certainty.FACT else self.path.target.evidence

    def known_to(self, clinician_id: str) -> bool:
        """True when it rests only on what this clinician stated or the client told."""
        return self.path.certainty is Certainty.FACT and self.path.stated_by(clinician_id)

    def in_words(self, clinician_id: str) -> dict[str, Any]:
        """What is kept beside the facts, to show the decision again."""
        kept = {"evidence": self.evidence, "warning": self.warning}
        return {
            "ref": self.facts.ref,
            "label": self.label,
            "certainty": self.path.certainty.value,
            "people": [edge.far for edge in self.path.edges],
            "known_to_clinician": self.known_to(clinician_id),
            **{name: said for name, said in kept.items() if said},
        }


def read_ties(paths: tuple[Path, ...]) -> tuple[ReadTie, ...]:
    """One set of tie facts per path, in the order given."""
    ties = tuple(_read(f"t{number}", path) for number, path in enumerate(paths[:MOST_TIES], 1))
    return tuple(_with_warning(tie, ties) for tie in ties)


def _with_warning(tie: ReadTie, ties: Sequence[ReadTie]) -> ReadTie:
    """Nobody is of two generations: then which is not known, and the record needs an eye."""
    against = [other for other in ties if _contradict(tie, other)]
    if not against:
        return tie
    both = [tie, *against]
    spans = [one.composition.degrees or (1, FARTHEST) for one in both]
    nearest, farthest = min(low for low, _ in spans), max(high for _, high in spans)
    unsure = Between(nearest, max(farthest, nearest + 1), Why.CONTRADICTED)
    words = " and ".join(sorted({one.label for one in both}))
    return replace(
        tie,
        facts=replace(tie.facts, facts={**tie.facts.facts, "tie_degree": unsure}),
        warning=f"The ties on record contradict each other: {words}. One of them must be wrong.",
    )


def _contradict(one: ReadTie, other: ReadTie) -> bool:
    """Both stated as facts, both by blood, and generations apart."""
    if {one.path.certainty, other.path.certainty} != {Certainty.FACT}:
        return False
    levels = [generation(tuple(step.kind for step in tie.path.steps)) for tie in (one, other)]
    return None not in levels and levels[0] != levels[1]


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
