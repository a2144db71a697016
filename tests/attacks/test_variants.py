"""More ways to make some of the attacks of the matrix, shown and counted like its rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import pytest

from policy_service.database.tables.audit import PendingRow
from policy_service.domain.principals import Scope
from policy_service.services.bundle_choice import Chosen, Range
from tests.attacks import blinds, outside, reading, rewriting, running
from tests.attacks.forger import look_inside, rows_of, size_of, told
from tests.attacks.outside import Outsider
from tests.attacks.trial import Ordeal, Trial, require
from tests.audit.evidence.bundles import Kit
from tests.audit.logs import count, seal, sign, write
from tests.cast import World

Patch = pytest.MonkeyPatch


def test_attack_01_a_column_that_filters_go_by_is_named_too(
    world: World, monkeypatch: Patch
) -> None:
    at = told(world) + 1

    attack = partial(rewriting.edit_one_column, world, at)
    Trial(partial(look_inside, world), attack, blinds.read_no_columns).run(monkeypatch)


@pytest.mark.parametrize("attack", [rewriting.hide_from_a_subject, rewriting.name_another_subject])
def test_attack_01_an_entry_is_found_under_whom_it_names_and_nobody_else(
    world: World, monkeypatch: Patch, attack: Callable[[World, int], Sequence[str]]
) -> None:
    world.check("alma", "tomas")
    at = told(world) - 1
    look, change = partial(look_inside, world), partial(attack, world, at)
    Trial(look, change, blinds.read_no_columns).run(monkeypatch)


def test_attack_03_a_row_deleted_and_nothing_recomputed_is_a_gap(
    world: World, monkeypatch: Patch
) -> None:
    at = told(world) + 1
    attack = partial(rewriting.leave_a_gap, world, at)
    Trial(partial(look_inside, world), attack, blinds.believe_the_rows).run(monkeypatch)


def test_attack_07_a_request_sent_twice_is_answered_once(world: World) -> None:
    ehr = world.http(Scope.DECISION_FULL)
    body = {
        "clinician": {"id": world.ids["ben"]},
        "client": {"id": world.ids["nora"]},
        "purpose": "intake",
        "acting_user": {"role": "system"},
    }
    first, again, other = (
        ehr.post("/v1/checks", json=body, headers={"Idempotency-Key": key})
        for key in ("replayed-0001", "replayed-0001", "another-0002")
    )
    assert first.status_code == 201, first.text
    assert first.get_json()["id"] == again.get_json()["id"]
    assert first.get_json()["id"] != other.get_json()["id"], "the control: another key, another"
    assert world.actions().count("check.decided") == 2


def test_attack_08_the_sealer_holds_a_forged_row_and_seals_the_others(
    postgresql_world: World,
) -> None:
    world = postgresql_world
    told(world)
    assert rewriting.sealed_look(world) == "", "the control"
    words = rewriting.forge_waiting(world)
    write(world, "genuine")
    before = size_of(world)
    require(rewriting.sealed_look(world), words)
    assert size_of(world) == before + 1


def test_attack_10_a_backup_of_the_whole_machine_is_known_to_the_witness(
    world: World, outsider: Outsider, monkeypatch: Patch
) -> None:
    told(world)
    then, size = sign(world), size_of(world)

    def attack() -> tuple[str, ...]:
        write(world, "newest")
        sign(world)
        assert outsider.look() == ""
        words = outside.drop_the_tail_and_its_heads(world, size_of(world) - size, then)
        assert look_inside(world) == "", "nothing on the machine shows it"
        return words[:1]

    Trial(outsider.look, attack, blinds.cosign_everything).run(monkeypatch)


def test_attack_14_on_sqlite_no_entry_ever_waits(sqlite_world: World, monkeypatch: Patch) -> None:
    told(sqlite_world)
    [entry] = write(sqlite_world, "sealed in its own transaction")
    assert count(sqlite_world, PendingRow) == 0
    index = rows_of(sqlite_world)[-1]["id"]
    assert index == entry
    attack = partial(rewriting.drop_the_newest, sqlite_world, 1)
    Trial(partial(look_inside, sqlite_world), attack, blinds.believe_the_rows).run(monkeypatch)


def test_attack_18_the_times_of_heads_never_go_back(world: World, monkeypatch: Patch) -> None:
    clock = running.Clockwork(world)

    def back() -> None:
        world.clock.advance(hours=-1)

    def broken() -> tuple[str, ...]:
        monkeypatch.setattr("policy_service.audit.signing.last_signed_at", lambda *_: None)
        back()
        return ("go back",)

    Ordeal(clock.order, back, broken).run()


def test_attack_21_what_is_said_differently_is_committed_to_differently() -> None:
    pairs = reading.shifted()
    assert reading.digests_that_meet(pairs) == 0
    joined = [(reading.joined(one), reading.joined(other)) for one, other in pairs]
    assert reading.digests_that_meet(joined) == len(pairs), "the control: fields joined end to end"


@pytest.mark.parametrize("spelling", ["a key twice", "1.0 for 1", "spaces", "a newline behind"])
def test_attack_21_a_twisted_leaf_in_the_log_is_named(
    world: World, monkeypatch: Patch, spelling: str
) -> None:
    told(world)
    write(world, "under no head yet")
    seal(world)
    newest = size_of(world) - 1
    raw = reading.twist(rows_of(world)[-1]["leaf"])[spelling]

    def leniently(patch: Patch) -> None:
        patch.setattr("policy_service.ledger.verify._Reading.check", lambda *_: None)

    attack = partial(rewriting.put_twisted, world, newest, raw)
    Trial(partial(look_inside, world), attack, leniently).run(monkeypatch)


def test_attack_22_a_node_shown_as_an_entry_is_no_leaf(world: World, monkeypatch: Patch) -> None:
    at = told(world)
    hashes = [row["leaf_hash"] for row in rows_of(world)]
    node = reading.children_of_some_node(hashes)
    attack = partial(rewriting.put_twisted, world, at, node)
    Trial(partial(look_inside, world), attack, blinds.believe_the_rows).run(monkeypatch)


def test_attack_23_old_proofs_hold_and_one_key_alone_changes_nothing(
    world: World, monkeypatch: Patch
) -> None:
    old = reading.pinned_key(world)
    shown = [reading.genuine_change(world)]

    def look() -> str:
        return reading.change_refused(shown[-1], old)

    def attack() -> tuple[str, ...]:
        shown.append(reading.change_by_a_thief_of_one(shown[0], old))
        return ("old_sig of the key change does not verify",)

    def unsigned(patch: Patch) -> None:
        patch.setattr("policy_service.ledger.note.Verifier.accepts", lambda *_: True)

    Trial(look, attack, unsigned).run(monkeypatch)


def test_attack_24_a_chosen_bundle_says_incomplete(
    kit: Kit, capsys: pytest.CaptureFixture[str]
) -> None:
    decision = kit.world.check("ben", "nora")["id"]
    assert kit.verify(kit.bundle(Range(2))) == 0
    assert "INCOMPLETE" not in capsys.readouterr().out, "the control"
    assert kit.verify(kit.bundle(Chosen((decision,)))) == 0
    assert "INCOMPLETE" in capsys.readouterr().out
