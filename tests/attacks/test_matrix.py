"""The attack and fault matrix, row by row (docs/design/attacks.md).

Each row shows a control that passes, the attack, what detects it and in which words, and that the
test itself fails where that detector is taken out (tests/attacks/trial.py). `make attacks` runs the
rows and counts them.
"""

from __future__ import annotations

from functools import partial

import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError

from policy_service.domain.principals import Scope
from tests.attacks import blinds, outside, rewriting
from tests.attacks.forger import look_inside, rows_of, size_of, told
from tests.attacks.outside import Outsider
from tests.attacks.trial import Trial, require
from tests.audit.logs import sign, write
from tests.cast import World

Patch = pytest.MonkeyPatch


def test_attack_01_one_field_edited_is_named_with_its_index(
    world: World, monkeypatch: Patch
) -> None:
    at = told(world) + 1
    attack = partial(rewriting.edit_one_field, world, at)
    Trial(partial(look_inside, world), attack, blinds.believe_the_rows).run(monkeypatch)


def test_attack_01_a_column_that_filters_go_by_is_named_too(
    world: World, monkeypatch: Patch
) -> None:
    at = told(world) + 1

    def columns_unread(patch: Patch) -> None:
        patch.setattr("policy_service.audit.filing.told_otherwise", lambda *_: None)

    attack = partial(rewriting.edit_one_column, world, at)
    Trial(partial(look_inside, world), attack, columns_unread).run(monkeypatch)


def test_attack_02_an_edit_with_everything_recomputed_contradicts_the_signed_heads(
    world: World, monkeypatch: Patch
) -> None:
    at = told(world) + 1
    attack = partial(rewriting.edit_and_recompute, world, at)
    Trial(partial(look_inside, world), attack, blinds.forget_heads).run(monkeypatch)


def test_attack_03_a_deleted_middle_row_is_named(world: World, monkeypatch: Patch) -> None:
    at = told(world) + 1
    attack = partial(rewriting.delete_from_the_middle, world, at)
    Trial(partial(look_inside, world), attack, blinds.forget_heads).run(monkeypatch)


def test_attack_03_a_row_deleted_and_nothing_recomputed_is_a_gap(
    world: World, monkeypatch: Patch
) -> None:
    at = told(world) + 1
    attack = partial(rewriting.leave_a_gap, world, at)
    Trial(partial(look_inside, world), attack, blinds.believe_the_rows).run(monkeypatch)


def test_attack_04_dropped_newest_rows_are_fewer_than_the_head_says(
    world: World, monkeypatch: Patch
) -> None:
    told(world)
    attack = partial(rewriting.drop_the_newest, world, 2)
    Trial(partial(look_inside, world), attack, blinds.believe_the_rows).run(monkeypatch)


def test_attack_05_a_dropped_tail_with_its_old_head_is_known_to_the_witness_and_the_ehr(
    world: World, outsider: Outsider, monkeypatch: Patch
) -> None:
    told(world)
    then, size = sign(world), size_of(world)
    receipts = [world.check("ben", "nora")["receipt"], world.check("alma", "tomas")["receipt"]]
    sign(world)

    def look() -> str:
        return outsider.look() + outside.receipts_look(world, receipts)

    def attack() -> tuple[str, ...]:
        words = outside.drop_the_tail_and_its_heads(world, size_of(world) - size, then)
        assert look_inside(world) == "", "nothing in the database shows it"
        return (*words,)

    def blind(patch: Patch) -> None:
        blinds.cosign_everything(patch)
        blinds.match_every_receipt(patch)

    Trial(look, attack, blind).run(monkeypatch)


def test_attack_06_two_swapped_rows_are_named(world: World, monkeypatch: Patch) -> None:
    at = told(world)
    attack = partial(rewriting.swap, world, at + 1, at + 3)
    Trial(partial(look_inside, world), attack, blinds.forget_heads).run(monkeypatch)


def test_attack_07_a_replayed_row_has_an_id_that_was_used(world: World, monkeypatch: Patch) -> None:
    at = told(world) + 1
    row = rows_of(world)[at]
    with pytest.raises((IntegrityError, DBAPIError)):
        rewriting.insert_again(world, row)

    def ids_unread(patch: Patch) -> None:
        patch.setattr("policy_service.ledger.verify._Reading.check", lambda *_: None)
        patch.setattr("policy_service.audit.filing.told_otherwise", lambda *_: None)

    attack = partial(rewriting.replay, world, at)
    Trial(partial(look_inside, world), attack, ids_unread).run(monkeypatch)


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


def test_attack_08_a_forged_waiting_row_has_no_mac(world: World, monkeypatch: Patch) -> None:
    told(world)
    attack = partial(rewriting.forge_waiting, world)
    Trial(partial(look_inside, world), attack, blinds.take_any_mac).run(monkeypatch)


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


def test_attack_09_a_backdated_insert_is_named(world: World, monkeypatch: Patch) -> None:
    at = told(world) + 1
    attack = partial(rewriting.insert_backdated, world, at)
    Trial(partial(look_inside, world), attack, blinds.forget_heads).run(monkeypatch)
