"""POST /v1/audit/receipts: an EHR asks whether every decision it was told of is still recorded."""

from __future__ import annotations

from typing import Any

import pytest

from policy_service.domain.principals import Scope
from policy_service.ledger.errors import ReceiptRefused
from policy_service.ledger.note import Verifier
from policy_service.ledger.receipt import open_receipt
from tests.api.conftest import asked
from tests.audit.logs import seal
from tests.cast import Caller, World
from tests.tampering import tamper

JSONL = "application/x-ndjson"


def _compare(ehr: Caller, *lines: str) -> dict[str, Any]:
    body = "".join(f"{line}\n" for line in lines)
    response = ehr.post("/v1/audit/receipts", data=body, content_type=JSONL)
    assert response.status_code == 200, response.text
    return dict(response.json)


def _screening(world: World) -> dict[str, Any]:
    return {
        "client": {"id": world.ids["nora"]},
        "purpose": "intake",
        "acting_user": {"role": "system"},
    }


def test_every_answer_that_decides_carries_a_receipt_that_matches(world: World) -> None:
    for scope in (Scope.DECISION_BRIEF, Scope.DECISION_FULL):
        ehr = world.http(scope)
        answers = [
            ehr.post("/v1/checks", json=asked(world, "alma", "tomas")),
            ehr.post(
                "/v1/checks",
                json=asked(world, "ben", "nora") | {"acting_user": {"role": "intake"}},
            ),
            ehr.post("/v1/screenings", json=_screening(world)),
        ]
        seal(world)
        found = _compare(ehr, *(answer.json["receipt"] for answer in answers))
        assert found["verdict"] == "ok"
        assert found["counts"]["matched"] == 3
        assert found["lines"] == []


def test_a_decision_that_is_gone_is_an_alarm(sqlite_world: World) -> None:
    ehr = sqlite_world.http(Scope.DECISION_BRIEF)
    answer = ehr.post("/v1/checks", json=asked(sqlite_world, "ben", "nora")).json
    tamper(sqlite_world.desk.database, "DELETE FROM audit_entry WHERE action = 'check.decided'")
    found = _compare(ehr, "nonsense", answer["receipt"])
    assert found["verdict"] == "alarm"
    assert [(one["line"], one["judgement"], one["id"]) for one in found["lines"]] == [
        (1, "malformed", None),
        (2, "unmatched", answer["id"]),
    ]


def test_an_empty_file_says_that_nothing_was_compared(sqlite_world: World) -> None:
    assert _compare(sqlite_world.http(Scope.AUDIT_READ), "")["verdict"] == "cannot_tell"


def test_another_type_is_refused(sqlite_world: World) -> None:
    ehr = sqlite_world.http(Scope.AUDIT_READ)
    response = ehr.post("/v1/audit/receipts", data=b"x", content_type="text/csv")
    assert response.status_code == 415
    assert JSONL in response.json["detail"]


def test_whoever_gets_receipts_can_check_them_offline(world: World) -> None:
    ehr = world.http(Scope.DECISION_BRIEF)
    answer = ehr.post("/v1/checks", json=asked(world, "ben", "nora")).json
    [vkey] = ehr.get("/v1/audit/keys").json["receipts"]
    assert open_receipt(answer["receipt"].encode(), Verifier.from_vkey(vkey)).id == answer["id"]
    changed = answer["receipt"].replace(answer["id"], "0" + answer["id"][1:])
    if changed == answer["receipt"]:
        changed = changed.replace(answer["id"], "1" + answer["id"][1:])
    with pytest.raises(ReceiptRefused):
        open_receipt(changed.encode(), Verifier.from_vkey(vkey))
