"""Legal holds: while one stands, the person is not erased. Placed and lifted with a reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from policy_service.audit.log import Owned
from policy_service.database.tables.erasures import LegalHoldRow, RetentionFloorRow
from policy_service.domain.erasures import DEFAULT_FLOOR_YEARS, LONGEST_FLOOR_YEARS
from policy_service.errors import NotFound, StateConflict
from policy_service.services.case_steps import require_text
from policy_service.services.context import Context
from policy_service.services.erasing.blocks import floor_years
from policy_service.services.erasing.subjects import subject_of
from policy_service.services.officers import require_eraser
from policy_service.services.parties import pseudonyms, refusal


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold as officers see it. `lifted_at` is None while it stands."""

    id: str
    person_id: str
    reason: str
    placed_at: datetime
    placed_by: str
    lifted_at: datetime | None = None
    lifted_by: str | None = None
    lifting_reason: str = ""


def place_hold(context: Context, person_id: str, reason: str) -> str:
    """Forbid the erasure of a person until the hold is lifted; returns the hold's id."""
    require_eraser(context)
    subject_of(context, person_id)
    said = require_text("/reason", reason)
    hold_id = context.new_id()
    row = LegalHoldRow(
        practice_id=context.practice_id,
        id=hold_id,
        person_id=person_id,
        placed_at=context.now,
        placed_by=context.principal.actor_ref,
        sealed_reason=_seal(context, person_id, said, (hold_id, "reason")),
    )
    context.session.add(row)
    context.session.flush()
    _log(context, "hold.placed", row, said)
    return hold_id


def lift_hold(context: Context, hold_id: str, reason: str) -> None:
    """The hold stands no longer. StateConflict when it was lifted before."""
    require_eraser(context)
    said = require_text("/reason", reason)
    wanted = select(LegalHoldRow).where(LegalHoldRow.id == hold_id).with_for_update()
    row = context.session.scalars(wanted).one_or_none()
    if row is None:
        raise NotFound
    if row.lifted_at is not None:
        raise StateConflict("This hold was lifted already.")
    row.lifted_at, row.lifted_by = context.now, context.principal.actor_ref
    row.sealed_lifting = _seal(context, row.person_id, said, (row.id, "lifting"))
    context.session.flush()
    _log(context, "hold.lifted", row, said)


def holds_on(context: Context, person_ids: tuple[str, ...]) -> list[Hold]:
    """Holds on any record of a person, the newest first. KeyNotHeld once erased."""
    rows = select(LegalHoldRow).where(LegalHoldRow.person_id.in_(person_ids))
    ordered = rows.order_by(LegalHoldRow.placed_at.desc(), LegalHoldRow.id)
    return [_opened(context, row) for row in context.session.scalars(ordered)]


def set_floor(context: Context, years: int) -> None:
    """From now on records are kept for so many years after the last care or decision at least."""
    require_eraser(context)
    if not 1 <= years <= LONGEST_FLOOR_YEARS:
        said = f"A whole number from 1 to {LONGEST_FLOOR_YEARS} is expected; HIPAA asks for "
        raise refusal("/years", f"{said}{DEFAULT_FLOOR_YEARS}.")
    before = floor_years(context)
    newest = select(RetentionFloorRow.number).order_by(RetentionFloorRow.number.desc()).limit(1)
    number = (context.session.scalars(newest).first() or 0) + 1
    context.session.add(
        RetentionFloorRow(
            practice_id=context.practice_id,
            number=number,
            years=years,
            set_at=context.now,
            set_by=context.principal.actor_ref,
        )
    )
    context.session.flush()
    context.log("retention.set", {"floor": Owned({"years": years, "before": before})})


def _opened(context: Context, row: LegalHoldRow) -> Hold:
    def opened(sealed: bytes | None, column: str) -> str:
        if sealed is None:
            return ""
        where = ("legal_hold", row.id, column)
        return context.keyring.open(context.session, row.person_id, sealed, where).decode()

    return Hold(
        id=row.id,
        person_id=row.person_id,
        reason=opened(row.sealed_reason, "reason"),
        placed_at=row.placed_at,
        placed_by=row.placed_by,
        lifted_at=row.lifted_at,
        lifted_by=row.lifted_by,
        lifting_reason=opened(row.sealed_lifting, "lifting"),
    )


def _seal(context: Context, owner: str, text: str, at: tuple[str, str]) -> bytes:
    where = ("legal_hold", *at)
    return context.keyring.seal(context.session, owner, text.encode(), where)


def _log(context: Context, action: str, row: LegalHoldRow, reason: str) -> None:
    told = Owned({"hold": row.id, "reason": reason}, row.person_id)
    context.log(action, {"hold": told}, subjects=pseudonyms(context, [row.person_id]))
