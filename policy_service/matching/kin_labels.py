"""What a kin candidate seems to be: a RoleCode guess with its reasons, always a question.

The label says what the *query* person seems to be to the *candidate*.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from policy_service.matching.hypotheses import Weighing
from policy_service.matching.normalise import Features, NamedPerson
from policy_service.matching.relatives import naming

if TYPE_CHECKING:  # who compares plain records alone does not pay for hashes
    from policy_service.matching.hashed_comparisons import Hashed

_UNSAID = {"partner": "SIGOTHR", "guardian": "guardian", "family": "FAMMEMB"}
_BETWEEN_GENERATIONS = frozenset({"parent_or_child", "namesake"})
_SHARED = (
    ("family", ("exact", "close", "near", "sound", "part"), "one family name"),
    ("family", ("former",), "a former name of one is the other's family name"),
    ("house", ("exact",), "one home"),
    ("phone", ("exact",), "one phone"),
    ("birth_date", ("exact", "year_and_month", "year"), "one birth date"),
    ("birth_date", ("near_year", "different"), "of one generation"),
    ("birth_date", ("generation_apart", "generations_apart"), "a generation apart"),
)


@dataclass(frozen=True, slots=True)
class KinLabel:
    """A RoleCode or own code, and why it was guessed."""

    code: str
    reasons: tuple[str, ...]


def infer_label(
    query: Features, candidate: Features | Hashed, weighing: Weighing, typical_birth_year: int
) -> KinLabel:
    """What the records state of each other, else the kind of kin that explains them best."""
    from policy_service.domain.kinship import sexed  # whole tables: loaded by the first kin

    stated = next(_stated(query, candidate, weighing), None)
    if stated:
        return stated
    code = weighing.kind.label
    if weighing.kind.name in _BETWEEN_GENERATIONS:
        code = "PRN" if _years_older(query, candidate, typical_birth_year) >= 0 else "CHILD"
    reasons = tuple(said for field, at, said in _SHARED if weighing.level(field) in at)
    return KinLabel(sexed(code, query.sex), reasons or ("shared contact points or contacts",))


def _stated(
    query: Features, candidate: Features | Hashed, weighing: Weighing
) -> Iterator[KinLabel]:
    from policy_service.domain.kinship import converse

    if not isinstance(candidate, Features):
        named: tuple[NamedPerson, ...] = ()
        if weighing.level("named_contact") and len(query.related) == 1:
            named = query.related
    else:
        named = tuple(naming(query, candidate))
        for person in naming(candidate, query):
            if code := _stated_code(person):
                yield KinLabel(code, (f"named as {person.role} by the person on record",))
    for person in named:
        if code := _stated_code(person):
            reasons = (f"names the person on record as {person.role}",)
            yield KinLabel(converse(code, query.sex), reasons)


def _stated_code(person: NamedPerson) -> str:
    from policy_service.domain.ties import TIE_KINDS

    return person.relation if person.relation in TIE_KINDS else _UNSAID.get(person.role, "")


def _years_older(query: Features, candidate: Features | Hashed, typical: int) -> int:
    """By how many years the query person is the elder; one unknown birth is taken for typical."""
    born = query.birth.year if query.birth else typical
    return (candidate.birth.year if candidate.birth else typical) - born
