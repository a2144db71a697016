"""Which of an EHR's pairs changed standing since it was last told: what its plugin polls.

An EHR asks when somebody books; nobody asks again when a clinician later discloses a tie, or an
officer decides. So what each EHR was last told of a pair is kept (`told`), and a poll compares it
with what stands today. Only the *advice* is compared: that another fact lies behind the same advice
is not told to somebody who may not learn the fact.

Changes are numbered for each EHR in the order in which its polls found them. The reader keeps one
cursor, the last number it has dealt with, and asks for what comes after it: whatever goes wrong on
its side, nothing is lost. A pair that changes again moves to the end.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, bindparam, exists, func, or_, select
from sqlalchemy.exc import IntegrityError

from policy_service.database.tables.decisions import DecisionRow
from policy_service.database.tables.registry import ClientRow, ClinicianRow
from policy_service.database.tables.reviews import CaseMoveRow, CaseOccurrenceRow, CaseRow
from policy_service.database.tables.told import ToldAdviceRow
from policy_service.domain.answers import StandingChange
from policy_service.domain.outcomes import Outcome
from policy_service.domain.principals import Principal
from policy_service.domain.standings import Advice, Standing, advise
from policy_service.errors import FieldError, InvalidRequest, NotReady
from policy_service.services.cases import least_settled, standing_today
from policy_service.services.chunks import rows_of
from policy_service.services.clients import survivor
from policy_service.services.context import Context
from policy_service.services.desk import Desk
from policy_service.services.touch import ONCE_ASKED
from policy_service.services.watched import Pair

LARGEST_PAGE = 500
TRIES = 3
OVERLAP = timedelta(minutes=10)
"""How far before the last poll to look again: longer than any transaction takes to commit."""
_CURSOR = re.compile(r"(\d{1,15})\.(\d{1,12})")
_WANTED: BindParameter[Any] = bindparam("wanted", expanding=True)
_DECISIONS = (
    select(DecisionRow)
    .where(
        DecisionRow.client_id.in_(_WANTED),
        DecisionRow.purpose.not_in(sorted(ONCE_ASKED)),
        DecisionRow.is_silent.is_(False),
    )
    .order_by(DecisionRow.at, DecisionRow.id.desc())
)
_CASES = (
    select(CaseOccurrenceRow.decision_id, CaseRow)
    .join(
        CaseRow,
        (CaseRow.practice_id == CaseOccurrenceRow.practice_id)
        & (CaseRow.id == CaseOccurrenceRow.case_id),
    )
    .where(CaseOccurrenceRow.decision_id.in_(_WANTED))
)
_CLIENTS = select(ClientRow).where(ClientRow.id.in_(_WANTED))
_CLINICIANS = select(ClinicianRow.id, ClinicianRow.external_id).where(ClinicianRow.id.in_(_WANTED))


@dataclass(frozen=True, slots=True)
class Cursor:
    """After which change to go on, and when the poll that gave it was made."""

    number: int = 0
    polled_at: datetime | None = None

    @classmethod
    def read(cls, text: str | None) -> Cursor:
        """The cursor of an earlier page; the start for None. InvalidRequest for anything else."""
        if text is None:
            return cls()
        found = _CURSOR.fullmatch(text)
        if found is None:
            refusal = "Give the cursor of the last page unchanged."
            raise InvalidRequest(errors=[FieldError("/query/cursor", refusal)])
        return cls(int(found[1]), datetime.fromtimestamp(int(found[2]), UTC))

    def write(self, now: datetime) -> str:
        """The text that `read` reads."""
        return f"{self.number}.{int((self.polled_at or now).timestamp())}"


@dataclass(frozen=True, slots=True)
class ChangesPage:
    """Changes in the order found, the cursor to go on with, and whether more wait already."""

    changes: tuple[StandingChange, ...]
    cursor: str
    more: bool


@dataclass(frozen=True, slots=True)
class _Stand:
    """What stands of a pair today: the advice, and the decision that it rests on."""

    advice: Advice
    check_id: str


def changes_since(desk: Desk, principal: Principal, after: Cursor, limit: int) -> ChangesPage:
    """Number what has moved since the EHR was told of it, then give the changes after the cursor.

    NotReady when polls of the same EHR keep meeting each other.
    """
    for _ in range(TRIES):
        try:
            with desk.writing(principal) as context:
                _number(context, after)
                return _page(context, after, limit)
        except IntegrityError:
            continue  # another poll of this EHR gave the same number first
    raise NotReady("Other polls with the same key were under way; ask again.")


def _number(context: Context, after: Cursor) -> None:
    rows = context.session.scalars(select(ToldAdviceRow).where(*_may_have_moved(context, after)))
    told = list(rows)
    stands = dict(_stands(context, told))
    number = context.session.execute(
        select(func.coalesce(func.max(ToldAdviceRow.number), 0)).where(_mine(context))
    ).scalar_one()
    for row in sorted(told, key=_pair):
        stand = stands.get(_pair(row))
        if stand is not None and stand.advice.value != row.advice:
            number += 1
            row.advice, row.check_id, row.number = stand.advice.value, stand.check_id, number
    context.session.flush()


def _pair(row: ToldAdviceRow) -> Pair:
    return row.clinician_id, row.client_id


def _mine(context: Context) -> ColumnElement[bool]:
    return ToldAdviceRow.ehr_client_id == context.principal.id


def _may_have_moved(context: Context, after: Cursor) -> tuple[ColumnElement[bool], ...]:
    """Pairs decided about, or whose case moved, since shortly before the poll of the cursor."""
    since = after.polled_at - OVERLAP if after.polled_at else datetime(1970, 1, 1, tzinfo=UTC)
    practice = context.practice_id
    decided = exists().where(
        DecisionRow.practice_id == practice,
        DecisionRow.clinician_id == ToldAdviceRow.clinician_id,
        DecisionRow.client_id == ToldAdviceRow.client_id,
        DecisionRow.at >= since,
    )
    moved = exists().where(
        CaseRow.practice_id == practice,
        CaseRow.clinician_id == ToldAdviceRow.clinician_id,
        CaseRow.client_id == ToldAdviceRow.client_id,
        CaseMoveRow.practice_id == practice,
        CaseMoveRow.case_id == CaseRow.id,
        CaseMoveRow.at >= since,
    )
    expired = exists().where(
        CaseRow.practice_id == practice,
        CaseRow.clinician_id == ToldAdviceRow.clinician_id,
        CaseRow.client_id == ToldAdviceRow.client_id,
        CaseRow.valid_until < context.today.isoformat(),
    )
    merged = exists().where(
        ClientRow.practice_id == practice,
        ClientRow.id == ToldAdviceRow.client_id,
        ClientRow.merged_into.is_not(None),
    )
    return _mine(context), or_(decided, moved, expired, merged)


def _stands(context: Context, told: Sequence[ToldAdviceRow]) -> Iterator[tuple[Pair, _Stand]]:
    """What stands today of each pair; a merged profile's is that of the client it stands for."""
    clients = {row[0].id: row[0] for row in rows_of(context, _CLIENTS, {t.client_id for t in told})}
    heirs = {client_id: survivor(context, row).id for client_id, row in clients.items()}
    newest: dict[Pair, DecisionRow] = {
        (decision.clinician_id, decision.client_id): decision
        for (decision,) in rows_of(context, _DECISIONS, heirs.values())
    }
    standings = _standings(context, [decision.id for decision in newest.values()])
    for row in told:
        decision = newest.get((row.clinician_id, heirs.get(row.client_id, row.client_id)))
        if decision is not None:
            standing = standings.get(decision.id, Standing.NONE)
            advice = advise(Outcome(decision.outcome), standing, decision.purpose)
            yield _pair(row), _Stand(advice, decision.id)


def _standings(context: Context, decisions: Iterable[str]) -> Mapping[str, Standing]:
    found: dict[str, list[Standing]] = {}
    for decision_id, case in rows_of(context, _CASES, decisions):
        found.setdefault(decision_id, []).append(standing_today(context, case))
    return {decision_id: least_settled(standings) for decision_id, standings in found.items()}


def _page(context: Context, after: Cursor, limit: int) -> ChangesPage:
    rows = context.session.scalars(
        select(ToldAdviceRow)
        .where(_mine(context), ToldAdviceRow.number > after.number)
        .order_by(ToldAdviceRow.number)
        .limit(limit + 1)
    ).all()
    given = rows[:limit]
    last = given[-1].number if given else after.number
    cursor = Cursor(last, context.now).write(context.now)
    return ChangesPage(tuple(_changes(context, given)), cursor, len(rows) > limit)


def _changes(context: Context, rows: Sequence[ToldAdviceRow]) -> Iterator[StandingChange]:
    clinicians = dict(iter(rows_of(context, _CLINICIANS, {row.clinician_id for row in rows})))
    clients = {row[0].id: row[0] for row in rows_of(context, _CLIENTS, {r.client_id for r in rows})}
    for row in rows:
        client = clients[row.client_id]
        yield StandingChange(
            check_id=row.check_id,
            clinician_id=row.clinician_id,
            clinician_external_id=clinicians.get(row.clinician_id),
            client_id=row.client_id,
            client_external_id=client.external_id,
            advice=Advice(row.advice),
        )
