"""Carry an erasure out in a transaction of its own, and overwrite what the database kept of it."""

from __future__ import annotations

from sqlalchemy import ColumnElement, select, update

from policy_service.database.tables.erasures import ErasureRow
from policy_service.domain.erasures import ErasureState
from policy_service.domain.principals import Principal
from policy_service.services.desk import Desk
from policy_service.services.erasing.orders import Ordered, carry_out


def erase(desk: Desk, principal: Principal, erasure_id: str) -> Ordered:
    """Erase, or refuse, as `orders.carry_out` says; then overwrite old pages, or leave that to the
    worker where somebody is reading just now."""
    with desk.writing(principal) as context:
        done = carry_out(desk, context, erasure_id)
    if done.state is ErasureState.DONE:
        scrub(desk, principal.practice_id)
    return done


def scrub_due(desk: Desk, practice_id: str) -> int:
    """For the worker: 1 where old pages waited to be overwritten and now are, else 0."""
    with desk.database.read(practice_id) as session:
        if session.scalars(select(ErasureRow.id).where(*_waiting(practice_id))).first() is None:
            return 0
    return int(scrub(desk, practice_id))


def scrub(desk: Desk, practice_id: str) -> bool:
    """Overwrite what deleted and emptied rows left in files; False while somebody is reading.

    On PostgreSQL the dead rows are vacuumed; its write-ahead log and backups are the operator's.
    """
    now = desk.clock()
    if not desk.database.scrub():
        return False
    with desk.database.write(practice_id) as session:
        session.execute(
            update(ErasureRow)
            .where(*_waiting(practice_id), ErasureRow.decided_at <= now)
            .values(scrubbed_at=now)
            .execution_options(synchronize_session=False)
        )
    return True


def _waiting(practice_id: str) -> tuple[ColumnElement[bool], ...]:
    return (
        ErasureRow.practice_id == practice_id,
        ErasureRow.state == ErasureState.DONE.value,
        ErasureRow.scrubbed_at.is_(None),
    )
