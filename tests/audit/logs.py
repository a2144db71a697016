"""Short names for what tests of the log do: append, seal, sign, verify."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Barrier
from uuid import uuid4

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from policy_service.audit.guard import guard_in
from policy_service.audit.log import Owned
from policy_service.audit.published import Alarm, AlarmKind
from policy_service.audit.sealer import seal_pending
from policy_service.audit.signing import latest_checkpoint
from policy_service.audit.verification import Verdict, verify_log
from policy_service.database import Base
from policy_service.database.tables.audit import EntryRow, LeafRow, PendingRow
from policy_service.ledger.note import Signer
from tests.cast import World


def write(world: World, *words: str) -> list[str]:
    """One entry a word, each in a transaction of its own; returns their ids."""
    ids = []
    for word in words:
        with world.writing() as context:
            ids.append(context.log("note.written", {"note": Owned(word)}).id)
    return ids


def seal(world: World) -> int:
    """Run the sealer once: on SQLite nothing ever waits."""
    return seal_pending(world.desk.database, world.practice_id)


@dataclass(frozen=True)
class Race:
    """Writers and sealers that start together; each writes, or seals and signs, so many times."""

    writers: int
    sealers: int
    entries: int

    def run(self, world: World) -> None:
        """Until all are done; raises what one of them raised."""
        barrier = Barrier(self.writers + self.sealers)

        def keep_writing(number: int) -> None:
            barrier.wait()
            write(world, *(f"{number}-{each}" for each in range(self.entries)))

        def keep_sealing(_number: int) -> None:
            barrier.wait()
            for _ in range(self.entries):
                sign(world)

        with ThreadPoolExecutor(self.writers + self.sealers) as threads:
            work = [threads.submit(keep_writing, number) for number in range(self.writers)]
            work += [threads.submit(keep_sealing, number) for number in range(self.sealers)]
            for done in work:
                done.result()


def places(world: World) -> list[int]:
    """The indices of the practice's leaves, ascending."""
    with world.reading() as context:
        query = select(LeafRow.leaf_index).where(LeafRow.practice_id == world.practice_id)
        return sorted(context.session.scalars(query))


def refuses_changes(world: World, table: str) -> None:
    """The database lets nobody change or delete a row of this table."""
    rows = Base.metadata.tables[table]
    for statement in (rows.delete(), rows.update().values(practice_id=rows.c.practice_id)):
        with (
            pytest.raises(DBAPIError, match="insert-only"),
            world.desk.database.engine.begin() as connection,
        ):
            connection.execute(statement)


def signer(world: World) -> Signer:
    """The log key of the world's practice."""
    return world.desk.log_key(world.desk.practice(world.practice_id).log_origin)


def sign(world: World) -> str:
    """Seal and sign."""
    seal(world)
    return latest_checkpoint(world.desk.database, world.practice_id, signer(world), world.clock())


def verify(world: World) -> Verdict:
    """What `flask audit verify` would say of the practice."""
    return verify_log(world.desk.database, world.practice_id, signer(world))


def count(world: World, table: type[EntryRow | LeafRow | PendingRow]) -> int:
    """Rows of the practice."""
    with world.reading() as context:
        return context.session.execute(select(func.count()).select_from(table)).scalar_one()


def marks(world: World, entry_id: str) -> tuple[str | None, int | None, bytes | None]:
    """Writer, number and row MAC of an entry."""
    with world.reading() as context:
        row = context.session.get_one(EntryRow, (world.practice_id, entry_id))
        return row.writer_id, row.writer_seq, row.row_mac


def new_id() -> str:
    """Any id."""
    return str(uuid4())


def stop(world: World) -> None:
    """Raise the alarm under which the log takes no entry."""
    alarm = Alarm(AlarmKind.CONTRADICTED, "It has 3 entries, not 9.", "2026-03-02T09:00:00+00:00")
    guard_in(world.desk.database).heads.sound(world.practice_id, alarm)
