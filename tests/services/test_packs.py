"""Which packs bind: stored at founding, swapped at once for all processes, opened by digest."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import delete, select, text, update

from policy_service.database.tables.audit import EntryRow
from policy_service.database.tables.packs import PackActivationRow, PackHeadRow, PackRow
from policy_service.domain.principals import Principal
from policy_service.errors import NotReady
from policy_service.ledger.leaf import Leaf
from policy_service.services import checks
from policy_service.services.checks import CheckRequest, run_check
from policy_service.services.context import Context
from policy_service.services.decisions import Versions
from policy_service.services.desk import Desk
from policy_service.services.pack_activation import ActivationForm, ask
from policy_service.services.packs import (
    Mode,
    PackAltered,
    activation_number,
    active_packs,
    packs_at_hand,
    packs_in_use,
    wording,
)
from policy_service.services.practices import FOUNDER
from policy_service.services.replays import Replayed, replay, replay_several
from tests.cast import World
from tests.services.pack_cast import activated, asked, house, next_version, stored

ACA = "aca-2014"


def _digests(world: World, desk: Desk | None = None) -> set[str]:
    with world.reading() as context:
        return {pack.digest for pack in active_packs(desk or world.desk, context)}


def test_founding_stores_and_activates_all_shipped_packs_in_one_entry(world: World) -> None:
    shipped = {pack.digest for pack in world.desk.packs}
    with world.reading() as context:
        rows = context.session.scalars(select(PackRow)).all()
        steps = context.session.scalars(select(PackActivationRow)).all()
        entries = {step.entry_id for step in steps}
        assert len(entries) == 1
        entry = context.session.get_one(EntryRow, (world.practice_id, entries.pop()))
        leaf = Leaf.from_bytes(entry.leaf)
    assert {row.digest for row in rows} == {step.digest for step in steps} == shipped
    assert sorted(step.number for step in steps) == list(range(1, len(shipped) + 1))
    assert (leaf.action, leaf.actor_ref) == ("pack.activated", FOUNDER)
    assert set(leaf.packs) == shipped == _digests(world)


def _forget_activations(world: World) -> None:
    """A practice founded before there was anything to activate, as the migration leaves it."""
    with world.writing() as context:
        mine = PackActivationRow.practice_id == world.practice_id
        context.session.execute(delete(PackActivationRow).where(mine))
        head = context.session.get_one(PackHeadRow, world.practice_id)
        head.number, head.entry_id = 0, None


def test_a_practice_without_activations_is_bound_by_the_shipped_packs_and_says_so(
    world: World,
) -> None:
    _forget_activations(world)
    with world.reading() as context:
        found = packs_in_use(world.desk, context)
    assert found.are_shipped
    assert found.active is world.desk.packs
    assert world.check("alma", "tomas")["outcome"] == "prohibit"


def test_its_first_activation_takes_over_the_shipped_packs_first(world: World) -> None:
    _forget_activations(world)
    digest = activated(world, house())
    shipped = {pack.digest for pack in world.desk.packs}
    assert _digests(world) == shipped | {digest}


def test_an_upgrade_of_the_software_changes_nothing_until_an_officer_activates(
    world: World,
) -> None:
    """A new process ships other versions; the packs that bind are opened from the database."""
    before = _digests(world)
    aca = world.desk.packs.by_id("aca-2014")
    newer = replace(aca, version="2.0.0", digest="0" * 64)
    upgraded = replace(world.desk, packs=world.desk.packs.with_pack(newer), compiled={}, in_use={})
    assert _digests(world, upgraded) == before
    with world.reading() as context:
        again = active_packs(upgraded, context).by_id("aca-2014")
    assert again is not aca
    assert again.digest == aca.digest


def test_a_swap_is_seen_by_every_process_at_its_next_request(world: World) -> None:
    other_process = replace(world.desk, compiled={}, in_use={})
    assert _digests(world, other_process) == _digests(world)
    digest = activated(world, next_version(ACA))
    for desk in (world.desk, other_process):
        assert digest in _digests(world, desk)
        assert world.desk.packs.by_id("aca-2014").digest not in _digests(world, desk)


def _put_in_use_and_fail(world: World, digest: str) -> None:
    with world.writing() as context:
        context.session.add(
            PackActivationRow(
                practice_id=world.practice_id,
                number=900,
                pack_id="house",
                digest=digest,
                mode=Mode.ACTIVE,
                activated_at=context.now,
                activated_by="account:x",
                sealed_reason=b"",
                entry_id=context.new_id(),
            )
        )
        head = context.session.get_one(PackHeadRow, world.practice_id)
        head.number, head.entry_id = 900, context.new_id()
        context.session.flush()
        assert digest in {pack.digest for pack in active_packs(world.desk, context)}
        raise RuntimeError("undone")


def test_a_transaction_that_is_undone_leaves_no_trace_in_what_is_kept(world: World) -> None:
    digest = stored(world, house())
    with pytest.raises(RuntimeError, match="undone"):
        _put_in_use_and_fail(world, digest)
    assert digest not in _digests(world)


def _request(world: World, clinician: str, client: str) -> CheckRequest:
    return CheckRequest(
        clinician_id=world.ids[clinician],
        purpose="intake",
        as_of=world.clock().date(),
        client_id=world.ids[client],
    )


@pytest.fixture
def swap_after_preparing(world: World, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The first check prepares under the old packs; before it records, the house pack binds."""
    digest = stored(world, house())
    prepared: list[str] = []
    real = checks.prepare

    def prepare_then_swap(desk: Desk, context: Any, request: CheckRequest) -> checks.Prepared:
        found = real(desk, context, request)
        if not prepared:
            assert asked(world, digest).number is not None
        prepared.append("again" if prepared else "first")
        return found

    monkeypatch.setattr(checks, "prepare", prepare_then_swap)
    return [digest, *prepared]


def _decided_by(world: World, decision_id: str) -> set[str]:
    with world.reading() as context:
        entry = context.session.get_one(EntryRow, (world.practice_id, decision_id))
        return set(Leaf.from_bytes(entry.leaf).packs)


def test_an_activation_between_preparing_and_recording_makes_the_check_prepare_again(
    world: World, swap_after_preparing: list[str]
) -> None:
    assert swap_after_preparing[0] in _decided_by(world, world.check("ben", "nora")["id"])


def test_negative_control_without_the_number_the_old_packs_would_decide(
    world: World, swap_after_preparing: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Versions, "hold", lambda *_: True)
    assert swap_after_preparing[0] not in _decided_by(world, world.check("ben", "nora")["id"])


def test_old_decisions_replay_the_same_after_a_new_version_is_active(world: World) -> None:
    old = world.check("alma", "tomas")["id"]
    digest = activated(world, next_version(ACA, title="Said in other words"))
    new = world.check("alma", "tomas")["id"]
    assert digest in _decided_by(world, new)
    assert digest not in _decided_by(world, old)
    with world.reading() as context:
        found = {one.decision_id: one.verdict for one in replay_several(world.desk, context)}
    assert found == {old: Replayed.SAME, new: Replayed.SAME}


def _alter(world: World, digest: str) -> None:
    """Change one letter of a stored document, as only someone with the database could."""
    with world.writing() as context:
        row = context.session.get_one(PackRow, (world.practice_id, digest))
        altered = row.document.replace(b'"outcome":"prohibit"', b'"outcome":"advise"', 1)
        assert altered != row.document
        context.session.execute(
            update(PackRow)
            .where(PackRow.practice_id == world.practice_id, PackRow.digest == digest)
            .values(document=altered)
        )


def test_an_altered_pack_is_refused_by_its_digest_and_nothing_is_decided(world: World) -> None:
    digest = activated(world, house())
    _alter(world, digest)
    fresh = replace(world.desk, compiled={}, in_use={})
    with world.reading() as context, pytest.raises(PackAltered):
        active_packs(fresh, context)
    with pytest.raises(NotReady):
        run_check(fresh, world.cleo, _request(world, "ben", "nora"), world.door())


def test_an_altered_pack_that_no_longer_binds_leaves_replay_unable_to_tell(world: World) -> None:
    digest = activated(world, house())
    decided = world.check("ben", "nora")["id"]
    activated(world, house("2.0.0"))
    _alter(world, digest)
    fresh = replace(world.desk, compiled={}, in_use={})
    with world.reading() as context:
        assert digest not in {pack.digest for pack in packs_at_hand(fresh, context)}
        found = replay(fresh, context, decided)
    assert found.verdict is Replayed.CANNOT_TELL
    assert digest in found.detail


def test_a_pack_that_was_retired_is_still_at_hand_and_still_says_its_words(world: World) -> None:
    digest = activated(world, house("1.0.0", "deliberate"))
    asked(world, digest, Mode.RETIRED)
    assert digest not in _digests(world)
    fresh = replace(world.desk, compiled={}, in_use={})
    with world.reading() as context:
        assert digest in {pack.digest for pack in packs_at_hand(fresh, context)}
    said = wording(fresh, world.cleo)(_body(digest))
    assert said["findings"][0]["title"] == "A friend as a client"


def _body(digest: str) -> dict[str, Any]:
    finding = {
        "pack_digest": digest,
        "rule": "house.tie.friend",
        "facts": [{"fact": "tie", "value": "friend"}],
        "clock": None,
    }
    return {"findings": [finding], "ask": [], "obligations": [], "unverified": []}


def test_one_practice_never_sees_the_packs_of_another(postgresql_world: World) -> None:
    world = postgresql_world
    digest = activated(world, house())
    dana = world.dana()
    assert isinstance(dana, Principal)
    with world.desk.reading(dana) as context:
        assert digest not in {pack.digest for pack in active_packs(world.desk, context)}
        assert digest not in {pack.digest for pack in packs_at_hand(world.desk, context)}


def _impatiently(context: Context) -> Context:
    context.session.execute(text("SET LOCAL lock_timeout = '100ms'"))
    return context


def test_an_activation_waits_for_a_check_that_is_recording(postgresql_world: World) -> None:
    world = postgresql_world
    digest = stored(world, house())
    with world.writing() as recording:
        activation_number(recording, shared=True)
        with pytest.raises(NotReady), world.writing() as context:
            ask(world.desk, _impatiently(context), ActivationForm(digest, "Now."))
    assert asked(world, digest).number is not None


def test_a_check_does_not_record_across_an_activation(postgresql_world: World) -> None:
    world = postgresql_world
    digest = stored(world, house())
    with world.writing() as activating:
        number = ask(world.desk, activating, ActivationForm(digest, "Now.")).number
        with pytest.raises(NotReady), world.writing() as context:
            activation_number(_impatiently(context), shared=True)
    with world.writing() as context:
        assert activation_number(context, shared=True) == number


def test_two_checks_record_side_by_side(postgresql_world: World) -> None:
    world = postgresql_world
    with world.writing() as one, world.writing() as other:
        assert activation_number(one, shared=True) == activation_number(
            _impatiently(other), shared=True
        )
