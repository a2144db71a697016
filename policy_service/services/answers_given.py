"""Answers given before, read in bulk and without opening a seal: what stands in their rows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Row, bindparam, select

from policy_service.database.tables.decisions import DecisionRow
from policy_service.database.tables.people import PersonRow
from policy_service.database.tables.registry import ClientRow
from policy_service.database.tables.reviews import CaseOccurrenceRow, CaseRow
from policy_service.database.tables.screenings import ScreeningRow
from policy_service.domain.answers_given import AnswerGiven
from policy_service.domain.outcomes import Outcome
from policy_service.domain.standings import Standing, advise
from policy_service.ledger.leaf import format_at
from policy_service.services.cases import least_settled, standing_today
from policy_service.services.chunks import rows_of
from policy_service.services.context import Context
from policy_service.services.ehr_answers import AnswerKind
from policy_service.services.screenings import NO_CLINICIAN

_WANTED: Any = bindparam("wanted", expanding=True)
_ERASED = PersonRow.erased_at.is_not(None).label("erased")


def _of_table(table: type[DecisionRow | ScreeningRow], *columns: Any) -> Any:
    named = (table.id, table.at, table.client_id, table.purpose, table.receipt)
    client = (ClientRow.practice_id == table.practice_id) & (ClientRow.id == table.client_id)
    person = (PersonRow.practice_id == ClientRow.practice_id) & (
        PersonRow.id == ClientRow.person_id
    )
    return (
        select(*named, *columns, _ERASED)
        .join(ClientRow, client)
        .join(PersonRow, person)
        .where(table.practice_id == bindparam("practice"), table.id.in_(_WANTED))
    )


_CHECKS = _of_table(
    DecisionRow,
    DecisionRow.clinician_id,
    DecisionRow.outcome,
    DecisionRow.could_become,
    DecisionRow.complete,
)
_SCREENINGS = _of_table(ScreeningRow)
_CASES = (
    select(CaseOccurrenceRow.decision_id, CaseRow)
    .join(
        CaseRow,
        (CaseRow.practice_id == CaseOccurrenceRow.practice_id)
        & (CaseRow.id == CaseOccurrenceRow.case_id),
    )
    .where(
        CaseOccurrenceRow.practice_id == bindparam("practice"),
        CaseOccurrenceRow.decision_id.in_(_WANTED),
    )
)


def answers_given(context: Context, ids: Iterable[str]) -> dict[str, AnswerGiven]:
    """The records of these ids, checks with the standing of today."""
    wanted = sorted(set(ids))
    standings = _standings(context, wanted)
    given: dict[str, AnswerGiven] = {}
    for row in rows_of(context, _CHECKS, wanted):
        given[row.id] = _check(row, standings.get(row.id, Standing.NONE))
    for row in rows_of(context, _SCREENINGS, wanted):
        given[row.id] = _screening(row)
    return given


def _standings(context: Context, ids: list[str]) -> dict[str, Standing]:
    """What `standing_of` says of each decision."""
    cases: dict[str, list[Standing]] = {}
    for decision_id, case in rows_of(context, _CASES, ids):
        cases.setdefault(decision_id, []).append(standing_today(context, case))
    return {decision_id: least_settled(found) for decision_id, found in cases.items()}


def _check(row: Row[Any], standing: Standing) -> AnswerGiven:
    about = {
        "clinician_id": row.clinician_id,
        "client_id": row.client_id,
        "purpose": row.purpose,
        "outcome": row.outcome,
        "could_become": row.could_become,
        "complete": row.complete,
        "standing": standing.value,
    }
    return AnswerGiven(
        AnswerKind.CHECK.value,
        row.id,
        format_at(row.at),
        row.receipt,
        row.clinician_id,
        advise(Outcome(row.outcome), standing, row.purpose),
        about,
        row.erased,
    )


def _screening(row: Row[Any]) -> AnswerGiven:
    about = {"client_id": row.client_id, "purpose": row.purpose}
    return AnswerGiven(
        AnswerKind.SCREENING.value,
        row.id,
        format_at(row.at),
        row.receipt,
        NO_CLINICIAN,
        None,
        about,
        row.erased,
    )
