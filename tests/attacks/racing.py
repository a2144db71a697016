"""Two sealers, two replicas: writers and signers at once, and one that read the head too early."""

from __future__ import annotations

from collections.abc import Sequence
from unittest.mock import patch

import pytest

from policy_service.audit import sealer
from policy_service.audit.sealer import HeadMoved, head_of, move_head
from policy_service.database import driver
from policy_service.ledger.merkle import Frontier
from tests.attacks.forger import look_inside
from tests.audit.logs import Race, places, seal, sign, write
from tests.cast import World

RACE = Race(writers=3, sealers=3, entries=6)
_BLIND_MOVE = driver.spellings(
    "UPDATE audit_head SET size = {size}, frontier = {frontier}, root = {root} "
    "WHERE practice_id = {practice} AND {old_size} >= 0 RETURNING size"
)


def look(world: World) -> str:
    """Indices that are missing or there twice, and what verifying complains of."""
    found = places(world)
    said = "" if found == list(range(len(found))) else f"places {found} are not contiguous "
    return said + look_inside(world)


def two_at_once(world: World) -> None:
    """Several of each at once; then a sealer that works from a head that is no longer the head."""
    RACE.run(world)
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
