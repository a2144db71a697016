"""Tell what happened: a notice, a delivery for each endpoint that wants it, mail for officers.

Written in the transaction of its cause and sent later by the worker. Where nobody listens, nothing
is written. A notice holds ids alone; what an endpoint is sent of it is `audiences.redact_event`'s.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, select

from policy_service.database.tables.reviews import CaseRow
from policy_service.database.tables.webhooks import (
    MailChoiceRow,
    NoticeDeliveryRow,
    NoticeEndpointRow,
    NoticeRow,
)
from policy_service.domain.notices import (
    About,
    DeliveryState,
    Detail,
    Notice,
    NoticeKind,
    Subject,
)
from policy_service.domain.principals import Role
from policy_service.errors import NotFound
from policy_service.jobs import queue
from policy_service.ledger.leaf import format_at
from policy_service.services.context import Context
from policy_service.services.logins import enabled_logins

DELIVER = "webhook_deliver"
MAIL = "mail_officer"
NEWEST = 100
MAIL_READERS = (Role.COMPLIANCE, Role.APPROVER)
"""Whose accounts may ask for mail: they see what the link leads to."""


def tell(context: Context, kind: NoticeKind, subject: Subject, *, is_news: bool = False) -> None:
    """Something happened. `is_news`: what intake is told of the two has changed."""
    told = [row for row in _listening(context) if _wants(row, kind, is_news)]
    readers = _readers(context, kind, subject)
    if not told and not readers:
        return
    row = add_notice(context, kind, subject)
    for endpoint in told:
        add_delivery(context, endpoint, row)
    bodies = [{"login": login_id} for login_id in readers]
    queue.enqueue(context.session, context.practice_id, MAIL, bodies, context.now)


def add_notice(context: Context, kind: NoticeKind, subject: Subject) -> NoticeRow:
    """The notice itself."""
    row = NoticeRow(
        practice_id=context.practice_id,
        id=context.new_id(),
        at=context.now,
        kind=kind.value,
        about=subject.about.value,
        about_id=subject.id,
        clinician_id=subject.clinician_id,
        client_id=subject.client_id,
    )
    context.session.add(row)
    context.session.flush()
    return row


def add_delivery(context: Context, endpoint: NoticeEndpointRow, notice: NoticeRow) -> str:
    """Queue it for an endpoint, or hold it where the endpoint is paused; returns its id."""
    is_held = endpoint.paused_at is not None and notice.kind != NoticeKind.PING
    row = NoticeDeliveryRow(
        practice_id=context.practice_id,
        id=context.new_id(),
        endpoint_id=endpoint.id,
        notice_id=notice.id,
        at=context.now,
        state=(DeliveryState.HELD if is_held else DeliveryState.WAITING).value,
        attempts=0,
        due_at=None if is_held else context.now,
    )
    context.session.add(row)
    context.session.flush()
    if not is_held:
        body = {"delivery": row.id}
        queue.enqueue(context.session, context.practice_id, DELIVER, [body], context.now)
    return row.id


def notice_of(row: NoticeRow) -> Notice:
    """As the domain knows it."""
    subject = Subject(About(row.about), row.about_id, row.clinician_id, row.client_id)
    return Notice(row.id, format_at(row.at), NoticeKind(row.kind), subject)


def newest_notices(context: Context) -> list[NoticeRow]:
    """The newest hundred, for officers; tests of endpoints are left out."""
    rows = select(NoticeRow).where(NoticeRow.kind != NoticeKind.PING.value)
    ordered = rows.order_by(NoticeRow.at.desc(), NoticeRow.id).limit(NEWEST)
    return list(context.session.scalars(ordered))


def read_notice(context: Context, notice_id: str) -> tuple[Notice, bool]:
    """A notice, and whether a brief endpoint was told of it. NotFound for none of this practice."""
    row = context.session.get(NoticeRow, (context.practice_id, notice_id))
    if row is None or row.kind == NoticeKind.PING:
        raise NotFound
    was_told = (
        select(NoticeDeliveryRow.id)
        .join(
            NoticeEndpointRow,
            (NoticeEndpointRow.practice_id == NoticeDeliveryRow.practice_id)
            & (NoticeEndpointRow.id == NoticeDeliveryRow.endpoint_id),
        )
        .where(
            NoticeDeliveryRow.notice_id == notice_id,
            NoticeEndpointRow.detail == Detail.BRIEF.value,
        )
        .limit(1)
    )
    return notice_of(row), context.session.scalars(was_told).first() is not None


def _listening(context: Context) -> list[NoticeEndpointRow]:
    rows = select(NoticeEndpointRow).where(NoticeEndpointRow.removed_at.is_(None))
    return list(context.session.scalars(rows.order_by(NoticeEndpointRow.id)))


def _wants(row: NoticeEndpointRow, kind: NoticeKind, is_news: bool) -> bool:
    """A brief endpoint is told by what intake may learn, not by what happened."""
    return is_news if row.detail == Detail.BRIEF else kind.value in row.kinds.split()


def _readers(context: Context, kind: NoticeKind, subject: Subject) -> list[str]:
    """Officers who asked for mail about such things; nobody about a case of their own."""
    chosen = {
        row.login_id: row.kinds.split() for row in context.session.scalars(select(MailChoiceRow))
    }
    if not any(kind.value in kinds for kinds in chosen.values()):
        return []
    return [
        login.id
        for login in enabled_logins(context, *MAIL_READERS)
        if kind.value in chosen.get(login.id, ())
        and (login.clinician_id is None or login.clinician_id != subject.clinician_id)
    ]


def pair_cases(context: Context, clinician_id: str, client_id: str) -> list[CaseRow]:
    """Every case of the two."""
    mine: tuple[ColumnElement[bool], ...] = (
        CaseRow.clinician_id == clinician_id,
        CaseRow.client_id == client_id,
    )
    return list(context.session.scalars(select(CaseRow).where(*mine)))
