"""What stands in the way of an erasure, and until when."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from sqlalchemy import func, select

from policy_service.database.tables.care import IS_CLIENT_OF, EpisodeClientRow, EpisodeRow
from policy_service.database.tables.care import EpisodeClinicianRow as Treating
from policy_service.database.tables.contacts import ContactImportRow
from policy_service.database.tables.decisions import DecisionRow
from policy_service.database.tables.erasures import LegalHoldRow, RetentionFloorRow
from policy_service.database.tables.events import BoundaryEventRow
from policy_service.database.tables.registry import ClinicianRow
from policy_service.database.tables.releases import ReleaseRow, ReleaseSubjectRow
from policy_service.database.tables.screenings import ScreeningRow
from policy_service.domain.dates import PartialDate
from policy_service.domain.erasures import DEFAULT_FLOOR_YEARS, Block, BlockKind, floor_block
from policy_service.services.context import Context
from policy_service.services.erasing.subjects import Subject
from policy_service.services.imports.contact_states import STORING, UNDOING
from policy_service.services.parties import pseudonyms


def blocks_on(context: Context, subject: Subject) -> tuple[Block, ...]:
    """Everything that forbids the erasure today, the gravest first."""
    return tuple(_blocks(context, subject))


def _blocks(context: Context, subject: Subject) -> Iterator[Block]:
    if _is_clinician(context, subject):
        yield Block(BlockKind.CLINICIAN)
    if _holds(context, subject):
        yield Block(BlockKind.LEGAL_HOLD)
    if _is_in_care(context, subject):
        yield Block(BlockKind.IN_CARE)
    floor = floor_block(last_day(context, subject), floor_years(context), context.today)
    if floor is not None:
        yield floor
    if _upload_runs(context):
        yield Block(BlockKind.UPLOAD_RUNNING)


def floor_years(context: Context) -> int:
    """For how many years after the last care or decision this practice keeps records at least."""
    newest = select(RetentionFloorRow.years).order_by(RetentionFloorRow.number.desc()).limit(1)
    years = context.session.scalars(newest).first()
    return DEFAULT_FLOOR_YEARS if years is None else years


def last_day(context: Context, subject: Subject) -> date | None:
    """The last day of care, of an event or of a decision; None for who never was a client.

    A partial date counts as the last day it can mean.
    """
    days = [*_recorded_days(context, subject), *_stated_days(context, subject)]
    return max(days, default=None)


def _recorded_days(context: Context, subject: Subject) -> Iterator[date]:
    for table in (DecisionRow, ScreeningRow):
        newest = select(func.max(table.at)).where(
            table.practice_id == context.practice_id, table.client_id.in_(subject.clients)
        )
        at = context.session.execute(newest).scalar_one()
        if at is not None:
            yield at.date()
    yield from _released_days(context, subject)


def _released_days(context: Context, subject: Subject) -> Iterator[date]:
    """An accounting of what was released is kept as long as any other record."""
    newest = (
        select(func.max(ReleaseRow.at))
        .join(
            ReleaseSubjectRow,
            (ReleaseSubjectRow.practice_id == ReleaseRow.practice_id)
            & (ReleaseSubjectRow.release_id == ReleaseRow.id),
        )
        .where(ReleaseSubjectRow.subject_ref.in_(pseudonyms(context, subject.people)))
    )
    at = context.session.execute(newest).scalar_one()
    if at is not None:
        yield at.date()


def _stated_days(context: Context, subject: Subject) -> Iterator[date]:
    episodes = (
        select(
            EpisodeRow.terminated_on,
            EpisodeRow.began_on,
            EpisodeClientRow.ended_on,
            EpisodeClientRow.began_on,
            Treating.last_contact_on,
            Treating.ended_on,
        )
        .join(EpisodeClientRow, IS_CLIENT_OF)
        .outerjoin(
            Treating,
            (Treating.practice_id == EpisodeRow.practice_id)
            & (Treating.episode_id == EpisodeRow.id)
            & (Treating.revision == EpisodeRow.revision),
        )
        .where(
            EpisodeClientRow.client_id.in_(subject.clients),
            EpisodeRow.is_current.is_(True),
            EpisodeRow.is_withdrawn.is_(False),
        )
    )
    events = select(BoundaryEventRow.occurred_on).where(
        BoundaryEventRow.client_id.in_(subject.clients),
        BoundaryEventRow.is_current.is_(True),
        BoundaryEventRow.is_withdrawn.is_(False),
    )
    for row in (*context.session.execute(episodes), *context.session.execute(events)):
        yield from (PartialDate(text).last for text in row if text)


def _is_clinician(context: Context, subject: Subject) -> bool:
    mine = select(ClinicianRow.id).where(ClinicianRow.person_id.in_(subject.people))
    return context.session.scalars(mine).first() is not None


def _holds(context: Context, subject: Subject) -> bool:
    standing = select(LegalHoldRow.id).where(
        LegalHoldRow.person_id.in_(subject.people), LegalHoldRow.lifted_at.is_(None)
    )
    return context.session.scalars(standing).first() is not None


def _is_in_care(context: Context, subject: Subject) -> bool:
    episodes = (
        select(EpisodeRow.id)
        .join(EpisodeClientRow, IS_CLIENT_OF)
        .where(
            EpisodeClientRow.client_id.in_(subject.clients),
            EpisodeRow.is_current.is_(True),
            EpisodeRow.is_withdrawn.is_(False),
            EpisodeRow.is_open.is_(True),
        )
    )
    return context.session.scalars(episodes).first() is not None


def _upload_runs(context: Context) -> bool:
    """Half of an upload is stored, and the rest of it may name the person: wait a moment."""
    running = select(ContactImportRow.id).where(ContactImportRow.state.in_((STORING, UNDOING)))
    return context.session.scalars(running).first() is not None
