"""An officer resolves an alarm: the log is accepted as it stands, and the log says so."""

from __future__ import annotations

from datetime import timedelta

import pytest

from policy_service.audit.guard import guard_in
from policy_service.database.tables.audit import PendingRow
from policy_service.domain.principals import Role
from policy_service.errors import InvalidRequest, LogContradicted, NotAllowed, StateConflict
from policy_service.services.log_alarms import Resolution, log_health, resolve
from policy_service.worker import Worker
from tests.audit.logs import count, seal, sign, verify, write
from tests.audit.test_guard import go_back
from tests.audit.test_rows import forge
from tests.cast import World

MEANT = Resolution("The disk failed; the backup of this morning was restored.")


def restored(world: World) -> None:
    """A published log that was put back and refused an entry."""
    write(world, "one", "two")
    sign(world)
    go_back(world, 1)
    with pytest.raises(LogContradicted):
        write(world, "three")


def test_after_a_resolution_the_log_grows_is_signed_and_verifies(world: World) -> None:
    restored(world)
    assert verify(world).exit_code == 1
    resolve(world.desk, world.cleo, MEANT)
    write(world, "four")
    sign(world)
    assert verify(world).exit_code == 0, verify(world).text
    assert "log.resolved" in world.actions()


def test_without_a_resolution_nothing_helps(world: World) -> None:
    """The control: neither time nor a new start lifts the alarm."""
    restored(world)
    world.clock.advance(days=1)
    world.desk.database.dispose()
    with pytest.raises(LogContradicted):
        write(world, "four")


def test_only_an_officer_resolves_with_a_reason_and_only_an_alarm(world: World) -> None:
    with pytest.raises(StateConflict):
        resolve(world.desk, world.cleo, MEANT)
    restored(world)
    with pytest.raises(InvalidRequest):
        resolve(world.desk, world.cleo, Resolution("  "))
    with pytest.raises(NotAllowed):
        resolve(world.desk, world.account(Role.CLINICIAN), MEANT)
    assert guard_in(world.desk.database).heads.alarm(world.practice_id) is not None


def test_held_entries_take_their_place_only_when_the_officer_admits_them(
    postgresql_world: World,
) -> None:
    world = postgresql_world
    sign(world)
    forge(world)
    seal(world)
    resolve(world.desk, world.cleo, Resolution("Looked into."))
    seal(world)
    assert guard_in(world.desk.database).heads.alarm(world.practice_id) is not None
    resolve(world.desk, world.cleo, Resolution("Ours: written by a tool of our own.", admit=True))
    seal(world)
    assert count(world, PendingRow) == 0
    sign(world)
    assert guard_in(world.desk.database).heads.alarm(world.practice_id) is None


def test_an_entry_under_no_signed_head_for_too_long_is_red(world: World) -> None:
    """Row 19 of the attack matrix: no worker runs."""
    most = timedelta(seconds=10)
    sign(world)
    assert not log_health(world.desk, world.practice_id).is_red(most)
    write(world, "one")
    world.clock.advance(seconds=10)
    assert not log_health(world.desk, world.practice_id).is_red(most)
    world.clock.advance(seconds=1)
    assert log_health(world.desk, world.practice_id).is_red(most)
    Worker(world.desk).run_due()
    assert not log_health(world.desk, world.practice_id).is_red(most)


def test_a_standing_alarm_is_red_and_the_probe_says_so(world: World) -> None:
    sign(world)
    probe = world.app.test_client()
    assert (probe.get("/health").status_code, probe.get("/health").json["status"]) == (200, "green")
    go_back(world, 1)
    with pytest.raises(LogContradicted):
        write(world, "three")
    said = probe.get("/health")
    assert said.status_code == 503
    assert said.json == {"alarms": 1, "oldest_unsigned_seconds": 0.0, "status": "red"}


def test_a_check_is_answered_by_the_problem_and_never_without_record(world: World) -> None:
    sign(world)
    go_back(world, 1)
    with pytest.raises(LogContradicted):
        world.check("ben", "nora")
    resolve(world.desk, world.cleo, MEANT)
    assert world.check("ben", "nora")["outcome"] == "no_finding"
