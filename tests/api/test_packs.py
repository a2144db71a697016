"""/v1/packs: a key sees what binds, brings packs in, and never puts one in use itself."""

from __future__ import annotations

from typing import Any

from policy_service.domain.principals import Scope
from policy_service.services.packs import packs_in_use
from policy_service.worker import run_due
from tests.cast import World
from tests.policy.example_pack import CASES, HEADER, RULES
from tests.services.pack_cast import RATIONALE, activated, closed_house, house

OWN_HEADER = (
    HEADER.replace("layer: profession", "layer: practice")
    .replace("pack: example", "pack: own")
    .replace("{membership: [EXAMPLE]}", "{every: true}")
)
FILES = {
    "pack.yaml": OWN_HEADER,
    "rules/all.yaml": RULES.replace("tag: V,", "tag: ours,").replace("example.", "own."),
    "cases.yaml": CASES,
    "README.md": "# Why\n",
}
PACKS = (Scope.PACKS_PROPOSE,)


def _stored(world: World, document: dict[str, Any]) -> str:
    body = {"document": document, "rationale": RATIONALE}
    answer = world.http(*PACKS).post("/v1/packs", json=body)
    assert answer.status_code == 201
    assert answer.json
    assert answer.headers["Location"] == f"/v1/packs/{answer.json['digest']}"
    return str(answer.json["digest"])


def _active(world: World) -> set[str]:
    with world.reading() as context:
        return {pack.digest for pack in packs_in_use(world.desk, context).active}


def test_a_reading_key_sees_ids_and_digests_and_nothing_of_the_rules(world: World) -> None:
    answer = world.http(Scope.PACKS_READ).get("/v1/packs").json
    assert {line["digest"] for line in answer["packs"]} == {p.digest for p in world.desk.packs}
    assert {line["state"] for line in answer["packs"]} == {"active"}
    assert answer["number"] == len(world.desk.packs.packs)
    one = world.desk.packs.by_id("baseline")
    line = world.http(Scope.PACKS_READ).get(f"/v1/packs/{one.digest}").json
    assert line["title"] == one.title
    assert "rules" not in line


def test_a_pack_comes_in_as_files_or_document_and_binds_nobody(world: World) -> None:
    before = _active(world)
    by_files = world.http(*PACKS).post("/v1/packs", json={"files": FILES})
    assert by_files.status_code == 201
    _stored(world, house())
    assert _active(world) == before
    states = {
        line["pack"]: line["state"]
        for line in world.http(*PACKS).get("/v1/packs").json["packs"]
        if not line["is_shipped"]
    }
    assert states == {"own": "available", "house": "available"}


def test_a_faulty_pack_is_answered_with_file_line_and_suggestion(sqlite_world: World) -> None:
    world = sqlite_world
    rules = FILES["rules/all.yaml"].replace("{tie: {in: [friend,", "{tie: {in: [freind,")
    answer = world.http(*PACKS).post("/v1/packs", json={"files": FILES | {"rules/all.yaml": rules}})
    assert answer.status_code == 422
    assert answer.json["type"].endswith("/problems/pack-refused")
    line = rules[: rules.index("freind")].count("\n") + 1
    error = answer.json["errors"][0]
    assert error["pointer"] == "/files/rules~1all.yaml"
    assert error["detail"].startswith(f"line {line}: unknown value of tie 'freind'")
    assert "did you mean 'friend'" in error["detail"]


def test_files_and_document_exclude_each_other_and_one_is_needed(sqlite_world: World) -> None:
    caller = sqlite_world.http(*PACKS)
    for body in ({}, {"files": FILES, "document": house()}):
        answer = caller.post("/v1/packs", json=body)
        assert answer.status_code == 422
        assert "Exactly one" in answer.json["errors"][0]["detail"]
    wrong = {"document": house(), "rationale": RATIONALE, "digest": "0" * 64}
    assert caller.post("/v1/packs", json=wrong).json["errors"][0]["pointer"] == "/digest"
    odd = caller.post("/v1/packs", json={"files": FILES | {"../x.yaml": "a"}})
    assert odd.json["errors"][0]["pointer"] == "/files/..~1x.yaml"


def test_a_comparison_proves_or_refutes(world: World) -> None:
    activated(world, house("1.0.0", "prohibit"))
    weaker = _stored(world, house("1.1.0", "deliberate"))
    found = world.http(*PACKS).get(f"/v1/packs/{weaker}/comparison").json
    assert found["needs_second_person"] is True
    assert found["certificate"]["claims"][0]["result"] == "refuted"
    assert found["comparison"]["rules"]["changed"][0]["rule"] == "house.tie.friend"
    shadow = world.http(*PACKS).get(f"/v1/packs/{weaker}/comparison?mode=shadow").json
    assert shadow["needs_second_person"] is False
    assert shadow["replaces"] is None


def test_a_key_only_asks_for_an_activation(world: World) -> None:
    digest = _stored(world, house())
    answer = world.http(*PACKS).post(
        f"/v1/packs/{digest}/activation", json={"reason": "The board agreed."}
    )
    assert answer.status_code == 202
    assert answer.json["status"] == "waiting"
    assert digest not in _active(world)


def test_a_replay_is_queued_and_tells_counts_but_no_decision(world: World) -> None:
    decided = world.check("ben", "nora")["id"]
    digest = _stored(world, closed_house())
    caller = world.http(*PACKS)
    queued = caller.post(f"/v1/packs/{digest}/replays", json={})
    assert queued.status_code == 202
    where = queued.headers["Location"]
    assert caller.get(where).json["status"] == "queued"
    world.clock.advance(minutes=1)
    run_due(world.desk)
    report = caller.get(where)
    assert report.json["table"] == [{"old": "no_finding", "new": "prohibit", "decisions": 1}]
    assert decided not in report.text


def test_what_is_no_digest_has_nothing_there(sqlite_world: World) -> None:
    caller = sqlite_world.http(*PACKS, Scope.PACKS_READ)
    for path in ("x", "0" * 64, "A" * 64, "%00"):
        assert caller.get(f"/v1/packs/{path}").status_code == 404
        assert caller.get(f"/v1/packs/{path}/comparison").status_code == 404
