"""Cosignatures beside the checkpoints they are of."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from policy_service.database.tables.audit import CheckpointRow
from policy_service.database.tables.witnesses import CosignatureRow


def cosigned_note(session: Session, practice_id: str, size: int) -> str | None:
    """The stored checkpoint of a size with every cosignature it has; None if none was signed."""
    note = session.execute(
        select(CheckpointRow.note).where(
            CheckpointRow.practice_id == practice_id, CheckpointRow.size == size
        )
    ).scalar_one_or_none()
    return None if note is None else note + "".join(_lines(session, practice_id, size))


def newest_cosigned(session: Session, practice_id: str) -> int | None:
    """The largest size that a witness has cosigned."""
    largest = select(func.max(CosignatureRow.size)).where(CosignatureRow.practice_id == practice_id)
    return session.execute(largest).scalar_one()


def _lines(session: Session, practice_id: str, size: int) -> Iterable[str]:
    return session.scalars(
        select(CosignatureRow.line)
        .where(CosignatureRow.practice_id == practice_id, CosignatureRow.size == size)
        .order_by(CosignatureRow.witness)
    )
