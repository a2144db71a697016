"""Replay: the same facts and packs give the same decision, and a changed one is seen."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import update

from policy_service.cli import register_commands
from policy_service.database.tables.decisions import DecisionRow
from policy_service.database.tables.people import PersonKeyRow
from policy_service.database.tables.registry import ClientRow
from policy_service.ledger.canonical import canonical_bytes, parse_strict
from policy_service.policy.pack import Layer, PackSet
from policy_service.services.context import Context
from policy_service.services.replays import Replayed, replay, replay_several
from tests.api.conftest import EVERY_SCOPE, asked
from tests.cast import World

PAIRS = [("alma", "tomas"), ("alma", "nora"), ("ben", "tomas"), ("ben", "nora")]


@pytest.fixture
def decided(world: World) -> list[str]:
    """Ids of four recorded decisions."""
    ehr = world.http(*EVERY_SCOPE)
    return [ehr.post("/v1/checks", json=asked(world, *pair)).json["id"] for pair in PAIRS]


def test_every_decision_replays_to_the_same_bytes(world: World, decided: list[str]) -> None:
    with world.reading() as context:
        replays = list(replay_several(world.desk, context))
    assert {one.decision_id for one in replays} == set(decided)
    assert {one.verdict for one in replays} == {Replayed.SAME}


def test_what_happens_later_does_not_change_a_replay(world: World, decided: list[str]) -> None:
    world.clock.advance(days=700)
    with world.reading() as context:
        assert replay(world.desk, context, decided[0]).verdict is Replayed.SAME


def test_a_place_nobody_knows_is_read_for_every_place_and_replays(world: World) -> None:
    ehr = world.http(*EVERY_SCOPE)
    body = asked(world, "alma", "nora", location_of_service="unknown")
    answer = ehr.post("/v1/checks", json=body).json
    questions = {ask["fact"]: ask for ask in answer["ask"]}
    assert questions["location_of_service"]["why"] == "asked_not_known"
    assert questions["location_of_service"]["question"].startswith("Where is the client")
    elsewhere = [f for f in answer["findings"] if not f["pack"].startswith(("baseline", "us-tx"))]
    assert elsewhere
    assert all(finding["undecided"] for finding in elsewhere)
    assert not answer["complete"]
    with world.reading() as context:
        assert replay(world.desk, context, answer["id"]).verdict is Replayed.SAME
    at_home = ehr.post("/v1/checks", json=asked(world, "alma", "nora")).json
    assert "location_of_service" not in {ask["fact"] for ask in at_home["ask"]}


def _doctor(context: Context, decision_id: str, part: str, old: bytes, new: bytes) -> None:
    """Change a sealed part as only someone with every key could."""
    row = context.session.get_one(DecisionRow, (context.practice_id, decision_id))
    client = context.session.get_one(ClientRow, (context.practice_id, row.client_id))
    where = ("decision", row.id, part)
    sealed = row.sealed_body if part == "body" else row.sealed_facts
    raw = context.keyring.open(context.session, client.person_id, sealed, where)
    assert old in raw
    changed = canonical_bytes(parse_strict(raw.replace(old, new)))
    resealed = context.keyring.seal(context.session, client.person_id, changed, where)
    setattr(row, f"sealed_{part}", resealed)


@pytest.mark.parametrize(
    ("part", "old", "new"),
    [
        ("body", b'"outcome":"prohibit"', b'"outcome":"monitor"'),
        ("facts", b'"value":"relative"', b'"value":"none"'),
    ],
)
def test_a_decision_that_does_not_follow_is_seen(
    world: World, decided: list[str], part: str, old: bytes, new: bytes
) -> None:
    with world.writing() as context:
        _doctor(context, decided[0], part, old, new)
    with world.reading() as context:
        found = replay(world.desk, context, decided[0])
    assert found.verdict is Replayed.DIFFERS
    assert "these parts differ" in found.detail


def test_after_an_erasure_replay_says_erased(world: World, decided: list[str]) -> None:
    with world.writing() as context:
        client = context.session.get_one(ClientRow, (context.practice_id, world.ids["tomas"]))
        context.session.execute(
            update(PersonKeyRow)
            .where(
                PersonKeyRow.practice_id == context.practice_id,
                PersonKeyRow.person_id == client.person_id,
            )
            .values(wrapped=None, destroyed_at=context.now)
        )
    with world.reading() as context:
        assert replay(world.desk, context, decided[0]).verdict is Replayed.ERASED
        assert replay(world.desk, context, decided[1]).verdict is Replayed.SAME


def test_a_pack_that_is_not_at_hand_is_said(world: World, decided: list[str]) -> None:
    baseline = world.desk.packs.by_id("baseline")
    lost = "0" * 64
    with world.writing() as context:
        row = context.session.get_one(DecisionRow, (context.practice_id, decided[0]))
        row.packs = row.packs.replace(baseline.digest, lost)
    with world.reading() as context:
        found = replay(world.desk, context, decided[0])
    assert found.verdict is Replayed.CANNOT_TELL
    assert found.detail == f"pack {lost} is not at hand"


def test_software_that_no_longer_ships_a_pack_still_replays_it(
    world: World, decided: list[str]
) -> None:
    without = PackSet(tuple(pack for pack in world.desk.packs if pack.layer is not Layer.BASELINE))
    assert len(without.packs) < len(world.desk.packs.packs)
    later = replace(world.desk, packs=without, compiled={}, in_use={})
    with world.reading() as context:
        assert replay(later, context, decided[0]).verdict is Replayed.SAME


def test_replay_is_asked_over_rest_and_in_the_shell(world: World, decided: list[str]) -> None:
    ehr = world.http(*EVERY_SCOPE)
    answer = ehr.get(f"/v1/checks/{decided[0]}/replay")
    assert answer.json == {"id": decided[0], "replay": "same", "detail": ""}
    register_commands(world.app)
    shell = world.app.test_cli_runner()
    everything = shell.invoke(args=["checks", "replay", "--all"])
    assert everything.exit_code == 0
    assert sorted(everything.output.split()) == sorted([*(f"{i}:" for i in decided), *["same"] * 4])
    with world.writing() as context:
        _doctor(context, decided[0], "body", b'"complete":false', b'"complete":true')
    one = shell.invoke(args=["checks", "replay", decided[0]])
    assert one.exit_code == 1
    assert "differs these parts differ: complete" in one.output
