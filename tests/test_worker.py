"""The worker: seals, works, signs at most once a second, and survives what fails."""

from __future__ import annotations

import signal
import threading

import pytest
from flask.testing import FlaskCliRunner
from sqlalchemy import func, select

from policy_service import worker as module
from policy_service.audit.verification import verify_log
from policy_service.cli import register_commands
from policy_service.database.tables.audit import CheckpointRow, PendingRow
from policy_service.errors import NotReady
from policy_service.jobs import queue
from policy_service.services.clients import register_client
from policy_service.services.touch import RESCREEN
from policy_service.worker import STEPS, Worker, run_due
from tests.cast import NORA, World


def count(world: World, table: type[CheckpointRow | PendingRow]) -> int:
    with world.reading() as context:
        return context.session.execute(select(func.count()).select_from(table)).scalar_one()


def change(world: World) -> None:
    with world.writing() as context:
        register_client(context, NORA)


def enqueue(world: World, *names: str) -> None:
    bodies = [{"clinician": world.ids["ben"], "client": world.ids[name]} for name in names]
    with world.writing() as context:
        queue.enqueue(context.session, world.practice_id, RESCREEN, bodies, context.now)


def test_after_a_round_nothing_waits_and_the_log_verifies_with_a_checkpoint(world: World) -> None:
    change(world)
    run_due(world.desk)
    assert count(world, PendingRow) == 0
    signer = world.desk.log_key(world.desk.practice(world.practice_id).log_origin)
    verdict = verify_log(world.desk.database, world.practice_id, signer)
    assert (verdict.exit_code, verdict.text) == (0, "ok: 14 entries, 1 signed checkpoints")


def test_checkpoints_are_signed_at_most_once_a_second(world: World) -> None:
    worker = Worker(world.desk)
    for _ in range(3):
        change(world)
        worker.run_due()
    assert count(world, CheckpointRow) == 1
    world.clock.advance(seconds=1)
    worker.run_due()
    assert count(world, CheckpointRow) == 2


def test_nothing_new_is_not_signed_again(world: World) -> None:
    worker = Worker(world.desk)
    worker.run_due()
    world.clock.advance(seconds=5)
    worker.run_due()
    assert count(world, CheckpointRow) == 1


def test_one_failing_piece_does_not_stop_the_others(
    sqlite_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    rescreen = STEPS[RESCREEN]

    def fails_for_nora(desk: object, practice_id: str, work: queue.Work) -> bool:
        if work.body["client"] == sqlite_world.ids["nora"]:
            raise ValueError("Nora's name must not reach the row")
        return rescreen(sqlite_world.desk, practice_id, work)

    monkeypatch.setitem(module.STEPS, RESCREEN, fails_for_nora)
    enqueue(sqlite_world, "nora", "tomas")
    assert run_due(sqlite_world.desk) == 2
    with sqlite_world.reading() as context:
        [row] = context.session.scalars(select(queue.WorkRow))
    assert (row.state, row.attempts, row.error) == ("queued", 1, "ValueError")
    assert row.due_at > sqlite_world.clock()


def test_a_database_that_is_away_is_waited_for(
    sqlite_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker, rounds = Worker(sqlite_world.desk), []

    def away(_self: Worker) -> int:
        rounds.append(1)
        if len(rounds) == 2:
            worker.stopping.set()
        raise NotReady

    monkeypatch.setattr(Worker, "run_due", away)
    monkeypatch.setattr(module, "IDLE_SECONDS", 0)
    worker.run()
    assert len(rounds) == 2


def test_a_worker_told_to_stop_finishes_the_piece_in_hand_alone(
    sqlite_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = Worker(sqlite_world.desk)

    def last_one(_desk: object, _practice: str, _work: queue.Work) -> bool:
        worker.stopping.set()
        return True

    monkeypatch.setitem(module.STEPS, RESCREEN, last_one)
    enqueue(sqlite_world, "nora", "tomas")
    worker.run()
    with sqlite_world.reading() as context:
        assert queue.counts(context.session, sqlite_world.practice_id) == {"queued": 1}


@pytest.fixture
def commands(sqlite_world: World) -> FlaskCliRunner:
    """The command line of the world's application."""
    register_commands(sqlite_world.app)
    return sqlite_world.app.test_cli_runner()


def test_the_command_does_what_is_due_and_says_how_much(
    sqlite_world: World, commands: FlaskCliRunner
) -> None:
    enqueue(sqlite_world, "nora")
    done = commands.invoke(args=["worker", "--once"])
    assert (done.exit_code, done.output) == (0, "1 done\n")


def test_the_command_stops_on_sigterm(
    commands: FlaskCliRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first round raises the signal against this very process; the loop then ends."""
    assert threading.current_thread() is threading.main_thread()
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    monkeypatch.setattr(Worker, "run_due", lambda _self: signal.raise_signal(signal.SIGTERM) or 0)
    monkeypatch.setattr(module, "IDLE_SECONDS", 0)
    try:
        done = commands.invoke(args=["worker"])
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert done.exit_code == 0


def test_both_practices_are_looked_after(postgresql_world: World) -> None:
    with postgresql_world.elsewhere() as context:
        register_client(context, NORA)
    run_due(postgresql_world.desk)
    other = postgresql_world.other_practice_id
    assert other is not None
    with postgresql_world.desk.database.read(other) as session:
        assert session.scalars(select(PendingRow)).all() == []
