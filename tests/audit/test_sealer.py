"""Two sealers never fork the tree: whoever finds the head moved writes nothing and tries again."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text, update

from policy_service.audit import sealer
from policy_service.audit.guard import guard_in
from policy_service.audit.sealer import HeadMoved, head_of, move_head, place
from policy_service.database import driver
from policy_service.database.tables.audit import HeadRow, PendingRow
from policy_service.errors import LogContradicted
from tests.audit.logs import Race, count, places, seal, sign, verify, write
from tests.audit.test_writers import never
from tests.cast import World

WRITERS, ENTRIES, SEALERS = 4, 8, 3


def test_writers_and_sealers_at_once_give_one_contiguous_tree(world: World) -> None:
    """Several writers, several sealers and signers, one practice: every entry once, no fork."""
    seal(world)
    before = len(places(world))
    Race(WRITERS, SEALERS, ENTRIES).run(world)
    sign(world)
    assert places(world) == list(range(before + WRITERS * ENTRIES))
    assert count(world, PendingRow) == 0
    assert guard_in(world.desk.database).heads.alarm(world.practice_id) is None
    assert verify(world).exit_code == 0, verify(world).text


def test_a_sealer_that_lost_the_race_writes_nothing_and_is_not_in_the_way(
    postgresql_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = postgresql_world
    write(world, "one")
    before = places(world)
    with monkeypatch.context() as lost:
        lost.setattr(sealer, "move_head", _lose)
        assert seal(world) == 0
    assert places(world) == before
    assert seal(world) > 0
    assert verify(world).exit_code == 0


def _lose(*_: Any) -> None:
    raise HeadMoved


def test_without_the_compare_and_swap_a_stale_sealer_would_fork_the_head(
    postgresql_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: head moved blindly, the tree under it is no longer the log's."""
    world = postgresql_world
    seal(world)
    with world.reading() as context:
        _, stale = head_of(driver.direct(context.session))
    sign(world)
    write(world, "one")
    seal(world)
    forked = stale.append(b"x" * 32)
    blind = update(HeadRow).where(HeadRow.practice_id == world.practice_id)
    with world.writing() as context:
        context.session.execute(blind.values(root=forked.root, frontier=forked.to_bytes()))
    with pytest.raises(LogContradicted):
        sign(world)


def test_the_head_moves_only_from_the_size_that_was_read(world: World) -> None:
    """The compare-and-swap alone: the same frontier placed twice is refused the second time."""
    seal(world)
    with world.writing() as context:
        direct = driver.writing(context.session)
        size, frontier = head_of(direct)
        grown = frontier.append(b"x" * 32)
        move_head(direct, size, grown)
        with pytest.raises(HeadMoved):
            move_head(direct, size, grown)
        context.session.rollback()


def test_the_index_is_never_a_sequence_of_the_database(postgresql_world: World) -> None:
    """Rolled-back entries and a batch that failed leave no gap between places."""
    world = postgresql_world
    write(world, "kept")
    never(world)
    write(world, "kept too")
    seal(world)
    assert places(world) == list(range(len(places(world))))
    assert verify(world).exit_code == 0
    with world.reading() as context:
        columns = context.session.scalars(
            text(
                "SELECT column_default FROM information_schema.columns "
                "WHERE table_name = 'audit_leaf' AND column_name = 'leaf_index'"
            )
        ).all()
    assert columns == [None]


def test_an_entry_that_was_placed_already_cannot_be_placed_again(world: World) -> None:
    [entry] = write(world, "one")
    seal(world)
    with pytest.raises(Exception, match="audit_leaf"), world.writing() as context:
        place(driver.writing(context.session), [(entry, b"x" * 32)])
