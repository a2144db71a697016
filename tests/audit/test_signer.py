"""The signer process: one history, remembered on disk before a signature leaves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest

from policy_service.app import create_desk
from policy_service.audit.guard import guard_in
from policy_service.audit.remote_signer import RemoteSigner, SignerSocket
from policy_service.audit.signer import HeadKeeper, HeadRefused, SignerServer, answer
from policy_service.cli.signer import keeper_of
from policy_service.errors import LogContradicted, NotReady
from policy_service.ledger.checkpoint import Checkpoint, open_checkpoint
from policy_service.ledger.merkle import consistency_proof, leaf_hash, root_of, subtree_reader
from policy_service.ledger.note import Verifier
from tests.audit.logs import seal, sign, signer, verify, write
from tests.audit.test_guard import go_back
from tests.cast import World

ORIGIN = "policy-service/11111111-1111-4111-8111-111111111111"
LEAVES = [leaf_hash(bytes([number])) for number in range(8)]
FORKED = [*LEAVES[:2], *(leaf_hash(b"forged" + bytes([number])) for number in range(6))]


def head(leaves: list[bytes], origin: str = ORIGIN) -> str:
    return Checkpoint(origin, len(leaves), root_of(leaves)).text


def proof(leaves: list[bytes], old: int) -> list[bytes]:
    return list(consistency_proof(subtree_reader(leaves), old, len(leaves)))


@pytest.fixture
def keeper(tmp_path: Path) -> HeadKeeper:
    """A keeper with a folder of its own."""
    return keeper_of(tmp_path / "signer")


def test_heads_that_follow_one_another_are_signed(keeper: HeadKeeper) -> None:
    keeper.sign(head(LEAVES[:3]), [])
    note = keeper.sign(head(LEAVES[:7]), proof(LEAVES[:7], 3))
    key = Verifier(ORIGIN, keeper.public_key(ORIGIN))
    assert open_checkpoint(note, key).size == 7
    newest = keeper.newest(ORIGIN)
    assert newest is not None
    assert newest.size == 7


def test_the_same_head_is_signed_again(keeper: HeadKeeper) -> None:
    assert keeper.sign(head(LEAVES), []) == keeper.sign(head(LEAVES), [])


@pytest.mark.parametrize(
    ("text", "given"),
    [
        (head(LEAVES[:2]), []),
        (head(FORKED[:5]), []),
        (head(FORKED[:7]), proof(FORKED[:7], 5)),
        (head(LEAVES[:7]), []),
        (head(LEAVES[:7]), proof(LEAVES[:7], 4)),
        (head(LEAVES[:5], "policy-service/../../etc"), []),
    ],
    ids=["smaller", "same size, other root", "fork", "no proof", "other proof", "strange origin"],
)
def test_whatever_does_not_continue_the_last_head_is_refused(
    keeper: HeadKeeper, text: str, given: list[bytes]
) -> None:
    keeper.sign(head(LEAVES[:5]), [])
    with pytest.raises(HeadRefused):
        keeper.sign(text, given)
    newest = keeper.newest(ORIGIN)
    assert newest is not None
    assert newest.size == 5


def test_it_remembers_over_a_restart(tmp_path: Path) -> None:
    keeper_of(tmp_path).sign(head(LEAVES[:5]), [])
    with pytest.raises(HeadRefused, match="after one of 5"):
        keeper_of(tmp_path).sign(head(LEAVES[:4]), [])


def test_without_its_memory_it_would_sign_the_fork(keeper: HeadKeeper) -> None:
    """The control, and what `flask audit signer forget` is for."""
    keeper.sign(head(LEAVES[:5]), [])
    keeper.forget(ORIGIN)
    keeper.sign(head(FORKED[:4]), [])


@pytest.mark.parametrize(
    "line",
    [b"", b"nonsense", b"[]", b'{"ask": "all keys"}', b'{"ask": "sign", "checkpoint": "x"}',
     b'{"ask": "key", "origin": "../../x"}', b'{"ask": "sign", "checkpoint": "x", "proof": [""]}'],
)  # fmt: skip
def test_a_question_that_is_none_is_refused(keeper: HeadKeeper, line: bytes) -> None:
    assert "refused" in answer(keeper, line)


@pytest.fixture
def signed_elsewhere(world: World, tmp_path: Path) -> Iterator[World]:
    """The world's service again, with its log key in a signer process."""
    folder = tmp_path / "signer"
    folder.mkdir()
    key = world.settings.key_dir / f"log-{world.practice_id}.pem"
    key.rename(folder / key.name)
    path = tmp_path / "socket"
    server = SignerServer(path, keeper_of(folder))
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    settings = replace(world.settings, log_signer=path)
    desk = create_desk(settings, world.clock)
    yield replace(world, settings=settings, desk=desk)
    desk.database.dispose()
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_service_without_the_key_signs_through_the_process(signed_elsewhere: World) -> None:
    write(signed_elsewhere, "one")
    first = sign(signed_elsewhere)
    write(signed_elsewhere, "two")
    second = sign(signed_elsewhere)
    key = Verifier.of(signer(signed_elsewhere))
    assert open_checkpoint(first, key).size < open_checkpoint(second, key).size
    assert verify(signed_elsewhere).exit_code == 0
    here = signed_elsewhere.settings.key_dir
    assert not (here / f"log-{signed_elsewhere.practice_id}.pem").exists()


def test_a_log_that_went_back_is_refused_though_this_machine_forgot(
    signed_elsewhere: World,
) -> None:
    """Database and published head put back together: the signer process still remembers."""
    world = signed_elsewhere
    write(world, "one", "two")
    sign(world)
    go_back(world, 1)
    guard_in(world.desk.database).heads.forget(world.practice_id)
    with world.desk.database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE audit_head SET published = false")
    with pytest.raises(LogContradicted, match="the signer process"):
        sign(world)


def test_the_key_signs_nothing_but_heads(signed_elsewhere: World) -> None:
    with pytest.raises(NotReady):
        signer(signed_elsewhere).sign(b"anything")


def test_no_signature_while_the_process_is_away(world: World, tmp_path: Path) -> None:
    away = RemoteSigner(ORIGIN, SignerSocket(tmp_path / "nobody"))
    with pytest.raises(NotReady, match="does not answer"):
        away.sign_head(Checkpoint(ORIGIN, 1, LEAVES[0]), lambda _: ())
    assert away.signer.newest(world.practice_id) is None


def test_questions_and_answers_are_single_lines(keeper: HeadKeeper) -> None:
    """The protocol as docs/design/audit-log.md has it."""
    asked = {"ask": "sign", "checkpoint": head(LEAVES[:3]), "proof": []}
    note = answer(keeper, json.dumps(asked).encode())["note"]
    assert answer(keeper, json.dumps({"ask": "newest", "origin": ORIGIN}).encode())["size"] == 3
    assert "\n" not in json.dumps({"note": note})


def test_two_services_on_one_signer_do_not_accuse_each_other(
    signed_elsewhere: World, tmp_path: Path
) -> None:
    """Another host signs a larger head between our look and our question."""
    world = signed_elsewhere
    write(world, "one")
    sign(world)
    other = create_desk(replace(world.settings, key_dir=tmp_path / "other host"), world.clock)
    guard = guard_in(other.database)
    guard.heads.keep(world.practice_id, sign(world))
    write(world, "two")
    seal(world)
    sign(replace(world, desk=other))
    write(world, "three")
    sign(world)
    assert guard_in(world.desk.database).heads.alarm(world.practice_id) is None
    assert guard.heads.alarm(world.practice_id) is None
    other.database.dispose()
