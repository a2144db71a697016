"""What recognition rests on in this transaction: the model in use, what was counted, who is filed.

One row a practice, read once a transaction and only by whoever compares people. A process opens a
practice's own model once: it follows from the shipped model and a measurement, which never change.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, inspect, or_, select
from sqlalchemy.orm import Session

from policy_service.database.driver import fetch, spellings
from policy_service.database.tables.matching import MatchHeadRow, MatchMeasurementRow
from policy_service.database.tables.people import HASHED, PersonRow
from policy_service.errors import NotReady
from policy_service.ledger.canonical import parse_strict
from policy_service.matching.filing import FILING
from policy_service.matching.measured_model import measured_model
from policy_service.matching.model import MatchModel
from policy_service.matching.strangers import StrangerCounts

_head = inspect(MatchHeadRow).local_table
_STATE = spellings("""
SELECT number, measurement, counted, people, filed, EXISTS (
  SELECT 1 FROM person WHERE practice_id = {practice} AND kept = 'hashed' AND erased_at IS NULL
  AND (filed < {filing} OR filed > {filing})
) FROM match_head WHERE practice_id = {practice}
""")


def is_old_hash(person: type[PersonRow]) -> ColumnElement[bool]:
    """A third party whose hashes another release made; as two ranges, for the index."""
    is_old = or_(person.filed < FILING, person.filed > FILING)
    return and_(person.kept == HASHED, person.erased_at.is_(None), is_old)


_HELD = (
    select(_head.c.number)
    .where(_head.c.practice_id == bindparam("practice"))
    .with_for_update(read=True)
)
_KEPT = "match_state"


@dataclass(frozen=True, slots=True)
class MatchState:
    """`number` moves with every change. `measurement` 0: the shipped model as it is. `counted` 0:
    no frequencies were counted; else those of that measurement, over so many `people`."""

    model: MatchModel
    number: int = 0
    measurement: int = 0
    counted: int = 0
    people: int = 0
    filed: int = 0
    old_hashes: bool = False
    """Some third parties are kept as hashes that an older release made (`old_contacts`)."""

    @property
    def is_filed(self) -> bool:
        """Everybody is found by the keys of this software."""
        return self.filed == FILING


@dataclass(slots=True)
class ModelShelf:
    """The shipped model, and the practices' own that this process has opened."""

    shipped: MatchModel
    opened: dict[tuple[str, int], MatchModel] = field(default_factory=dict)

    def model_of(self, session: Session, practice_id: str, measurement: int) -> MatchModel:
        """The model of a measurement (0: the shipped one). NotReady if it cannot be opened."""
        if not measurement:
            return self.shipped
        found = self.opened.get((practice_id, measurement))
        if found is None:
            counts = read_counts(session, practice_id, measurement)
            found = measured_model(self.shipped, measurement, counts)
            self.opened[practice_id, measurement] = found
        return found


def read_counts(session: Session, practice_id: str, measurement: int) -> StrangerCounts:
    """What strangers showed in a finished measurement. NotReady if there is none of that number."""
    row = session.get(MatchMeasurementRow, (practice_id, measurement))
    if row is None or row.document is None:
        raise NotReady(f"The measurement {measurement} of this practice cannot be opened.")
    document: Any = parse_strict(row.document)
    return StrangerCounts.from_json(document["strangers"])


def match_state(session: Session, practice_id: str, shelf: ModelShelf) -> MatchState:
    """The state as of this transaction, read at the first call."""
    found: MatchState | None = session.info.get(_KEPT)
    if found is None:
        rows = fetch(session, _STATE, {"filing": FILING})
        number, measurement, *counted = rows[0] if rows else (0, 0)
        model = shelf.model_of(session, practice_id, measurement)
        found = MatchState(model, number, measurement, *counted)
        session.info[_KEPT] = found
    return found


def held_number(session: Session, practice_id: str) -> int:
    """The number of the newest change, held until the transaction ends."""
    return session.execute(_HELD, {"practice": practice_id}).scalar_one_or_none() or 0


def forget_state(session: Session) -> None:
    """After a change in this transaction: the next call reads anew."""
    session.info.pop(_KEPT, None)


@contextmanager
def trying(session: Session, state: MatchState, model: MatchModel) -> Iterator[None]:
    """Within, this transaction compares by `model`: what would another threshold say?"""
    session.info[_KEPT] = replace(state, model=model)
    try:
        yield
    finally:
        session.info[_KEPT] = state
