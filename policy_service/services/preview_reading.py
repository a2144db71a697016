"""Read previews: the clinician their own, officers a count and what was shared. And sharing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from policy_service.audit.log import Owned
from policy_service.database.tables.previews import PreviewRow
from policy_service.database.tables.registry import ClinicianRow
from policy_service.domain.answers import PreviewAnswer
from policy_service.domain.audiences import Audience, preview_audience_of
from policy_service.domain.principals import ActingUser
from policy_service.errors import NotFound
from policy_service.ledger.canonical import parse_strict
from policy_service.services.context import Context
from policy_service.services.decisions import pseudonym_of
from policy_service.services.previews import Render, answer_of, sealed_at

MOST_LISTED = 100
_NEWEST_FIRST = select(PreviewRow).order_by(PreviewRow.at.desc(), PreviewRow.id).limit(MOST_LISTED)


@dataclass(frozen=True, slots=True)
class PreviewCount:
    """How many previews a clinician made in a month (YYYY-MM): all that officers see unasked."""

    clinician_id: str
    month: str
    count: int


def open_own_preview(
    context: Context, preview_id: str, acting: ActingUser, render: Render
) -> PreviewAnswer:
    """A preview for its clinician. NotFound for everybody else, as if it had never existed."""
    return _opened(context, _own_row(context, preview_id, acting), render)


def open_shared_preview(
    context: Context, preview_id: str, acting: ActingUser, render: Render
) -> PreviewAnswer:
    """A preview that its clinician shared, for officers; the reading is logged.

    NotFound for everybody else, and as long as it is not shared. Needs a writing context.
    """
    row = _row(context, preview_id)
    audience = preview_audience_of(context.principal, acting, row.clinician_id)
    if audience is not Audience.OFFICER or row.shared_at is None:
        raise NotFound
    owner = _owner(context, row)
    subjects = frozenset({pseudonym_of(context, owner)})
    context.log("previews.read", {"preview": Owned({"id": row.id}, owner)}, subjects=subjects)
    return _opened(context, row, render)


def own_previews(
    context: Context, clinician_id: str, acting: ActingUser, render: Render
) -> list[PreviewAnswer]:
    """The clinician's own, the newest first. NotFound for anybody else."""
    audience = preview_audience_of(context.principal, acting, clinician_id)
    if audience is not Audience.TREATING_CLINICIAN:
        raise NotFound
    mine = _NEWEST_FIRST.where(PreviewRow.clinician_id == clinician_id)
    return [_opened(context, row, render) for row in context.session.scalars(mine)]


def shared_previews(context: Context, acting: ActingUser, render: Render) -> list[PreviewAnswer]:
    """Those that clinicians let officers read, the newest first. NotFound for anybody else."""
    _require_officer(context, acting)
    shared = _NEWEST_FIRST.where(PreviewRow.shared_at.is_not(None))
    return [_opened(context, row, render) for row in context.session.scalars(shared)]


def count_previews(context: Context, acting: ActingUser) -> list[PreviewCount]:
    """How many, by clinician and month, the newest month first; logged. Officers alone."""
    _require_officer(context, acting)
    context.log("previews.counted", {"previews": Owned({"counted": "by clinician and month"})})
    made = context.session.execute(select(PreviewRow.clinician_id, PreviewRow.at))
    found = Counter((at.strftime("%Y-%m"), clinician_id) for clinician_id, at in made)
    ordered = sorted(sorted(found, key=lambda pair: pair[1]), key=lambda p: p[0], reverse=True)
    return [PreviewCount(who, month, found[month, who]) for month, who in ordered]


def _require_officer(context: Context, acting: ActingUser) -> None:
    if preview_audience_of(context.principal, acting, "") is not Audience.OFFICER:
        raise NotFound


def share_preview(
    context: Context, preview_id: str, acting: ActingUser, render: Render
) -> PreviewAnswer:
    """Let officers read it, from now on; logged once. NotFound but for its clinician."""
    row = _own_row(context, preview_id, acting)
    if row.shared_at is None:
        row.shared_at = context.now
        context.log("preview.shared", {"preview": Owned({"id": row.id}, _owner(context, row))})
        context.session.flush()
    return _opened(context, row, render)


def _row(context: Context, preview_id: str) -> PreviewRow:
    row = context.session.get(PreviewRow, (context.practice_id, preview_id))
    if row is None:
        raise NotFound
    return row


def _own_row(context: Context, preview_id: str, acting: ActingUser) -> PreviewRow:
    row = _row(context, preview_id)
    audience = preview_audience_of(context.principal, acting, row.clinician_id)
    if audience is not Audience.TREATING_CLINICIAN:
        raise NotFound
    return row


def _owner(context: Context, row: PreviewRow) -> str:
    clinician = context.session.get_one(ClinicianRow, (context.practice_id, row.clinician_id))
    return clinician.person_id


def _opened(context: Context, row: PreviewRow, render: Render) -> PreviewAnswer:
    owner = _owner(context, row)
    raw = context.keyring.open(context.session, owner, row.sealed, sealed_at(row.id))
    said: Any = parse_strict(raw)
    return answer_of(row, said, render)
