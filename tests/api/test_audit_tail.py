"""GET /v1/audit/tail and entries.jsonl: one JSON object a line, and the index to go on after."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from policy_service.domain.principals import Scope
from tests.cast import Caller, World

TAIL = "/v1/audit/tail"


def _tail(ehr: Caller, **query: Any) -> tuple[list[dict[str, Any]], int]:
    response = ehr.get(TAIL, query_string=query)
    assert response.status_code == 200, response.json
    assert response.mimetype == "application/x-ndjson"
    lines = [orjson.loads(line) for line in response.text.splitlines()]
    return lines, int(response.headers["Audit-After"])


def test_a_reader_goes_on_after_the_header(world: World, ehr: Caller) -> None:
    seen: list[int] = []
    after = -1
    for _ in range(100):
        lines, after = _tail(ehr, after=after, limit=4)
        seen += [line["index"] for line in lines]
        if not lines:
            break
    assert seen == list(range(len(seen)))
    world.check("ben", "nora")
    assert [line["index"] for line in _tail(ehr, after=after)[0]] == [len(seen)]


def test_a_log_that_went_backwards_is_a_conflict(ehr: Caller) -> None:
    response = ehr.get(TAIL, query_string={"after": 100_000})
    assert response.status_code == 409
    assert "went backwards" in response.json["detail"]


@pytest.mark.parametrize("query", [{"after": "-2"}, {"after": "x"}, {"limit": "0"}, {"form": "x"}])
def test_a_bad_query_is_named(sqlite_world: World, query: dict[str, str]) -> None:
    response = sqlite_world.http(Scope.AUDIT_READ).get(TAIL, query_string=query)
    assert response.status_code == 422
    assert response.json["errors"][0]["pointer"] == f"/query/{next(iter(query))}"


def test_jsonl_is_the_same_as_pages(ehr: Caller) -> None:
    lines = ehr.get("/v1/audit/entries.jsonl", query_string={"action": "log.created"}).text
    [line] = [orjson.loads(line) for line in lines.splitlines()]
    page = ehr.get("/v1/audit/entries", query_string={"action": "log.created"}).json
    assert [line] == page["entries"]


def test_an_id_is_refused_without_the_right_to_read_ids(sqlite_world: World) -> None:
    reader = sqlite_world.http(Scope.AUDIT_READ)
    for path in (TAIL, "/v1/audit/entries", "/v1/audit/entries.csv", "/v1/audit/entries.jsonl"):
        said = [
            reader.get(path, query_string={"subject": subject})
            for subject in (sqlite_world.ids["tomas"], "00000000-0000-4000-8000-000000000007")
        ]
        assert [one.status_code for one in said] == [403, 403]
        assert said[0].json["detail"] == said[1].json["detail"]
