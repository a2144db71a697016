"""The attack and fault matrix, row by row (docs/design/attacks.md).

Each row shows a control that passes, the attack, what detects it and in which words, and that the
test itself fails where that detector is taken out (tests/attacks/trial.py). `make attacks` runs the
rows and counts them.
"""

from __future__ import annotations

import json
from functools import partial

import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError

from policy_service.audit.evidence import rederive, verify
from policy_service.ledger.note import Verifier
from policy_service.services import audit_reading
from policy_service.services.bundle_choice import Chosen, Range
from tests.attacks import blinds, crashing, outside, racing, reading, rewriting, running
from tests.attacks.forger import look_inside, rows_of, size_of, told
from tests.attacks.outside import Outsider
from tests.attacks.survey import Heard, survey
from tests.attacks.trial import Ordeal, Trial, require
from tests.audit.evidence.bundles import Kit, lines
from tests.audit.evidence.test_rederive import forged, milder
from tests.audit.logs import sign, write
from tests.audit.test_guard import go_back
from tests.cast import World
from tests.tampering import tamper

Patch = pytest.MonkeyPatch


def test_attack_01_one_field_edited_is_named_with_its_index(
    world: World, monkeypatch: Patch
) -> None:
    at = told(world) + 1
    attack = partial(rewriting.edit_one_field, world, at)
    Trial(partial(look_inside, world), attack, blinds.believe_the_rows).run(monkeypatch)


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
        blinds.read_no_columns(patch)

    attack = partial(rewriting.replay, world, at)
    Trial(partial(look_inside, world), attack, ids_unread).run(monkeypatch)


def test_attack_08_a_forged_waiting_row_has_no_mac(world: World, monkeypatch: Patch) -> None:
    told(world)
    attack = partial(rewriting.forge_waiting, world)
    Trial(partial(look_inside, world), attack, blinds.take_any_mac).run(monkeypatch)


def test_attack_09_a_backdated_insert_is_named(world: World, monkeypatch: Patch) -> None:
    at = told(world) + 1
    attack = partial(rewriting.insert_backdated, world, at)
    Trial(partial(look_inside, world), attack, blinds.forget_heads).run(monkeypatch)


def test_attack_10_an_old_backup_takes_no_entry(world: World, monkeypatch: Patch) -> None:
    told(world)

    def attack() -> tuple[str, ...]:
        write(world, "newest")
        sign(world)
        go_back(world, 2)
        return "contradicts what is known outside the database", "this machine knows a head of"

    look = partial(outside.start_and_append, world)
    Trial(look, attack, blinds.compare_with_nobody).run(monkeypatch)


def test_attack_11_a_rewrite_with_the_stolen_key_is_refused_and_kept(
    world: World, outsider: Outsider, monkeypatch: Patch
) -> None:
    at = told(world) + 1

    def attack() -> tuple[str, ...]:
        words = outside.rewrite_by_theft(world, at, longer=True)
        assert look_inside(world) == "", "who holds the key leaves no trace in the log"
        return (*words,)

    Trial(outsider.look, attack, blinds.cosign_everything).run(monkeypatch)


def test_attack_12_two_heads_of_one_size_are_proof_for_anybody(
    world: World, outsider: Outsider, monkeypatch: Patch
) -> None:
    at = told(world) + 1
    assert outsider.third_party() == "", "the control"

    def attack() -> tuple[str, ...]:
        return (*outside.rewrite_by_theft(world, at, longer=False),)

    Trial(outsider.look, attack, blinds.cosign_everything).run(monkeypatch)
    require(outsider.third_party(), (f"one key signed two heads of size {size_of(world)}",))


def test_attack_13_a_false_entry_under_every_key_does_not_follow_from_its_facts(
    kit: Kit, monkeypatch: Patch, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = [kit.world.check("alma", "tomas")["id"]]

    def look() -> str:
        code = kit.rederive(kit.bundle(Chosen((shown[-1],))))
        said = capsys.readouterr().out
        return "" if code == 0 else f"exit {code}: {said}"

    def attack() -> tuple[str, ...]:
        shown.append(forged(kit, milder))
        bundle = kit.bundle(Chosen((shown[-1],)))
        assert kit.verify(bundle) == 0, "no log finds it"
        index = lines(bundle)[0]["index"]
        return "exit 1", f"FALSE at index {index}: the decision does not follow"

    def by_its_own_word(patch: Patch) -> None:
        patch.setattr(rederive, "judge", lambda *_: "follow")

    Trial(look, attack, by_its_own_word).run(monkeypatch)


def test_attack_14_a_deleted_unsealed_row_leaves_a_hole_and_a_receipt(
    postgresql_world: World, monkeypatch: Patch
) -> None:
    world = postgresql_world
    told(world)
    answers = [world.check("ben", "nora") for _ in range(3)]
    receipts = [answer["receipt"] for answer in answers]
    kept = receipts[1:2]

    def look() -> str:
        found = outside.receipts_look(world, kept)
        return look_inside(world) + ("" if "0 unmatched" in found else found)

    def blind(patch: Patch) -> None:
        blinds.take_any_mac(patch)
        blinds.match_every_receipt(patch)
        patch.setattr("policy_service.audit.verification._loose_ends", lambda *_: None)

    attack = partial(rewriting.delete_waiting, world, answers[1]["id"])
    Trial(look, attack, blind).run(monkeypatch)


def test_attack_15_kill_9_anywhere_in_append_seal_and_sign_loses_nothing(world: World) -> None:
    told(world)
    heard = Heard()
    Ordeal(
        partial(survey, world, heard),
        partial(crashing.crash_everywhere, world, heard),
        partial(crashing.answer_too_early, world, heard),
    ).run()
    assert heard.decided


def test_attack_16_a_full_disk_gives_no_answer_without_its_entry(world: World) -> None:
    told(world)
    heard = Heard()

    def broken() -> tuple[str, ...]:
        decision = world.check("ben", "nora")["id"]
        sign(world)
        tamper(
            world.desk.database,
            "DELETE FROM audit_entry WHERE id = :id",
            "DELETE FROM audit_leaf WHERE entry_id = :id",
            id=decision,
        )
        heard.decided[decision] = ""
        return "1 acknowledged entries lost", "TAMPERED"

    look = partial(survey, world, heard)
    Ordeal(look, partial(crashing.fill_the_disk, world, heard), broken).run()
    assert set(heard.refused) == {"NotReady 503"}, heard.refused


def test_attack_17_of_two_sealers_one_wins_and_nothing_forks(world: World) -> None:
    told(world)
    Ordeal(
        partial(racing.look, world),
        partial(racing.two_at_once, world),
        partial(racing.without_compare_and_swap, world),
    ).run()


@pytest.mark.parametrize("hours", [-1, 1], ids=["back", "forward"])
def test_attack_18_a_moved_clock_is_an_entry(world: World, monkeypatch: Patch, hours: int) -> None:
    clock = running.Clockwork(world)

    def attack() -> tuple[str, ...]:
        world.clock.advance(hours=hours)
        return ("1 clock.moved",)

    def blind(patch: Patch) -> None:
        patch.setattr("policy_service.audit.clock.ClockWatch.moved", lambda *_: None)
        attack()

    Trial(clock.look, attack, blind).run(monkeypatch)


def test_attack_19_a_sealer_that_stands_still_turns_health_red(
    world: World, monkeypatch: Patch
) -> None:
    write(world, "sealed and signed in time")
    running.Clockwork(world).worker.run_due()

    def blind(patch: Patch) -> None:
        patch.setattr("policy_service.services.log_alarms._oldest_unsigned", lambda *_: None)

    Trial(partial(running.health, world), partial(running.stall, world), blind).run(monkeypatch)


@pytest.mark.parametrize("name", ["audit_entry_no_update", "audit_leaf_no_delete"])
def test_attack_20_changes_are_refused_and_a_dropped_trigger_is_missed(
    world: World, monkeypatch: Patch, name: str
) -> None:
    told(world)
    running.changes_refused(world)

    def blind(patch: Patch) -> None:
        patch.setattr("policy_service.audit.verification.missing_triggers", lambda *_: [])

    attack = partial(running.drop_trigger, world, name)
    Trial(partial(running.untouched, world), attack, blind).run(monkeypatch)


def test_attack_21_no_other_spelling_of_a_leaf_is_read(world: World) -> None:
    told(world)
    leaf = rows_of(world)[-1]["leaf"]
    assert reading.taken_for_the_same(leaf, reading.strictly) == ""
    lenient = reading.taken_for_the_same(leaf, json.loads)
    require(lenient, tuple(reading.twist(leaf)))


def test_attack_22_no_node_passes_for_an_entry(world: World, monkeypatch: Patch) -> None:
    told(world)
    hashes = [row["leaf_hash"] for row in rows_of(world)]
    assert reading.nodes_that_pass_for_leaves(hashes, reading.hash_leaf) == 0
    with monkeypatch.context() as patch:
        unprefixed = reading.unprefixed(patch)
        met = reading.nodes_that_pass_for_leaves(hashes, unprefixed)
    assert met == len(hashes) // 2, "without the prefixes every one of them does"


def test_attack_23_a_key_swapped_in_an_export_is_refused_by_the_pinned_one(
    world: World, monkeypatch: Patch
) -> None:
    pinned = reading.pinned_key(world)
    shown = [audit_reading.checkpoint(world.desk, world.cleo)]
    trusted, stolen = [pinned], list[Verifier]()

    def look() -> str:
        return reading.refused_by(shown[-1], trusted[-1])

    def attack() -> tuple[str, ...]:
        note, thief = reading.swap_key(world)
        shown.append(note)
        stolen.append(thief)
        assert reading.refused_by(reading.relabelled(note, thief, pinned), pinned)
        return ("not signed by",)

    def by_the_export_s_word(_patch: Patch) -> None:
        trusted.append(stolen[-1])

    Trial(look, attack, by_the_export_s_word).run(monkeypatch)


def test_attack_24_a_trimmed_bundle_names_what_is_left_out(
    kit: Kit, monkeypatch: Patch, capsys: pytest.CaptureFixture[str]
) -> None:
    told(kit.world)
    bundles = [kit.bundle(Range(2))]

    def look() -> str:
        return reading.verify_bundle(kit, bundles[-1], capsys)

    def attack() -> tuple[str, ...]:
        less, gone = reading.trimmed(bundles[0], 4)
        bundles.append(less)
        return "exit 1", f"at index {gone}: an entry is left out"

    def unread(patch: Patch) -> None:
        def believed(checker: verify.Checker) -> range:
            return range(*checker.manifest["entries"])

        patch.setattr(verify.Checker, "log", believed)

    Trial(look, attack, unread).run(monkeypatch)
