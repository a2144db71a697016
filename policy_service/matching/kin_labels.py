"""What a kin candidate seems to be: a RoleCode guess with its reasons, always a question.

The label says what the *query* person seems to be to the *candidate*.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from policy_service.domain.kinship import converse, sexed
from policy_service.domain.ties import TIE_KINDS
from policy_service.matching.births import GENERATION
from policy_service.matching.hypotheses import Weighing
from policy_service.matching.normalise import Features
from policy_service.matching.relatives import naming

_SAME_FAMILY = frozenset({"exact", "part", "close", "near", "sound"})
_UNSAID = {"partner": "SIGOTHR", "guardian": "guardian", "family": "FAMMEMB"}


@dataclass(frozen=True, slots=True)
class KinLabel:
    """A RoleCode or own code, and why it was guessed."""

    code: str
    reasons: tuple[str, ...]


def infer_label(query: Features, candidate: Features, weighing: Weighing) -> KinLabel:
    """The first reading that the records allow, the most explicit first."""
    return next(_readings(query, candidate, weighing))


def _readings(query: Features, candidate: Features, weighing: Weighing) -> Iterator[KinLabel]:
    yield from _stated(query, candidate)
    same_family = weighing.level("family") in _SAME_FAMILY
    gap = _years_older(query, candidate)
    if weighing.level("rule") == "twin":
        yield _label("TWIN", query.sex, "same birth date and family name, another given name")
    if gap is not None and abs(gap) >= GENERATION and (same_family or not _at_home(weighing)):
        code = "PRN" if gap > 0 else "CHILD"
        yield _label(code, query.sex, f"births {abs(gap)} years apart")
    if _bears_former_name(query, candidate):
        yield KinLabel("FMRSPS", ("a former or maiden name of one is the other's family name",))
    yield _of_one_generation(query, candidate, weighing, same_family)


def _stated(query: Features, candidate: Features) -> Iterator[KinLabel]:
    for person in naming(candidate, query):
        if code := person.relation if person.relation in TIE_KINDS else _UNSAID.get(person.role):
            yield KinLabel(code, (f"named as {person.role} by the person on record",))
    for person in naming(query, candidate):
        if code := person.relation if person.relation in TIE_KINDS else _UNSAID.get(person.role):
            reasons = (f"names the person on record as {person.role}",)
            yield KinLabel(converse(code, query.sex), reasons)


def _of_one_generation(
    query: Features, candidate: Features, weighing: Weighing, same_family: bool
) -> KinLabel:
    opposite = {query.sex, candidate.sex} == {"male", "female"}
    at_home = _at_home(weighing)
    if same_family and at_home and opposite:
        return _label("SPS", query.sex, "one home, one family name, one generation")
    if same_family:
        return _label("SIB", query.sex, "one family name, one generation")
    if at_home and opposite:
        return _label("SPS", query.sex, "one home, one generation, another family name")
    if at_home:
        return KinLabel("ROOM", ("one home, nothing else in common",))
    return KinLabel("FAMMEMB", ("shared contact points or contacts",))


def _label(code: str, sex: str, reason: str) -> KinLabel:
    return KinLabel(sexed(code, sex), (reason,))


def _at_home(weighing: Weighing) -> bool:
    street = weighing.level("street") in ("exact", "close") and weighing.level("house") == "exact"
    return street or weighing.level("phone") == "exact"


def _years_older(query: Features, candidate: Features) -> int | None:
    if not (query.birth and candidate.birth):
        return None
    return candidate.birth.year - query.birth.year


def _bears_former_name(query: Features, candidate: Features) -> bool:
    return bool(_former(query) & _current(candidate) or _former(candidate) & _current(query))


def _former(features: Features) -> set[str]:
    return {name.family for name in features.names if name.kind == "former"} - {""}


def _current(features: Features) -> set[str]:
    return {name.family for name in features.names if name.kind == "legal"} - {""}
