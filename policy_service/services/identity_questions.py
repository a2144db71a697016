"""Who may be whom: the open questions of identity, and two records side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from policy_service.audit.log import Owned
from policy_service.database.tables.people import IdentityVerdictRow
from policy_service.database.tables.registry import ClientRow
from policy_service.database.tables.reviews import CaseOccurrenceRow, CaseRow
from policy_service.domain.principals import Role
from policy_service.domain.reviews import CaseState
from policy_service.matching.bands import Band
from policy_service.matching.hypotheses import Hypothesis
from policy_service.services.case_steps import require_role
from policy_service.services.context import Context
from policy_service.services.decisions import pseudonym_of, read_decision
from policy_service.services.identity import verdicts_on
from policy_service.services.people import Person, open_person
from policy_service.services.recognition import Explained, explain
from policy_service.services.shown_names import shown_name, shown_names
from policy_service.vault.errors import KeyNotHeld

CASES_LOOKED_AT = 100
_ASKED = ("certain", "probable")


@dataclass(frozen=True, slots=True)
class IdentityQuestion:
    """Two persons who are probably one, or kin, and on whom nobody has given a verdict."""

    case_id: str
    client_person: str
    client: str
    other_person: str
    other: str
    band: str
    hypothesis: str
    bits: int


@dataclass(frozen=True, slots=True)
class Pair:
    """Two records, how they compare, and what officers have said."""

    first: Person
    second: Person
    first_name: str
    second_name: str
    explained: Explained | None
    """None where of both only hashes are kept: nothing that could be shown was compared."""
    verdicts: tuple[IdentityVerdictRow, ...]


@dataclass(frozen=True, slots=True)
class _Found:
    case_id: str
    client_person: str
    other_person: str
    band: str
    hypothesis: str
    bits: int


def identity_questions(context: Context) -> list[IdentityQuestion]:
    """The questions behind the cases that are open, surest first, each pair once."""
    require_role(context, Role.COMPLIANCE, Role.APPROVER)
    cases = context.session.scalars(
        select(CaseRow)
        .where(CaseRow.state != CaseState.CLOSED.value)
        .order_by(CaseRow.due_on, CaseRow.id)
        .limit(CASES_LOOKED_AT)
    ).all()
    pairs: dict[tuple[str, str], _Found] = {}
    for case in cases:
        for found in _of_case(context, case):
            pairs.setdefault((found.client_person, found.other_person), found)
    context.log("identity.listed", {"query": Owned({"shown": len(pairs)})})
    return _named(context, sorted(pairs.values(), key=lambda one: -one.bits))


def _of_case(context: Context, case: CaseRow) -> list[_Found]:
    newest = context.session.scalars(
        select(CaseOccurrenceRow.decision_id)
        .where(CaseOccurrenceRow.case_id == case.id)
        .order_by(CaseOccurrenceRow.at.desc(), CaseOccurrenceRow.decision_id)
        .limit(1)
    ).one()
    client = context.session.get_one(ClientRow, (context.practice_id, case.client_id))
    try:
        candidates = read_decision(context, newest).context["identity"]["candidates"]
    except KeyNotHeld:
        return []
    judged = {_other(row, client.person_id) for row in verdicts_on(context, client.person_id)}
    return [
        _Found(
            case.id, client.person_id, one["person"], one["band"], one["hypothesis"], one["bits"]
        )
        for one in candidates
        if _is_open(one) and one["person"] not in judged
    ]


def _is_open(candidate: Mapping[str, Any]) -> bool:
    """Probable, or sure that it is kin; a certain identity counts as a fact and is no question."""
    if candidate["verdict"] is not None or candidate["band"] not in _ASKED:
        return False
    return (candidate["hypothesis"], candidate["band"]) != (Hypothesis.SELF, Band.CERTAIN)


def _other(row: IdentityVerdictRow, person_id: str) -> str:
    return row.person_b if row.person_a == person_id else row.person_a


def _named(context: Context, pairs: list[_Found]) -> list[IdentityQuestion]:
    wanted = {person for one in pairs for person in (one.client_person, one.other_person)}
    names = shown_names(context, wanted)
    return [
        IdentityQuestion(
            case_id=one.case_id,
            client_person=one.client_person,
            client=names.get(one.client_person, "erased"),
            other_person=one.other_person,
            other=names.get(one.other_person, "erased"),
            band=one.band,
            hypothesis=one.hypothesis,
            bits=one.bits,
        )
        for one in pairs
    ]


def open_pair(context: Context, first_id: str, second_id: str) -> Pair:
    """Two persons side by side. NotFound unless both are persons of this practice."""
    require_role(context, Role.COMPLIANCE, Role.APPROVER)
    first, second = open_person(context, first_id), open_person(context, second_id)
    context.log(
        "identity.read",
        {"pair": Owned({"first": first_id, "second": second_id})},
        subjects=frozenset({pseudonym_of(context, first_id), pseudonym_of(context, second_id)}),
    )
    both = {first_id, second_id}
    given = [r for r in verdicts_on(context, first_id) if {r.person_a, r.person_b} == both]
    return Pair(
        first=first,
        second=second,
        first_name=shown_name(context, first),
        second_name=shown_name(context, second),
        explained=_explained(context, first, second),
        verdicts=tuple(given),
    )


def _explained(context: Context, first: Person, second: Person) -> Explained | None:
    """A record is compared with hashes, never the other way round: whoever is in plain asks."""
    if first.hashed is not None:
        return explain(context, second.record, first) if second.hashed is None else None
    return explain(context, first.record, second)
