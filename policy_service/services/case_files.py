"""Open a case: its evidence, its history and what may be done next. Reading it is an entry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from policy_service.audit.log import Owned
from policy_service.database.tables.decisions import DecisionRow
from policy_service.database.tables.directory import LoginRow
from policy_service.database.tables.registry import ClientRow, ClinicianRow
from policy_service.database.tables.reviews import CaseOccurrenceRow, CaseRow
from policy_service.domain.audiences import Audience, redact
from policy_service.domain.principals import Role
from policy_service.domain.reviews import CaseView, MoveKind
from policy_service.errors import NotFound
from policy_service.services.case_moves import Move, moves_of
from policy_service.services.case_queue import WITHHELD, names_of
from policy_service.services.case_steps import require_sight, view_of
from policy_service.services.consultations import independent_consultants
from policy_service.services.context import Context
from policy_service.services.decisions import (
    Recorded,
    Render,
    answer_of,
    pseudonym_of,
    read_decision,
)
from policy_service.services.dispositions import deciders
from policy_service.services.logins import enabled_logins, logins
from policy_service.services.shown_names import shown_names

SHOWN_CHECKS = 20


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A check that raised, or again met, the question."""

    decision_id: str
    at: datetime
    purpose: str
    outcome: str
    as_of: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """Someone the client is, or may be: the field evidence in hundredths of bits."""

    person_id: str
    name: str
    band: str
    hypothesis: str
    bits: int
    verdict: str | None
    evidence: tuple[Mapping[str, Any], ...]
    not_compared: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Deliberation:
    """The newest version of the deliberation. `covers_facts` False: written on other facts."""

    answers: Mapping[str, str]
    is_complete: bool
    is_late: bool
    covers_facts: bool


@dataclass(frozen=True, slots=True)
class CaseFile:
    """All of a case that this reader may see."""

    case: CaseRow
    view: CaseView
    clinician: str
    client: str
    client_person: str
    recorded: Recorded
    answer: Mapping[str, Any]
    identity: Mapping[str, Any]
    candidates: tuple[Candidate, ...]
    occurrences: tuple[Occurrence, ...]
    moves: tuple[Move, ...]
    deliberation: Deliberation | None
    people: Mapping[str, str]
    consultants: tuple[LoginRow, ...]
    officers: tuple[LoginRow, ...]
    has_decider: bool

    @property
    def actors(self) -> dict[str, str]:
        """Names of accounts by actor reference."""
        return {f"account:{login_id}": name for login_id, name in self.people.items()}

    @property
    def override_asked(self) -> Move | None:
        """The newest request for an override."""
        asked = [move for move in self.moves if move.kind is MoveKind.OVERRIDE_ASKED]
        return asked[-1] if asked else None


def open_case(context: Context, case_id: str, render: Render) -> CaseFile:
    """Everything about a case, with the evidence of its newest check.

    Officers see the names on a tie path; a consultant sees everything but names. KeyNotHeld after
    the client's erasure.
    """
    case = context.session.get(CaseRow, (context.practice_id, case_id))
    if case is None:
        raise NotFound
    require_sight(context, case)
    _log(context, case)
    moves = moves_of(context, case)
    occurrences = _occurrences(context, case)
    recorded = read_decision(context, occurrences[0].decision_id)
    officer = is_officer(context)
    answer = answer_of(context, recorded, render, officer)
    identity = recorded.context["identity"]
    names = _names(context, case) if officer else _withheld(context, case)
    client = context.session.get_one(ClientRow, (context.practice_id, case.client_id))
    return CaseFile(
        case=case,
        view=view_of(context, case, moves),
        clinician=names[0],
        client=names[1],
        client_person=client.person_id,
        recorded=recorded,
        answer=redact(answer, Audience.OFFICER if officer else Audience.EHR),
        identity=identity,
        candidates=_candidates(context, identity, officer),
        occurrences=tuple(occurrences),
        moves=tuple(moves),
        deliberation=_deliberation(case, moves),
        people={row.id: row.name for row in logins(context)},
        consultants=tuple(independent_consultants(context, case)),
        officers=tuple(enabled_logins(context, Role.COMPLIANCE, Role.APPROVER)),
        has_decider=bool(deciders(context, case)),
    )


def is_officer(context: Context) -> bool:
    """Whether names are shown."""
    return context.principal.has(Role.COMPLIANCE, Role.APPROVER, Role.AUDITOR)


def _names(context: Context, case: CaseRow) -> tuple[str, str]:
    clinician = names_of(context, ClinicianRow, {case.clinician_id})[case.clinician_id]
    return clinician, names_of(context, ClientRow, {case.client_id})[case.client_id]


def _withheld(context: Context, case: CaseRow) -> tuple[str, str]:
    return _names(context, case)[0], WITHHELD


def _occurrences(context: Context, case: CaseRow) -> list[Occurrence]:
    """The newest first."""
    rows = context.session.scalars(
        select(DecisionRow)
        .join(
            CaseOccurrenceRow,
            (CaseOccurrenceRow.practice_id == DecisionRow.practice_id)
            & (CaseOccurrenceRow.decision_id == DecisionRow.id),
        )
        .where(CaseOccurrenceRow.case_id == case.id)
        .order_by(CaseOccurrenceRow.at.desc(), DecisionRow.id)
        .limit(SHOWN_CHECKS)
    )
    return [Occurrence(row.id, row.at, row.purpose, row.outcome, row.as_of) for row in rows]


def _candidates(
    context: Context, identity: Mapping[str, Any], officer: bool
) -> tuple[Candidate, ...]:
    found = identity["candidates"]
    names = shown_names(context, {one["person"] for one in found}) if officer else {}
    return tuple(
        Candidate(
            person_id=one["person"],
            name=names.get(one["person"], "erased" if officer else WITHHELD),
            band=one["band"],
            hypothesis=one["hypothesis"],
            bits=one["bits"],
            verdict=one["verdict"],
            evidence=tuple(one["evidence"]),
            not_compared=tuple(one["not_compared"]),
        )
        for one in found
    )


def _deliberation(case: CaseRow, moves: list[Move]) -> Deliberation | None:
    saved = [move for move in moves if move.kind is MoveKind.DELIBERATED]
    if not saved:
        return None
    words = saved[-1].words
    return Deliberation(
        words["answers"],
        words["complete"],
        words["late"],
        words["facts_digest"] == case.facts_digest,
    )


def _log(context: Context, case: CaseRow) -> None:
    client = context.session.get_one(ClientRow, (context.practice_id, case.client_id))
    context.log(
        "case.read",
        {"case": Owned({"case": case.id})},
        subjects=frozenset({pseudonym_of(context, client.person_id)}),
    )
