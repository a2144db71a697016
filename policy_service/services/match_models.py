"""The match models of a practice: kept for ever, listed, and put in use.

What is used is the shipped model, alone or with what a measurement found among strangers. Either
way the model's whole text is kept under its digest, so that the digest in an old entry can be
opened when the software ships another.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from policy_service.audit.log import Owned
from policy_service.database.tables.matching import (
    MatchHeadRow,
    MatchMeasurementRow,
    MatchModelRow,
)
from policy_service.errors import NotFound, StateConflict
from policy_service.ledger.canonical import Json
from policy_service.matching.filing import FILING
from policy_service.matching.measured_model import is_enough
from policy_service.matching.model import MatchModel
from policy_service.services.context import Context
from policy_service.services.match_state import forget_state, read_counts
from policy_service.services.touch import rescreen_everyone

USED = "matching.model_used"


@dataclass(frozen=True, slots=True)
class KeptModel:
    """A model of this practice. `is_at_hand`: it rests on the model that ships today, so it can be
    put in use; an older one can only be opened and read."""

    digest: str
    version: str
    measurement: int
    added_at: datetime
    is_in_use: bool
    is_at_hand: bool


def found_matching(session: Session, practice_id: str, shipped: MatchModel, now: datetime) -> None:
    """A new practice uses the shipped model; nobody is on an older key."""
    head = MatchHeadRow(
        practice_id=practice_id, number=0, measurement=0, counted=0, people=0, filed=FILING
    )
    session.add(head)
    keep_model(session, practice_id, shipped, now)


def keep_model(
    session: Session, practice_id: str, model: MatchModel, now: datetime, measurement: int = 0
) -> None:
    """Store a model that is not stored yet: a model is its digest, there is nothing to change."""
    if session.get(MatchModelRow, (practice_id, model.digest)) is None:
        row = MatchModelRow(
            practice_id=practice_id,
            digest=model.digest,
            version=model.version,
            measurement=measurement,
            document=model.document,
            added_at=now,
        )
        session.add(row)
        session.flush()


def kept_models(context: Context) -> list[KeptModel]:
    """Every model ever used here, oldest first."""
    rows = context.session.scalars(
        select(MatchModelRow)
        .where(MatchModelRow.practice_id == context.practice_id)
        .order_by(MatchModelRow.added_at, MatchModelRow.measurement)
    ).all()
    return [
        KeptModel(
            row.digest,
            row.version,
            row.measurement,
            row.added_at,
            is_in_use=row.digest == context.model.digest,
            is_at_hand=_model(context, row.measurement).digest == row.digest,
        )
        for row in rows
    ]


def _model(context: Context, measurement: int) -> MatchModel:
    return context.models.model_of(context.session, context.practice_id, measurement)


def open_model(context: Context, digest: str) -> bytes:
    """The canonical JSON of a kept model. NotFound if it was never used here."""
    row = context.session.get(MatchModelRow, (context.practice_id, digest))
    if row is None:
        raise NotFound
    return row.document


def keep_model_in_use(context: Context) -> bool:
    """After an upgrade the model in use is another one: keep its text too. True if it was new."""
    model = context.model
    known = context.session.get(MatchModelRow, (context.practice_id, model.digest)) is not None
    if not known:
        _keep(context, model, context.matching.measurement)
    return not known


def _keep(context: Context, model: MatchModel, measurement: int) -> None:
    keep_model(context.session, context.practice_id, model, context.now, measurement)


def use_model(context: Context, measurement: int) -> MatchModel:
    """Put the model of a measurement (0: the shipped one as it is) in use from this commit on.

    Every pair that matters is asked about again. NotFound for a measurement that is not finished;
    StateConflict for one of too few people, or if it is in use already.
    """
    head = hold_head(context)
    if measurement:
        _require_usable(context, measurement)
    if head.measurement == measurement:
        raise StateConflict("This model is in use already.")
    before = context.model.digest
    model = put_in_use(context, head, measurement)
    said: dict[str, Json] = {
        "number": head.number,
        "measurement": measurement,
        "model": model.digest,
        "replaced": before,
    }
    context.log(USED, {"model": Owned(said)})
    return model


def _require_usable(context: Context, measurement: int) -> None:
    row = context.session.get(MatchMeasurementRow, (context.practice_id, measurement))
    if row is None or row.finished_at is None:
        raise NotFound
    counts = read_counts(context.session, context.practice_id, measurement)
    if not is_enough(row.people, counts):
        raise StateConflict("This measurement has too few people or pairs to replace the model's.")


def hold_head(context: Context) -> MatchHeadRow:
    """The head, held until the transaction ends: checks record before it or after."""
    mine = MatchHeadRow.practice_id == context.practice_id
    return context.session.scalars(select(MatchHeadRow).where(mine).with_for_update()).one()


def put_in_use(context: Context, head: MatchHeadRow, measurement: int) -> MatchModel:
    """Move the head, keep the model's text, and queue the re-screen of everybody."""
    head.number, head.measurement = head.number + 1, measurement
    model = _model(context, measurement)
    _keep(context, model, measurement)
    rescreen_everyone(context, f"matching:{head.number}")
    context.session.flush()
    forget_state(context.session)
    return model
