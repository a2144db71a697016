"""The log and its witnesses: what is cosigned, what a dead or refusing witness does, and undoes."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import delete, make_url, select, update

from policy_service.audit.cosignatures import cosigned_note, newest_cosigned
from policy_service.audit.log import Owned
from policy_service.audit.witness.book import Book
from policy_service.audit.witness.client import WitnessAddress
from policy_service.audit.witness.cosigner import Reply, Witness
from policy_service.audit.witness.rows import LONGEST_WAIT
from policy_service.audit.witness.server import WitnessServer
from policy_service.database.tables.audit import CheckpointRow, HeadRow, NodeRow
from policy_service.database.tables.witnesses import CosignatureRow, WitnessRow
from policy_service.domain.principals import Scope
from policy_service.ledger.checkpoint import Checkpoint, sign_checkpoint
from policy_service.ledger.cosignature import Cosigner
from policy_service.ledger.merkle import EMPTY_ROOT, Frontier, leaf_hash
from policy_service.ledger.note import Note, Signer, Verifier
from policy_service.ledger.witnessing import Finding
from policy_service.services.clients import register_client
from policy_service.services.witnesses import WitnessState, submit_due, witness_state
from policy_service.worker import Worker, run_due
from tests.cast import NORA, World, world_like
from tests.ledger.keys import OTHER_KEY
from tests.tampering import tamper

AGO = datetime(2026, 1, 2, tzinfo=UTC)


class Trespasser(Witness):
    """A witness on the way to being trusted by nobody: says what it is told to say."""

    says: Reply | None = None

    def add_checkpoint(self, body: bytes) -> Reply:
        return self.says or super().add_checkpoint(body)


@dataclass
class Officer:
    """The second machine."""

    witness: Trespasser
    address: WitnessAddress


@contextmanager
def _second_machine(world: World, folder: Path) -> Iterator[Officer]:
    logs = {signer.name: (Verifier.of(signer),) for signer in _log_keys(world)}
    book = Book(folder)
    witness = Trespasser(OTHER_KEY, logs, book, lambda: int(world.clock().timestamp()))
    with WitnessServer(("127.0.0.1", 0), witness) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        url = f"http://127.0.0.1:{server.server_address[1]}"
        yield Officer(witness, WitnessAddress(url, Cosigner.of(OTHER_KEY)))
        server.shutdown()
        thread.join()
    book.close()


def _log_keys(world: World) -> list[Signer]:
    ids = [world.practice_id, world.other_practice_id]
    return [world.desk.log_key(world.desk.practice(each).log_origin) for each in ids if each]


@pytest.fixture
def officer(world: World, tmp_path: Path) -> Iterator[Officer]:
    """A witness that the world's service is configured with."""
    with _second_machine(world, tmp_path / "officer") as started:
        world.desk.witnesses = (started.address,)
        yield started


def _grow(world: World) -> None:
    """One more entry, signed."""
    with world.writing() as context:
        context.log("audit.read", {"query": Owned({})})
    world.clock.advance(seconds=2)
    Worker(world.desk).run_due()


def _state(world: World) -> WitnessState:
    with world.reading() as context:
        [state] = witness_state(context, world.desk.witnesses)
    return state


def _size(world: World) -> int:
    with world.reading() as context:
        mine = HeadRow.practice_id == world.practice_id
        return context.session.execute(select(HeadRow.size).where(mine)).scalar_one()


def test_each_new_head_is_cosigned_and_the_cosignature_is_kept(
    world: World, officer: Officer
) -> None:
    assert _state(world).word == "not yet"
    for _ in range(3):
        _grow(world)
        submit_due(world.desk)
        state = _state(world)
        assert (state.word, state.cosigned, state.refused) == ("cosigning", _size(world), None)
        with world.reading() as context:
            size = newest_cosigned(context.session, world.practice_id)
            assert size == _size(world)
            note = Note.parse(str(cosigned_note(context.session, world.practice_id, size)))
        note.require(officer.address.cosigner)
        note.require(Verifier.of(_log_keys(world)[0]))


def test_the_newest_cosigned_head_is_given_over_rest(world: World, officer: Officer) -> None:
    ehr = world.http(Scope.AUDIT_READ)
    path = "/v1/audit/checkpoint?cosigned=true"
    assert ehr.get(path).status_code == 404
    _grow(world)
    submit_due(world.desk)
    _grow(world)
    note = Note.parse(ehr.get(path).text)
    note.require(officer.address.cosigner)
    assert Checkpoint.parse(note.text).size < _size(world)


def test_a_head_that_is_cosigned_is_not_sent_again(sqlite_world: World, tmp_path: Path) -> None:
    world = sqlite_world
    with _second_machine(world, tmp_path / "officer") as officer:
        world.desk.witnesses = (officer.address,)
        _grow(world)
        assert [submit_due(world.desk) for _ in range(3)] == [1, 0, 0]


def test_the_worker_submits_what_it_has_signed(world: World, officer: Officer) -> None:
    _grow(world)
    run_due(world.desk)
    assert _state(world).cosigned == _size(world)


def test_a_dead_witness_holds_nothing_up_shows_and_comes_back(
    world: World, officer: Officer, tmp_path: Path
) -> None:
    _grow(world)
    alive, dead = officer.address, replace(officer.address, url="http://127.0.0.1:9")
    world.desk.witnesses = (dead,)
    for failures in (1, 2, 3):
        before = _size(world)
        _grow(world)
        assert _size(world) > before
        world.clock.advance(minutes=5)
        assert submit_due(world.desk) == 0
        assert _state(world).failures == failures
    assert _state(world).word == "unreachable"
    assert _state(world).said.startswith("not reached")
    health = world.app.test_client().get("/readyz")
    assert health.status_code == 200
    practices = 1 if world.other_practice_id is None else 2
    assert health.get_json()["witnesses"] == {"refused": 0, "unreachable": practices}
    world.desk.witnesses = (alive,)
    world.clock.advance(minutes=5)
    submit_due(world.desk)
    assert (_state(world).word, _state(world).failures) == ("cosigning", 0)


def test_a_witness_that_fails_is_asked_less_and_less_often(
    sqlite_world: World, tmp_path: Path
) -> None:
    world = sqlite_world
    with _second_machine(world, tmp_path / "officer") as officer:
        world.desk.witnesses = (replace(officer.address, url="http://127.0.0.1:9"),)
        _grow(world)
        waits = []
        for _ in range(12):
            submit_due(world.desk)
            with world.reading() as context:
                row = context.session.scalars(select(WitnessRow)).one()
                waits.append(row.next_try_at - world.clock())
            submit_due(world.desk)
            world.clock.advance(minutes=6)
    assert waits[:3] == [timedelta(seconds=2), timedelta(seconds=4), timedelta(seconds=8)]
    assert waits == sorted(waits)
    assert waits[-1] == LONGEST_WAIT


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Reply(500, "oh"), "answered 500: oh"),
        (Reply(404, "unknown\n"), "answered 404: unknown"),
        (Reply(403, "no\n"), "answered 403: no"),
        (Reply(409, "many\n", "text/x.tlog.size"), "answered 409 without a size"),
        (Reply(200, "\n"), "answered 200 without its cosignature"),
        (Reply(200, f"— {OTHER_KEY.name} AAAAAAAA\n"), "answered 200 without its cosignature"),
    ],
    ids=["broken", "unknown log", "unknown key", "no size", "no line", "another's line"],
)
def test_an_answer_that_is_none_is_a_failure_and_no_refusal(
    sqlite_world: World, tmp_path: Path, reply: Reply, said: str
) -> None:
    world = sqlite_world
    with _second_machine(world, tmp_path / "officer") as officer:
        world.desk.witnesses = (officer.address,)
        officer.witness.says = reply
        _grow(world)
        assert submit_due(world.desk) == 0
        state = _state(world)
        assert (state.refused, state.failures) == (None, 1)
        assert state.said.startswith(said)


def test_a_forgotten_witness_row_is_learnt_again(world: World, officer: Officer) -> None:
    _grow(world)
    submit_due(world.desk)
    with world.writing() as context:
        mine = WitnessRow.practice_id == world.practice_id
        context.session.execute(delete(WitnessRow).where(mine))
    _grow(world)
    submit_due(world.desk)
    assert (_state(world).word, _state(world).cosigned) == ("cosigning", _size(world))
    assert list(officer.witness.book.evidence()) == []


def test_a_witness_ahead_of_a_slow_worker_is_no_rollback(world: World, officer: Officer) -> None:
    """Another worker signed and submitted more in the time this one's submission took."""
    _grow(world)
    submit_due(world.desk)
    officer.witness.says = Reply(409, f"{_size(world) + 1}\n", "text/x.tlog.size")
    with world.writing() as context:
        context.log("audit.read", {"query": Owned({})})
        context.log("audit.read", {"query": Owned({})})
    world.clock.advance(seconds=2)
    Worker(world.desk).run_due()
    submit_due(world.desk)
    assert _state(world).refused is None


def _put_back(world: World, tmp_path: Path) -> Callable[[], World]:
    """Copy the database now; the returned function starts a service on that copy."""
    world.desk.database.dispose()
    backup = tmp_path / "backup.sqlite3"
    shutil.copy(str(make_url(world.settings.database_url).database), backup)
    again = tmp_path / "again"
    again.mkdir()
    made = world_like(world, f"sqlite:///{backup}", again)
    made.desk.witnesses = world.desk.witnesses
    return lambda: made


def test_attack_5_and_10_an_old_backup_with_its_old_head_is_refused(
    sqlite_world: World, tmp_path: Path
) -> None:
    world = sqlite_world
    with _second_machine(world, tmp_path / "officer") as officer, ExitStack() as stack:
        world.desk.witnesses = (officer.address,)
        _grow(world)
        submit_due(world.desk)
        put_back = _put_back(world, tmp_path)
        for _ in range(3):
            _grow(world)
            submit_due(world.desk)
        newest = _size(world)
        restored = put_back()
        stack.callback(restored.desk.database.dispose)
        submit_due(restored.desk)
        assert _state(restored).refused is None, "by itself the backup says that all is cosigned"
        run_due(restored.desk)
        state = _state(restored)
        assert (state.word, state.refused) == ("refused", Finding.ROLLBACK)
        assert state.said == f"it knows {newest}"
        health = restored.app.test_client().get("/readyz").get_json()
        assert health["witnesses"] == {"refused": 1, "unreachable": 0}


def _rewrite(world: World, *, keep_size: bool) -> None:
    """All that a writer of the database and a thief of the log key can do: another first entry.

    He signs by himself: the service's own guard would not.
    """
    emptied = (
        "DELETE FROM audit_node",
        "DELETE FROM audit_checkpoint",
        "DELETE FROM audit_cosignature",
    )
    tamper(world.desk.database, *emptied)
    size = _size(world)
    with world.writing() as context:
        forged = _forged_nodes(world.practice_id, size if keep_size else size + 3)
        context.session.add_all(forged.nodes)
        context.session.execute(update(HeadRow).values(**forged.head))
        [log_key] = _log_keys(world)
        head = Checkpoint(log_key.name, *forged.frontier.head)
        row = {"size": head.size, "note": sign_checkpoint(head, log_key).to_text()}
        context.session.add(CheckpointRow(**row, practice_id=world.practice_id, signed_at=AGO))


@dataclass
class _Forged:
    nodes: list[NodeRow]
    frontier: Frontier
    head: dict[str, object]


def _forged_nodes(practice_id: str, size: int) -> _Forged:
    frontier, nodes = Frontier(), []
    assert frontier.root == EMPTY_ROOT
    for index in range(size):
        frontier, made = frontier.grow(leaf_hash(b"forged %d" % index))
        nodes += [
            NodeRow(practice_id=practice_id, level=n.level, node_index=n.index, hash=n.hash)
            for n in made
        ]
    head = {"size": size, "frontier": frontier.to_bytes(), "root": frontier.root}
    return _Forged(nodes, frontier, head)


@pytest.mark.parametrize(
    ("keep_size", "finding"), [(True, Finding.SPLIT), (False, Finding.UNPROVEN)]
)
def test_attack_11_a_rewrite_with_the_stolen_key_is_refused_and_kept(
    sqlite_world: World, tmp_path: Path, keep_size: bool, finding: Finding
) -> None:
    world = sqlite_world
    with _second_machine(world, tmp_path / "officer") as officer:
        world.desk.witnesses = (officer.address,)
        _grow(world)
        submit_due(world.desk)
        _rewrite(world, keep_size=keep_size)
        world.clock.advance(seconds=2)
        submit_due(world.desk, anew=True)
        state = _state(world)
        assert (state.word, state.refused) == ("refused", finding)
        assert state.refused_at == world.clock()
        [kept] = officer.witness.book.evidence()
        assert kept.kind == finding


def test_a_refusal_stands_until_the_witness_cosigns_again(
    sqlite_world: World, tmp_path: Path
) -> None:
    world = sqlite_world
    with _second_machine(world, tmp_path / "officer") as officer:
        world.desk.witnesses = (officer.address,)
        _grow(world)
        officer.witness.says = Reply(422, "no\n")
        submit_due(world.desk)
        first = _state(world).refused_at
        _grow(world)
        world.clock.advance(minutes=5)
        submit_due(world.desk)
        assert (_state(world).word, _state(world).refused_at) == ("refused", first)
        officer.witness.says = None
        world.clock.advance(minutes=5)
        submit_due(world.desk)
        assert _state(world).word == "cosigning"


def test_without_witnesses_nothing_is_submitted_and_health_says_so(sqlite_world: World) -> None:
    _grow(sqlite_world)
    assert submit_due(sqlite_world.desk) == 0
    health = sqlite_world.app.test_client().get("/readyz").get_json()
    assert health["witnesses"] == {"refused": 0, "unreachable": 0}
    with sqlite_world.reading() as context:
        assert newest_cosigned(context.session, sqlite_world.practice_id) is None


def test_the_checkpoint_of_each_cosignature_is_the_stored_one(
    world: World, officer: Officer
) -> None:
    with world.writing() as context:
        register_client(context, NORA)
    _grow(world)
    submit_due(world.desk)
    with world.reading() as context:
        [size] = context.session.scalars(select(CosignatureRow.size))
        note = str(cosigned_note(context.session, world.practice_id, size))
        assert Checkpoint.parse(Note.parse(note).text).size == size
        assert cosigned_note(context.session, world.practice_id, size + 1) is None
