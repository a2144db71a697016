"""The rows about one witness: who may submit to it now, and what came of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from policy_service.audit.witness.client import Heard
from policy_service.database.tables.audit import CheckpointRow
from policy_service.database.tables.witnesses import CosignatureRow, WitnessRow
from policy_service.ledger.cosignature import cosigned_at
from policy_service.ledger.note import Signature
from policy_service.ledger.witnessing import Finding

CLAIM = timedelta(seconds=60)
"""How long one submitter has a witness to itself; then another may think it dead."""
LONGEST_WAIT = timedelta(minutes=5)
OFTEN_FAILED = 3
_log = structlog.get_logger()


def newest_size(session: Session, practice_id: str) -> int | None:
    """The size of the newest signed checkpoint."""
    mine = CheckpointRow.practice_id == practice_id
    query = select(CheckpointRow.size).where(mine).order_by(CheckpointRow.size.desc()).limit(1)
    return session.execute(query).scalar_one_or_none()


def is_due(
    session: Session, practice_id: str, ref: str, now: datetime, *, anew: bool = False
) -> bool:
    """Is there a head this witness has not cosigned, and is it time to ask?

    `anew`: also when these rows say that it has; they may be those of an old backup.
    """
    newest = newest_size(session, practice_id)
    row = session.get(WitnessRow, (practice_id, ref))
    if newest is None or row is None:
        return newest is not None
    return row.next_try_at <= now and (anew or row.known_size < newest or row.refused is not None)


def claim(session: Session, practice_id: str, ref: str, now: datetime) -> int | None:
    """Take the turn to submit; the size the witness knows, or None when another has the turn.

    IntegrityError when another submitter met this witness for the first time just now.
    """
    taken = session.execute(
        update(WitnessRow)
        .where(
            WitnessRow.practice_id == practice_id,
            WitnessRow.witness == ref,
            WitnessRow.next_try_at <= now,
        )
        .values(next_try_at=now + CLAIM)
        .execution_options(synchronize_session=False)
        .returning(WitnessRow.known_size)
    ).scalar_one_or_none()
    if taken is None and session.get(WitnessRow, (practice_id, ref)) is None:
        session.execute(insert(WitnessRow), [_first_row(practice_id, ref, now)])
        return 0
    return taken


def _first_row(practice_id: str, ref: str, now: datetime) -> dict[str, object]:
    return {
        "practice_id": practice_id,
        "witness": ref,
        "known_size": 0,
        "next_try_at": now + CLAIM,
        "failures": 0,
        "said": "",
    }


def write_down(row: WitnessRow, session: Session, size: int, heard: Heard, now: datetime) -> None:
    """Keep what came of submitting the head of `size`, and when to ask again."""
    row.tried_at, row.said = now, heard.said[:200]
    if heard.cosignature is not None:
        row.next_try_at = now
        _note_cosigned(session, row, size, heard.cosignature)
    elif heard.refused is not None:
        _note_refused(row, size, heard.refused, now)
    elif heard.said:
        _note_failed(row, now)
    else:
        row.known_size, row.next_try_at = heard.size or 0, now


def _note_cosigned(session: Session, row: WitnessRow, size: int, line: Signature) -> None:
    at = datetime.fromtimestamp(cosigned_at(line), UTC)
    kept = CosignatureRow(
        practice_id=row.practice_id, size=size, witness=row.witness, line=line.line, cosigned_at=at
    )
    if session.get(CosignatureRow, (row.practice_id, size, row.witness)) is None:
        session.add(kept)
    row.known_size, row.cosigned_at, row.failures = size, at, 0
    row.refused = row.refused_size = row.refused_at = None


def _note_refused(row: WitnessRow, size: int, refused: Finding, now: datetime) -> None:
    """The first moment of a refusal is the one that stays."""
    if row.refused is None:
        _log.error("witness refused", witness=row.witness, kind=refused, size=size)
        row.refused_at = now
    row.refused, row.refused_size = refused, size
    row.next_try_at = now + LONGEST_WAIT


def _note_failed(row: WitnessRow, now: datetime) -> None:
    row.failures += 1
    wait = min(timedelta(seconds=2.0 ** min(row.failures, 10)), LONGEST_WAIT)
    row.next_try_at = now + wait
    if row.failures == OFTEN_FAILED:
        _log.warning("witness unreachable", witness=row.witness, said=row.said)
