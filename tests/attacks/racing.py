"""Two sealers, two replicas: writers and signers at once, and one that read the head too early."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from unittest.mock import patch

import pytest
from sqlalchemy import select

from policy_service.audit import sealer
from policy_service.audit.sealer import HeadMoved, head_of, move_head
from policy_service.database import driver
from policy_service.database.tables.audit import LeafRow
from policy_service.ledger.merkle import Frontier
from tests.attacks.forger import look_inside
from tests.audit.logs import seal, sign, write
from tests.cast import World

WRITERS, SEALERS, ENTRIES = 3, 3, 6
_BLIND_MOVE = driver.spellings(
    "UPDATE audit_head SET size = {size}, frontier = {frontier}, root = {root} "
    "WHERE practice_id = {practice} AND {old_size} >= 0 RETURNING size"
)


def look(world: World) -> str:
    """Indices that are missing or there twice, and what verifying complains of."""
    with world.reading() as context:
        query = select(LeafRow.leaf_index).where(LeafRow.practice_id == world.practice_id)
        places = sorted(context.session.scalars(query))
    said = "" if places == list(range(len(places))) else f"places {places} are not contiguous "
    return said + look_inside(world)


def two_at_once(world: World) -> None:
    """Several of each at once; then a sealer that works from a head that is no longer the head."""
    barrier = Barrier(WRITERS + SEALERS)

    def keep_writing(number: int) -> None:
        barrier.wait()
        write(world, *(f"{number}-{each}" for each in range(ENTRIES)))

    def keep_sealing(_number: int) -> None:
        barrier.wait()
        for _ in range(ENTRIES):
            sign(world)

    with ThreadPoolExecutor(WRITERS + SEALERS) as threads:
        work = [threads.submit(keep_writing, number) for number in range(WRITERS)]
        work += [threads.submit(keep_sealing, number) for number in range(SEALERS)]
        for done in work:
            done.result()
    stale = _read_then_grow(world)
    with pytest.raises(HeadMoved), world.writing() as context:
        move_head(driver.writing(context.session), stale.size, stale.append(b"x" * 32))
    sign(world)


def without_compare_and_swap(world: World) -> Sequence[str]:
    """The same late sealer where the head is moved whatever it is."""
    stale = _read_then_grow(world)
    with patch.object(sealer, "_MOVE", _BLIND_MOVE), world.writing() as context:
        move_head(driver.writing(context.session), stale.size, stale.append(b"x" * 32))
    return ("TAMPERED", "is not the signed one")


def _read_then_grow(world: World) -> Frontier:
    """The head as it was read before another sealer moved it."""
    seal(world)
    with world.reading() as context:
        _, stale = head_of(driver.direct(context.session))
    write(world, "meanwhile")
    sign(world)
    return stale
