"""Exports for somebody outside, and the accounting of disclosures."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from policy_service.domain.principals import Scope
from tests.cast import Caller, World

ORDER: dict[str, Any] = {
    "format": "jsonl",
    "entries": {"action": "client.registered"},
    "recipient": {"kind": "insurer", "name": "Acme Mutual", "address": "1 Main Street"},
    "purpose": "Claim 9",
}


def _order(ehr: Caller, **more: Any) -> Any:
    return ehr.post("/v1/audit/exports", json=ORDER | more)


def test_an_export_is_ordered_recorded_and_fetched(world: World, ehr: Caller) -> None:
    made = _order(ehr)
    assert made.status_code == 201, made.json
    assert made.headers["Location"] == f"/v1/audit/exports/{made.json['id']}"
    file = ehr.get(made.headers["Location"])
    assert file.mimetype == "application/x-ndjson"
    assert len(file.text.splitlines()) == 2
    [line] = ehr.get("/v1/releases").json["releases"]
    assert (line["recipient"], line["purpose"]) == ("Acme Mutual", "Claim 9")
    assert line["recipient_kind"] == "insurer"
    assert line["subjects"] == 2
    assert line["id"] == made.json["id"]


def test_the_same_key_records_one_release(world: World, ehr: Caller) -> None:
    ehr.headers["Idempotency-Key"] = "one"
    assert _order(ehr).json == _order(ehr).json
    del ehr.headers["Idempotency-Key"]
    assert len(ehr.get("/v1/releases").json["releases"]) == 1


def test_the_accounting_of_a_client_is_a_file_for_them(world: World, ehr: Caller) -> None:
    _order(ehr, purpose="=1+1")
    for name, rows in (("tomas", 1), ("ben", 0)):
        query = {"subject": world.ids[name]}
        file = ehr.get("/v1/releases.csv", query_string=query)
        lines = list(csv.DictReader(io.StringIO(file.text)))
        assert len(lines) == rows
        assert all(line["purpose"] == "'=1+1" for line in lines), "no formula"


def test_pages_go_on_after_their_cursor(sqlite_world: World) -> None:
    ehr = sqlite_world.http(*Scope)
    made = {_order(ehr).json["id"] for _ in range(3)}
    first = ehr.get("/v1/releases", query_string={"limit": 2}).json
    second = ehr.get("/v1/releases", query_string={"cursor": first["next"]}).json
    assert {line["id"] for line in first["releases"] + second["releases"]} == made
    assert second["next"] is None


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"purpose": ""}, "/purpose"),
        ({"format": "pdf"}, "/format"),
        ({"recipient": {"kind": "friend", "name": "X"}}, "/recipient/kind"),
        ({"recipient": {"kind": "court"}}, "/recipient/name"),
        ({"entries": {"who": "x"}}, "/entries/who"),
    ],
)
def test_an_order_that_does_not_say_all_is_refused_by_field(
    sqlite_world: World, more: dict[str, Any], pointer: str
) -> None:
    refused = _order(sqlite_world.http(*Scope), **more)
    assert refused.status_code == 422
    assert refused.json["errors"][0]["pointer"] == pointer
    assert "release.recorded" not in sqlite_world.actions()


def test_reading_the_accounting_is_for_its_scope(sqlite_world: World) -> None:
    scopes = set(Scope) - {Scope.RELEASES_READ}
    assert sqlite_world.http(*scopes).get("/v1/releases").status_code == 403
