"""/v1/webhook-endpoints, /v1/webhook-deliveries and /v1/notices."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from policy_service.domain.principals import Scope
from policy_service.worker import Worker
from tests.cast import Caller, World
from tests.services.loopback import Host, web_server
from tests.services.webhooks.post import open_loopback

PATH = "/v1/webhook-endpoints"


@pytest.fixture
def host() -> Iterator[Host]:
    with web_server() as serving:
        yield serving


@pytest.fixture
def keeper(sqlite_world: World) -> Caller:
    return open_loopback(sqlite_world).http(Scope.WEBHOOKS_MANAGE, Scope.DECISION_FULL)


def _add(keeper: Caller, host: Host, **more: Any) -> dict[str, Any]:
    body = {"name": "Front desk", "url": host.url("/hook"), **more}
    answer = keeper.post(PATH, json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json
    return made


def test_an_endpoint_is_added_read_changed_and_removed(keeper: Caller, host: Host) -> None:
    made = _add(keeper, host)
    assert made["secret"].startswith("whsec_")
    assert (made["tells"], made["kinds"]) == ("brief", ["standing.changed"])
    path = f"{PATH}/{made['id']}"
    read = keeper.get(path).json
    assert read == {name: part for name, part in made.items() if name != "secret"}
    changed = {"name": "Desk", "url": host.url("/other"), "tells": "full", "version": 1}
    assert keeper.put(path, json=changed).json["kinds"] == [
        "case.opened", "standing.changed", "duty.due", "clearance.reached",
    ]  # fmt: skip
    assert keeper.put(path, json=changed).status_code == 412
    assert keeper.client.delete(path, headers=keeper.headers).status_code == 200
    assert keeper.get(path).status_code == 404
    assert keeper.get(PATH).json == {"endpoints": []}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"url": "http://ehr.example.org/hook"}, "/url"),
        ({"url": "https://10.0.0.1/hook"}, "/url"),
        ({"url": "https://169.254.169.254/latest"}, "/url"),
        ({"url": "https://[::ffff:10.0.0.1]/"}, "/url"),
        ({"url": "https://user:word@ehr.example/"}, "/url"),
        ({"url": "not an address"}, "/url"),
        ({"tells": "everything"}, "/tells"),
        ({"kinds": ["case.closed"]}, "/kinds/0"),
        ({"kinds": ["duty.due"]}, "/kinds"),
        ({"colour": "red"}, "/colour"),
    ],
    ids=[
        "http",
        "private",
        "metadata",
        "mapped",
        "user",
        "words",
        "detail",
        "kind",
        "brief",
        "odd",
    ],
)
def test_what_is_not_allowed_is_refused_by_name(
    sqlite_world: World, body: dict[str, Any], pointer: str
) -> None:
    keeper = sqlite_world.http(Scope.WEBHOOKS_MANAGE)
    asked = {"name": "Desk", "url": "https://ehr.example/hook", **body}
    answer = keeper.post(PATH, json=asked)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json["errors"]] == [pointer]


def test_a_key_grants_no_endpoint_more_than_it_may_read(sqlite_world: World) -> None:
    brief = sqlite_world.http(Scope.WEBHOOKS_MANAGE)
    asked = {"name": "Desk", "url": "https://ehr.example/hook", "tells": "full"}
    assert brief.post(PATH, json=asked).json["errors"][0]["pointer"] == "/tells"
    full = sqlite_world.http(Scope.WEBHOOKS_MANAGE, Scope.DECISION_FULL)
    assert full.post(PATH, json=asked).status_code == 201


def test_adding_is_done_once_per_idempotency_key(keeper: Caller, host: Host) -> None:
    body = {"name": "Desk", "url": host.url()}
    asked = {"json": body, "headers": {"Idempotency-Key": "one"}}
    first, second = keeper.post(PATH, **asked), keeper.post(PATH, **asked)
    assert first.data == second.data
    assert len(keeper.get(PATH).json["endpoints"]) == 1


def test_a_ping_a_failure_and_a_replay_are_seen_in_the_deliveries(
    sqlite_world: World, keeper: Caller, host: Host
) -> None:
    made = _add(keeper, host)
    host.status = 404
    assert keeper.post(f"{PATH}/{made['id']}/ping").status_code == 200
    Worker(sqlite_world.desk).run_due()
    page = keeper.get(f"{PATH}/{made['id']}/deliveries?state=dead").json
    [sent] = page["deliveries"]
    assert (sent["type"], sent["state"], sent["status"], sent["attempts"]) == (
        "ping",
        "dead",
        404,
        1,
    )
    host.status = 200
    assert keeper.post(f"/v1/webhook-deliveries/{sent['id']}/replay").status_code == 200
    Worker(sqlite_world.desk).run_due()
    found = keeper.get(f"/v1/webhook-deliveries/{sent['id']}").json
    assert (found["state"], [one["status"] for one in found["tries"]]) == ("delivered", [404, 200])


def test_pause_resumption_and_rotation(keeper: Caller, host: Host) -> None:
    made = _add(keeper, host)
    path = f"{PATH}/{made['id']}"
    assert keeper.post(f"{path}/pause").status_code == 200
    assert keeper.get(path).json["paused_why"] == "by_hand"
    assert keeper.post(f"{path}/resumption").status_code == 200
    assert keeper.post(f"{path}/resumption").status_code == 409
    rotated = keeper.post(f"{path}/rotation").json
    assert rotated["secret"] != made["secret"]


def _told(world: World, keeper: Caller, host: Host, tells: str) -> str:
    _add(keeper, host, tells=tells)
    world.check("alma", "tomas")
    Worker(world.desk).run_due()
    return host.received[-1].headers["webhook-id"]


def test_a_notice_is_read_as_far_as_the_reader_may_know(
    sqlite_world: World, keeper: Caller, host: Host
) -> None:
    notice = _told(sqlite_world, keeper, host, "full")
    path, ids = f"/v1/notices/{notice}", sqlite_world.ids
    full = keeper.get(f"{path}?acting_role=system").json
    assert (full["type"], full["about"]["kind"]) == ("case.opened", "case")
    assert (full["clinician_id"], full["client_id"]) == (ids["alma"], ids["tomas"])
    assert [flag["kind"] for flag in full["flags"]] == ["relative"]
    desk = sqlite_world.http(Scope.DECISION_BRIEF).get(f"{path}?acting_role=intake").json
    assert desk.keys() == {"id", "at", "status"}  # no brief endpoint was told of it
    for role in ("clinician", "patient", "unknown"):
        assert keeper.get(f"{path}?acting_role={role}").json.keys() == {"id", "at", "status"}


def test_intake_reads_the_standing_of_a_notice_it_was_told_of(
    sqlite_world: World, keeper: Caller, host: Host
) -> None:
    notice = _told(sqlite_world, keeper, host, "brief")
    reader = sqlite_world.http(Scope.DECISION_BRIEF)
    read = reader.get(f"/v1/notices/{notice}?acting_role=intake").json
    assert read["standing"] == "choose another clinician"
    assert read.keys() == {
        "id", "at", "status", "type", "clinician_id", "client_id", "standing"
    }  # fmt: skip


def test_another_practice_finds_none_of_it(postgresql_world: World, host: Host) -> None:
    keeper = open_loopback(postgresql_world).http(Scope.WEBHOOKS_MANAGE, Scope.DECISION_FULL)
    notice = _told(postgresql_world, keeper, host, "full")
    made = keeper.get(PATH).json["endpoints"][0]["id"]
    dana = postgresql_world.http(Scope.WEBHOOKS_MANAGE, Scope.DECISION_FULL, dana=True)
    assert dana.get(PATH).json == {"endpoints": []}
    for path in (f"{PATH}/{made}", f"{PATH}/{made}/deliveries", f"/v1/notices/{notice}"):
        assert dana.get(path).status_code == 404
    assert dana.post(f"{PATH}/{made}/ping").status_code == 404
