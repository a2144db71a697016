"""The queue of cases: filters, a keyset cursor, names. Reading it is an audit entry."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select

from policy_service.audit.log import Owned
from policy_service.database.tables.registry import ClientRow, ClinicianRow
from policy_service.database.tables.reviews import CaseRow
from policy_service.domain.principals import Role
from policy_service.domain.reviews import CaseState
from policy_service.errors import FieldError, InvalidRequest
from policy_service.services.case_steps import require_role
from policy_service.services.context import Context
from policy_service.services.people import full_name, open_people

PAGE = 50
ANY_OPEN = "any_open"
ALL = "all"
STATES = (ANY_OPEN, *(state.value for state in CaseState), ALL)


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """What to list. `after` is the cursor of the page before: "due_on|id"."""

    state: str = ANY_OPEN
    kind: str = ""
    outcome: str = ""
    clinician_id: str = ""
    assigned_to: str = ""
    overdue: bool = False
    after: str = ""


@dataclass(frozen=True, slots=True)
class QueueLine:
    """One case in the list. A consultant is shown no client's name."""

    id: str
    clinician: str
    client: str
    kind: str
    state: str
    standing: str
    outcome: str
    due_on: str
    is_overdue: bool
    valid_until: str | None
    assigned_to: str | None
    is_own: bool


@dataclass(frozen=True, slots=True)
class QueuePage:
    """A page of the queue; `next` is the cursor of the next one, empty on the last."""

    lines: tuple[QueueLine, ...]
    next: str


def list_cases(context: Context, wanted: QueueFilter) -> QueuePage:
    """Cases by due date. Officers and auditors see all, a consultant those put to them."""
    require_role(context, Role.COMPLIANCE, Role.APPROVER, Role.AUDITOR, Role.CONSULTANT)
    rows = list(context.session.scalars(_query(context, wanted)))
    shown = rows[:PAGE]
    cursor = f"{shown[-1].due_on or ''}|{shown[-1].id}" if len(rows) > PAGE else ""
    _log(context, wanted, shown)
    return QueuePage(tuple(_lines(context, shown)), cursor)


def _query(context: Context, wanted: QueueFilter) -> Select[CaseRow]:
    query = select(CaseRow).where(*_conditions(context, wanted))
    if wanted.after:
        due_on, _, case_id = wanted.after.partition("|")
        later = or_(CaseRow.due_on > due_on, and_(CaseRow.due_on == due_on, CaseRow.id > case_id))
        query = query.where(later)
    return query.order_by(CaseRow.due_on, CaseRow.id).limit(PAGE + 1)


def _conditions(context: Context, wanted: QueueFilter) -> Iterable[ColumnElement[bool]]:
    if wanted.state not in STATES:
        raise InvalidRequest(
            errors=[FieldError("/query/state", "Another word is required.", STATES)]
        )
    if wanted.state == ANY_OPEN:
        yield CaseRow.state != CaseState.CLOSED.value
    elif wanted.state != ALL:
        yield CaseRow.state == wanted.state
    for column, value in (
        (CaseRow.kind, wanted.kind),
        (CaseRow.outcome, wanted.outcome),
        (CaseRow.clinician_id, wanted.clinician_id),
        (CaseRow.assigned_to, wanted.assigned_to),
    ):
        if value:
            yield column == value
    if wanted.overdue:
        yield and_(
            CaseRow.due_on < context.today.isoformat(), CaseRow.state != CaseState.CLOSED.value
        )
    if not _is_officer(context):
        yield CaseRow.consultant_id == context.principal.id
        yield CaseRow.state != CaseState.CLOSED.value


def _is_officer(context: Context) -> bool:
    return context.principal.has(Role.COMPLIANCE, Role.APPROVER, Role.AUDITOR)


def _lines(context: Context, rows: list[CaseRow]) -> Iterable[QueueLine]:
    clinicians = names_of(context, ClinicianRow, {row.clinician_id for row in rows})
    clients = names_of(context, ClientRow, {row.client_id for row in rows})
    today = context.today.isoformat()
    for row in rows:
        is_open = row.state != CaseState.CLOSED
        yield QueueLine(
            id=row.id,
            clinician=clinicians[row.clinician_id],
            client=clients[row.client_id] if _is_officer(context) else WITHHELD,
            kind=row.kind,
            state=row.state,
            standing=row.standing,
            outcome=row.outcome,
            due_on=row.due_on or "",
            is_overdue=is_open and bool(row.due_on) and str(row.due_on) < today,
            valid_until=row.valid_until,
            assigned_to=row.assigned_to,
            is_own=row.clinician_id == context.principal.clinician_id,
        )


WITHHELD = "name withheld"
"""What a consultant is shown in place of a client's name."""


def names_of(
    context: Context, table: type[ClinicianRow | ClientRow], row_ids: set[str]
) -> dict[str, str]:
    """Display names of clinicians or clients by their ids; "erased" for the erased."""
    query = select(table.id, table.person_id).where(
        table.practice_id == context.practice_id, table.id.in_(sorted(row_ids))
    )
    people: dict[str, Any] = dict(context.session.execute(query).all())
    opened = {
        person.id: full_name(person) for person in open_people(context, list(people.values()))
    }
    return {row_id: opened.get(person_id, "erased") for row_id, person_id in people.items()}


def _log(context: Context, wanted: QueueFilter, rows: list[CaseRow]) -> None:
    said = {"state": wanted.state, "kind": wanted.kind, "cases": [row.id for row in rows]}
    context.log("case.listed", {"query": Owned(said)})


def active_clinicians(context: Context) -> set[str]:
    """Ids of the clinicians who work here now."""
    query = select(ClinicianRow.id).where(ClinicianRow.is_active.is_(True))
    return set(context.session.scalars(query))
