"""The log under a candidate: what would change, what cannot be told, and 100 % equal otherwise."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from policy_service.database.tables.decisions import DecisionRow
from policy_service.database.tables.people import PersonKeyRow
from policy_service.database.tables.registry import ClientRow
from policy_service.domain.facts import facts_from_json, facts_to_json
from policy_service.domain.principals import Role
from policy_service.errors import NotAllowed, NotFound
from policy_service.ledger.canonical import canonical_bytes
from policy_service.policy.documents import pack_from_document
from policy_service.policy.registry import PackText, shipped_texts
from policy_service.services import pack_replays
from policy_service.services.pack_replays import Candidate, ReplayReport, replay_candidate
from policy_service.services.replay_orders import order_replay, read_replay
from policy_service.services.stored_facts import FactsReader
from policy_service.worker import run_due
from tests.cast import World
from tests.services.pack_cast import closed_house, house, next_version, stored, without_rule

PAIRS = [("alma", "tomas"), ("alma", "nora"), ("ben", "tomas"), ("ben", "nora")]


@pytest.fixture
def decided(world: World) -> dict[tuple[str, str], str]:
    """Four recorded decisions by pair."""
    found = {}
    for pair in PAIRS:
        world.clock.advance(minutes=1)
        found[pair] = world.check(*pair)["id"]
    return found


def _candidate(document: dict[str, Any], with_digests: bool = False) -> Candidate:
    text = PackText(canonical_bytes(document), "Why.")
    return Candidate(pack_from_document(document), text, with_digests)


def _replay(world: World, candidate: Candidate, processes: int = 1) -> ReplayReport:
    return replay_candidate(world.desk, world.practice_id, candidate, processes)


@pytest.mark.parametrize("with_digests", [False, True])
def test_under_the_same_pack_every_decision_is_equal(
    world: World, decided: dict[tuple[str, str], str], with_digests: bool
) -> None:
    for pack in world.desk.packs:
        candidate = Candidate(pack, shipped_texts()[pack.digest], with_digests)
        report = _replay(world, candidate)
        assert (report.decisions, report.changed) == (len(decided), 0)
        assert report.tally.cannot_tell == 0


def test_a_version_that_says_the_same_in_the_same_words_changes_no_body(
    world: World, decided: dict[tuple[str, str], str]
) -> None:
    """The name of a pack is not what it says: the candidate stands under the old digest."""
    report = _replay(world, _candidate(next_version("aca-2014"), with_digests=True))
    assert (report.decisions, report.changed) == (len(decided), 0)


def test_a_stricter_house_shows_old_by_new_with_the_decisions_and_their_cases(
    world: World, decided: dict[tuple[str, str], str]
) -> None:
    report = _replay(world, _candidate(closed_house())).to_json()
    changed = {line["decision_id"]: line for line in report["changes"]}
    assert report["decisions"] == len(decided)
    assert report["changed"] == sum(
        line["decisions"] for line in report["table"] if line["old"] != line["new"]
    )
    assert decided["ben", "nora"] in changed
    assert {line["new"] for line in changed.values()} == {"prohibit"}
    assert decided["alma", "tomas"] not in changed  # prohibited already
    assert canonical_bytes(report)


def test_a_lost_rule_changes_the_body_even_where_another_keeps_the_outcome(
    world: World, decided: dict[tuple[str, str], str]
) -> None:
    answer = world.check("alma", "tomas")
    rule = next(f for f in answer["findings"] if f["pack"] == "us-tx-lpc")["rule"]
    lost = without_rule("us-tx-lpc-2026", rule)
    by_body = _replay(world, _candidate(lost, with_digests=True))
    assert by_body.changed > 0
    found = by_body.to_json()["changes"]
    assert all(line["cases"] for line in found if line["old"] == "prohibit")


def test_a_pack_for_others_leaves_every_decision_unaffected(
    world: World, decided: dict[tuple[str, str], str]
) -> None:
    report = _replay(world, _candidate(next_version("apa-2016")))
    assert report.tally.unaffected == report.decisions == len(decided)


def _erase(world: World, name: str) -> None:
    with world.writing() as context:
        client = context.session.get_one(ClientRow, (context.practice_id, world.ids[name]))
        context.session.execute(
            update(PersonKeyRow)
            .where(
                PersonKeyRow.practice_id == context.practice_id,
                PersonKeyRow.person_id == client.person_id,
            )
            .values(wrapped=None, destroyed_at=context.now)
        )


def _forget_pack(world: World, decision_id: str) -> None:
    with world.writing() as context:
        context.session.execute(
            update(DecisionRow)
            .where(DecisionRow.practice_id == context.practice_id, DecisionRow.id == decision_id)
            .values(packs="0" * 64)
        )


def test_erased_decisions_and_unknown_packs_are_counted_and_never_guessed(
    world: World, decided: dict[tuple[str, str], str]
) -> None:
    _erase(world, "tomas")
    _forget_pack(world, decided["ben", "nora"])
    pack = world.desk.packs.by_id("baseline")
    report = _replay(world, Candidate(pack, shipped_texts()[pack.digest])).to_json()
    assert (report["erased"], report["cannot_tell"], report["decisions"]) == (2, 1, 4)
    assert sum(line["decisions"] for line in report["table"]) == 1


def test_a_doctored_body_is_seen_with_digests(
    world: World, decided: dict[tuple[str, str], str]
) -> None:
    """Negative control: the comparison notices one changed word."""
    with world.writing() as context:
        row = context.session.get_one(DecisionRow, (context.practice_id, decided["ben", "nora"]))
        client = context.session.get_one(ClientRow, (context.practice_id, row.client_id))
        where = ("decision", row.id, "body")
        raw = context.keyring.open(context.session, client.person_id, row.sealed_body, where)
        wrong = raw.replace(b'"outcome":"no_finding"', b'"outcome":"advise"', 1)
        assert wrong != raw
        row.sealed_body = context.keyring.seal(context.session, client.person_id, wrong, where)
    pack = world.desk.packs.by_id("baseline")
    text = shipped_texts()[pack.digest]
    assert _replay(world, Candidate(pack, text, with_digests=True)).changed == 1


def test_two_processes_find_what_one_finds(
    world: World, decided: dict[tuple[str, str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pack_replays, "SLICE", 2)
    monkeypatch.setattr(pack_replays, "TOGETHER_FROM", 1)
    candidate = _candidate(closed_house())
    alone = _replay(world, candidate).to_json()
    together = _replay(world, candidate, processes=2).to_json()
    for report in (alone, together):
        report["changes"].sort(key=lambda line: line["decision_id"])
    assert alone == together
    assert alone["decisions"] == len(decided)


def test_the_worker_carries_out_a_replay_that_was_asked_for(
    world: World, decided: dict[tuple[str, str], str]
) -> None:
    digest = stored(world, closed_house())
    with world.writing() as context:
        replay_id = order_replay(world.desk, context, digest, with_digests=False)
    with world.reading() as context:
        assert read_replay(context, replay_id).report is None
    world.clock.advance(minutes=1)
    run_due(world.desk)
    with world.reading() as context:
        order = read_replay(context, replay_id)
    assert order.finished_at == world.clock()
    assert order.report["decisions"] == len(decided)
    assert order.report["candidate"]["digest"] == digest


def test_a_replay_is_for_those_who_judge_packs_and_of_packs_at_hand(sqlite_world: World) -> None:
    world = sqlite_world
    with pytest.raises(NotFound), world.writing() as context:
        order_replay(world.desk, context, "0" * 64, with_digests=False)
    digest = stored(world, house())
    for role in (Role.INTAKE, Role.ADMIN, Role.CLINICIAN):
        with pytest.raises(NotAllowed), world.writing(world.account(role)) as context:
            order_replay(world.desk, context, digest, with_digests=False)


FACTS = [
    {"value": "none"},
    {"value": 3},
    {"one_of": ["friend", "relative"], "why": "declined"},
    {"between": [1, 3], "why": "not_recorded"},
    {"on": "2024-05-01"},
    {"on": "2024", "why": "not_recorded"},
    {"unknown": "not_attested"},
]


def test_the_fast_reader_reads_facts_as_the_plain_one_does() -> None:
    base = {f"fact{n}": fact for n, fact in enumerate(FACTS)}
    body: dict[str, Any] = {
        "as_of": "2026-03-02",
        "base": base,
        "ties": [{"ref": "t1", "facts": dict(reversed(base.items()))}],
        "candidates": ["a" * 64],
    }
    reader = FactsReader()
    for raw in 2 * [json.dumps(body).encode(), canonical_bytes(body)]:
        facts = reader.read(raw)
        assert facts == facts_from_json(body)
        assert facts_to_json(facts)["base"] == base


@given(
    st.dictionaries(
        st.sampled_from(("a", "b", "c")) | st.text(alphabet='ab{},:"\\', max_size=6),
        st.sampled_from(FACTS)
        | st.builds(lambda text: {"value": text}, st.text('{},:"\\x', max_size=8)),
        max_size=4,
    ),
    st.sampled_from(({}, {"candidates": ["a" * 64]})),
)
def test_no_text_in_a_fact_misleads_the_fast_reader(
    base: dict[str, Any], more: dict[str, Any]
) -> None:
    """Where a value looks like the seam between two facts, the record is read the plain way."""
    body = {"as_of": "2026-03-02", "base": base, "ties": [{"ref": "t1", "facts": base}]} | more
    assert FactsReader().read(canonical_bytes(body)) == facts_from_json(body)
