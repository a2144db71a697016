"""Verify now, compare receipts, mark as reviewed: each a plain form, each on record."""

from __future__ import annotations

from io import BytesIO

from policy_service.domain.principals import Role
from policy_service.worker import run_due
from tests.audit.logs import seal
from tests.cast import World
from tests.console.office import Browser, signed_in
from tests.tampering import tamper


def _auditor(world: World) -> Browser:
    return signed_in(world, "udo", Role.AUDITOR)


def _verify(world: World, auditor: Browser) -> str:
    asked = auditor.post("/audit/verify", {}, "/audit")
    assert asked.status_code == 303
    return asked.headers["Location"].removeprefix("/console")


def test_verify_now_shows_progress_and_then_the_result(world: World) -> None:
    auditor = _auditor(world)
    where = _verify(world, auditor)
    waiting = auditor.get(where)
    assert "<progress" in waiting.get_data(as_text=True)
    assert waiting.headers["Refresh"] == "5"
    run_due(world.desk)
    finished = auditor.get(where)
    assert "Verified." in finished.get_data(as_text=True)
    assert "Refresh" not in finished.headers
    assert "verified</a>" in auditor.get("/audit").get_data(as_text=True)
    assert {"audit.verification_asked", "audit.verified"} <= set(world.actions())


def test_a_tampered_log_is_shown_as_tampered_and_stays_an_alarm(sqlite_world: World) -> None:
    auditor = _auditor(sqlite_world)
    auditor.get("/audit")  # signs the head, so that only reading it all finds what follows
    tamper(
        sqlite_world.desk.database,
        "UPDATE audit_leaf SET leaf_index = -1 WHERE leaf_index = 3",
        "UPDATE audit_leaf SET leaf_index = 3 WHERE leaf_index = 4",
        "UPDATE audit_leaf SET leaf_index = 4 WHERE leaf_index = -1",
    )
    where = _verify(sqlite_world, auditor)
    run_due(sqlite_world.desk)
    page = auditor.get(where).get_data(as_text=True)
    assert "Tampered." in page
    assert "Verified." not in page
    assert "The last verification found the log changed." in auditor.get("/audit").get_data(
        as_text=True
    )


def test_an_unknown_verification_is_not_found(sqlite_world: World) -> None:
    where = f"/audit/checks/{sqlite_world.ids['alma']}"
    assert _auditor(sqlite_world).get(where).status_code == 404


def _upload(auditor: Browser, raw: bytes) -> tuple[int, str]:
    answer = auditor.post("/audit/receipts", {"file": (BytesIO(raw), "receipts.jsonl")})
    return answer.status_code, answer.get_data(as_text=True)


def test_receipts_are_compared_by_upload_and_bad_lines_named(world: World) -> None:
    receipts = [world.check("ben", "nora")["receipt"] for _ in range(2)]
    seal(world)
    auditor = _auditor(world)
    status, page = _upload(auditor, "\n".join(receipts).encode())
    assert (status, "Every receipt matches." in page) == (200, True)
    _, page = _upload(auditor, "\n".join([receipts[0], "nonsense"]).encode())
    assert "Some receipts could not be compared." in page
    assert '<th scope="row">2</th><td>Not a receipt: the line cannot be read</td>' in page


def test_a_receipt_without_its_entry_is_an_alert(sqlite_world: World) -> None:
    receipt = sqlite_world.check("ben", "nora")["receipt"]
    tamper(sqlite_world.desk.database, "DELETE FROM audit_entry WHERE action = 'check.decided'")
    _, page = _upload(_auditor(sqlite_world), receipt.encode())
    assert 'role="alert"><strong>An acknowledged decision is gone or altered.' in page


def test_an_empty_upload_is_refused_at_its_field(sqlite_world: World) -> None:
    status, page = _upload(_auditor(sqlite_world), b"")
    assert status == 422
    assert "Choose a file that is not empty." in page


def test_a_review_is_recorded_and_shown(world: World) -> None:
    seal(world)
    auditor = _auditor(world)
    form = {"first": "0", "last": "5", "note": "Looked at the first week."}
    assert auditor.post("/audit/reviews", form, "/audit").status_code == 303
    page = auditor.get("/audit").get_data(as_text=True)
    assert "all entries up to 5" in page
    assert "Looked at the first week." in page
    assert "Udo" in page
    assert "audit.reviewed" in world.actions()


def test_a_review_of_places_that_do_not_exist_is_refused_at_its_field(world: World) -> None:
    seal(world)
    auditor = _auditor(world)
    for first, last, said in (
        ("x", "1", "A whole number is required."),
        ("3", "2", "A place from 3 to"),
        ("0", "999999", "A place from 0 to"),
    ):
        answer = auditor.post("/audit/reviews", {"first": first, "last": last}, "/audit")
        assert answer.status_code == 422
        assert said in answer.get_data(as_text=True)
    assert "audit.reviewed" not in world.actions()
