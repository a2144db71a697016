"""Rosters that are dropped: looked at, held where they look wrong, applied, and never lost.

waiting -> applying -> applied; a waiting one may be discarded or expire instead. The file lies
sealed under the practice's key until then. A file that was dropped before does nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, or_, select

from policy_service.audit.log import Owned
from policy_service.database.tables.rosters import RosterDropRow
from policy_service.domain.principals import Principal, Role
from policy_service.errors import FieldError, InvalidRequest, NotFound, StateConflict
from policy_service.importers.delimited import LineError
from policy_service.importers.roster import RosterKind
from policy_service.jobs import queue
from policy_service.jobs.queue import Work
from policy_service.ledger.canonical import Json, canonical_bytes, parse_strict
from policy_service.services.context import Context
from policy_service.services.desk import Desk
from policy_service.services.expiry import end_expired
from policy_service.services.imports.plans import CREATED, UNCHANGED, UPDATED, Report
from policy_service.services.imports.roster_previews import (
    MOST_SHOWN,
    OLDER_FILE,
    RosterPreview,
    preview_roster,
)
from policy_service.services.imports.run import RosterFile, import_roster

ROSTER_APPLY = "roster.apply"
"""Kind of work: import one file that was confirmed."""
KEPT = timedelta(days=7)
"""How long a file waits for somebody's word."""
LARGEST_PAGE = 100


class DropState(StrEnum):
    """How far a file is."""

    WAITING = "waiting"
    APPLYING = "applying"
    APPLIED = "applied"
    DISCARDED = "discarded"
    EXPIRED = "expired"


class DropSource(StrEnum):
    """How a file came."""

    FOLDER = "folder"
    CONSOLE = "console"
    REST = "rest"


_COUNTS = ("created", "updated", "unchanged", "refused", "ended", "missing")


@dataclass(frozen=True, slots=True)
class Drop:
    """A dropped file with what it would change, or changed. `preview` is empty once it is gone."""

    row: RosterDropRow
    preview: Mapping[str, Any]

    @property
    def counts(self) -> dict[str, int]:
        """Records by what becomes of them."""
        return {name: getattr(self.row, name) for name in _COUNTS}


def take_drop(
    desk: Desk, principal: Principal, file: RosterFile, source: DropSource
) -> tuple[str, bool]:
    """Look at a file and keep it for somebody's word: its id, and whether it is new.

    A file that waits or was applied already is that one again. Changes no record. InvalidRequest
    when no line can be read: nothing is kept of such a file.
    """
    digest = hashlib.sha256(file.raw).hexdigest()
    with desk.reading(principal) as context:
        known = _same(context, file.kind, digest, source)
    if known is not None:
        return known, False
    preview = preview_roster(desk, principal, file)
    with desk.writing(principal) as context:
        known = _same(context, file.kind, digest, source)
        if known is not None:
            return known, False
        return _keep(context, file, digest, preview, source), True


def _same(context: Context, kind: RosterKind, digest: str, source: DropSource) -> str | None:
    """The newest drop of this very file, unless the file means something again.

    One that a person brings means something once another was applied since: it is held then. In a
    folder yesterday's file may lie for ever, so there it never does.
    """
    wanted = select(RosterDropRow).where(
        RosterDropRow.kind == kind.value, RosterDropRow.digest == digest
    )
    newest = context.session.scalars(wanted.order_by(RosterDropRow.at.desc()).limit(1)).first()
    if newest is None or newest.state == DropState.EXPIRED:
        return None
    if source is DropSource.FOLDER or newest.state in (DropState.WAITING, DropState.APPLYING):
        return newest.id
    if newest.state == DropState.DISCARDED or _is_superseded(context, newest):
        return None
    return newest.id


def _is_superseded(context: Context, row: RosterDropRow) -> bool:
    later = select(RosterDropRow.id).where(
        RosterDropRow.kind == row.kind,
        RosterDropRow.state == DropState.APPLIED,
        RosterDropRow.digest != row.digest,
        RosterDropRow.ended_at >= row.ended_at,
    )
    return context.session.scalars(later.limit(1)).first() is not None


def _keep(
    context: Context, file: RosterFile, digest: str, preview: RosterPreview, source: DropSource
) -> str:
    drop_id = context.new_id()
    row = RosterDropRow(
        practice_id=context.practice_id,
        id=drop_id,
        kind=file.kind.value,
        digest=digest,
        source=source.value,
        state=DropState.WAITING.value,
        held=preview.held or (OLDER_FILE if _was_applied(context, file.kind, digest) else None),
        at=context.now,
        asked_by=context.principal.actor_ref,
        expires_at=context.now + KEPT,
        **_numbers(preview),
        sealed=_seal(context, drop_id, "sealed", canonical_bytes(_shown(preview))),
        sealed_file=_seal(context, drop_id, "sealed_file", file.raw),
    )
    context.session.add(row)
    context.session.flush()
    _log(context, "roster.dropped", row)
    return drop_id


def _was_applied(context: Context, kind: RosterKind, digest: str) -> bool:
    applied = select(RosterDropRow.id).where(
        RosterDropRow.kind == kind.value,
        RosterDropRow.digest == digest,
        RosterDropRow.state == DropState.APPLIED,
    )
    return context.session.scalars(applied.limit(1)).first() is not None


def _numbers(preview: RosterPreview) -> dict[str, int]:
    return {
        "created": preview.counts[CREATED],
        "updated": preview.counts[UPDATED],
        "unchanged": preview.counts[UNCHANGED],
        "refused": preview.refused,
        "ended": len(preview.ended),
        "missing": len(preview.missing),
    }


def _shown(preview: RosterPreview) -> Json:
    changed: list[Json] = [
        {"id": one.id, "parts": list(one.parts)} for one in preview.changed[:MOST_SHOWN]
    ]
    return {
        "new": list(preview.new[:MOST_SHOWN]),
        "changed": changed,
        "ended": list(preview.ended[:MOST_SHOWN]),
        "missing": list(preview.missing[:MOST_SHOWN]),
        "asks": dict(preview.asks),
        **_lines_json(preview.errors, preview.warnings),
    }


def _lines_json(
    errors: list[LineError] | tuple[LineError, ...], warnings: tuple[LineError, ...]
) -> dict[str, Json]:
    def told(lines: list[LineError] | tuple[LineError, ...]) -> list[Json]:
        return [{**asdict(one), "allowed": list(one.allowed)} for one in lines[:MOST_SHOWN]]

    return {"errors": told(errors), "warnings": told(warnings)}


def open_drop(context: Context, drop_id: str) -> Drop:
    """One file of this practice. NotFound for any other."""
    return _opened(context, _row(context, drop_id))


def list_drops(
    context: Context, after: str | None = None, limit: int = LARGEST_PAGE
) -> tuple[list[Drop], str | None]:
    """The newest first, and the cursor of the next page."""
    wanted = select(RosterDropRow).order_by(RosterDropRow.at.desc(), RosterDropRow.id.desc())
    if after is not None:
        last = _row(context, after)
        same_moment = (RosterDropRow.at == last.at) & (RosterDropRow.id < last.id)
        wanted = wanted.where((RosterDropRow.at < last.at) | same_moment)
    rows = context.session.scalars(wanted.limit(limit + 1)).all()
    shown = [_opened(context, row) for row in rows[:limit]]
    return shown, rows[limit - 1].id if len(rows) > limit else None


def confirm_drop(context: Context, drop_id: str, confirm: str | None = None) -> None:
    """Have the worker apply a file that waits. StateConflict for one that does not.

    A file that is held is applied only if `confirm` names why it is held: whoever says yes has
    read that.
    """
    row = _waiting(context, drop_id)
    if row.held is not None and confirm != row.held:
        said = "The file is held. Look at what it would change, then confirm why it is held."
        raise InvalidRequest(errors=[FieldError("/confirm", said, (row.held,))])
    row.state, row.decided_at = DropState.APPLYING.value, context.now
    row.decided_by = context.principal.actor_ref
    _log(context, "roster.confirmed", row)
    body = [{"drop": row.id}]
    queue.enqueue(
        context.session, context.practice_id, ROSTER_APPLY, body, context.now - queue.AHEAD
    )


def discard_drop(context: Context, drop_id: str) -> None:
    """Nothing of the file is applied, and the file is destroyed."""
    row = _waiting(context, drop_id)
    row.decided_at, row.decided_by = context.now, context.principal.actor_ref
    _end(context, row, DropState.DISCARDED)


def discard_every_drop(context: Context) -> None:
    """Files that wait go, and what any file's preview or report names: somebody is erased."""
    for row in empty_every_drop(context):
        _log(context, f"roster.{row.state}", row)


def empty_every_drop(context: Context) -> list[RosterDropRow]:
    """The same without entries; returns the files that waited."""
    kept = or_(RosterDropRow.sealed.is_not(None), RosterDropRow.sealed_file.is_not(None))
    rows = context.session.scalars(select(RosterDropRow).where(kept).with_for_update()).all()
    waited = [row for row in rows if row.sealed_file is not None]
    for row in rows:
        row.sealed = row.sealed_file = None
    for row in waited:
        row.state, row.ended_at = DropState.DISCARDED.value, context.now
    context.session.flush()
    return waited


def apply_step(desk: Desk, practice_id: str, work: Work) -> bool:
    """The worker's: import a confirmed file. May be repeated: records are known by their ids."""
    return apply_drop(desk, practice_id, str(work.body["drop"]))


def apply_drop(desk: Desk, practice_id: str, drop_id: str) -> bool:
    """Import a file in the name of whoever confirmed it. False where it is not to be applied."""
    service = Principal(practice_id, "roster", "roster", frozenset())
    with desk.reading(service) as context:
        row = context.session.get(RosterDropRow, (practice_id, drop_id))
        if row is None or row.state != DropState.APPLYING or row.sealed_file is None:
            return False
        where = ("roster_drop", row.id, "sealed_file")
        raw = context.keyring.open(context.session, None, row.sealed_file, where)
        who = _who(practice_id, row.decided_by or row.asked_by)
    report = import_roster(desk, who, RosterFile(RosterKind(row.kind), raw))
    with desk.writing(who) as context:
        _finish(context, drop_id, report)
    return True


def _finish(context: Context, drop_id: str, report: Report) -> None:
    row = _row(context, drop_id, lock=True)
    if row.state != DropState.APPLYING:
        return
    row.created, row.updated, row.unchanged = report.created, report.updated, report.unchanged
    row.refused = report.counts()["refused"]
    kept = dict(_opened(context, row).preview) | _lines_json(report.errors, report.warnings)
    row.sealed = _seal(context, row.id, "sealed", canonical_bytes(kept))
    _end(context, row, DropState.APPLIED)


def expire_drops(desk: Desk, practice_id: str) -> int:
    """Destroy files nobody decided on, for the worker; returns how many."""
    return end_expired(desk, practice_id, _expired, _expire)


def _expire(context: Context, row: RosterDropRow) -> None:
    row.sealed = None
    _end(context, row, DropState.EXPIRED)


def _expired(context: Context) -> Select[RosterDropRow]:
    return select(RosterDropRow).where(
        RosterDropRow.state == DropState.WAITING, RosterDropRow.expires_at <= context.now
    )


def _row(context: Context, drop_id: str, *, lock: bool = False) -> RosterDropRow:
    wanted = select(RosterDropRow).where(RosterDropRow.id == drop_id)
    if lock:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    row = context.session.scalars(wanted).one_or_none()
    if row is None:
        raise NotFound
    return row


def _waiting(context: Context, drop_id: str) -> RosterDropRow:
    row = _row(context, drop_id, lock=True)
    if row.state != DropState.WAITING:
        raise StateConflict(f"The file is {row.state}, not waiting.")
    return row


def _end(context: Context, row: RosterDropRow, state: DropState) -> None:
    row.state, row.ended_at, row.sealed_file = state.value, context.now, None
    context.session.flush()
    _log(context, f"roster.{state.value}", row)


def _log(context: Context, action: str, row: RosterDropRow) -> None:
    """One entry, in numbers: nobody's id is in it."""
    told: dict[str, Json] = {name: getattr(row, name) for name in _COUNTS}
    told |= {"id": row.id, "kind": row.kind, "file": row.digest, "held": row.held}
    context.log(action, {"roster": Owned(told)})


def _opened(context: Context, row: RosterDropRow) -> Drop:
    if row.sealed is None:
        return Drop(row, {})
    where = ("roster_drop", row.id, "sealed")
    shown: Any = parse_strict(context.keyring.open(context.session, None, row.sealed, where))
    return Drop(row, shown)


def _seal(context: Context, drop_id: str, column: str, raw: bytes) -> bytes:
    return context.keyring.seal(context.session, None, raw, ("roster_drop", drop_id, column))


def _who(practice_id: str, actor_ref: str) -> Principal:
    """Whoever confirmed, as the log names them; they need no right any more."""
    kind, _, actor = actor_ref.partition(":")
    return Principal(practice_id, actor, actor, frozenset({Role.EHR} if kind == "ehr" else ()))
