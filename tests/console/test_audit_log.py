"""The audit pages: state, entries, one entry opened, exports, and a proof an outsider can check."""

from __future__ import annotations

import csv
import io
import re

import orjson
import pytest
from sqlalchemy import text

from policy_service.domain.principals import Role
from policy_service.ledger.merkle import leaf_hash
from policy_service.services.audit_entries import open_entry
from tests.audit.logs import seal
from tests.cast import World
from tests.console.office import check, signed_in
from tests.tampering import tamper


def _page(world: World, path: str = "/audit") -> str:
    return signed_in(world, "udo", Role.AUDITOR).get(path).get_data(as_text=True)


def test_the_state_says_size_root_and_that_nobody_witnesses(world: World) -> None:
    seal(world)
    page = _page(world)
    with world.desk.database.engine.connect() as connection:
        root = connection.execute(
            text("SELECT root FROM audit_head WHERE practice_id = :id"), {"id": world.practice_id}
        ).scalar_one()
    assert re.search(r"<dt>Root</dt><dd><code[^>]*>[A-Za-z0-9+/]{43}=</code>", page)
    assert len(bytes(root)) == 32
    assert "No witness configured" in page
    assert "The log gives alarm" not in page


def test_an_entry_that_waits_too_long_gives_alarm(postgresql_world: World) -> None:
    waiting = _page(postgresql_world)
    assert "The log gives alarm" not in waiting
    postgresql_world.clock.advance(minutes=2)
    assert "is a worker up?" in _page(postgresql_world)


def test_a_log_that_went_backwards_gives_alarm(sqlite_world: World) -> None:
    _page(sqlite_world)
    tamper(sqlite_world.desk.database, "UPDATE audit_checkpoint SET size = size + 1000")
    assert "The log went backwards" in _page(sqlite_world)


def test_while_nothing_can_be_recorded_the_page_gives_the_alarm_and_verifies_at_once(
    sqlite_world: World,
) -> None:
    auditor = signed_in(sqlite_world, "udo", Role.AUDITOR)
    auditor.get("/audit")
    desk = sqlite_world.desk
    tamper(desk.database, "UPDATE audit_head SET size = size - 1")
    page = auditor.get("/audit")
    assert page.status_code == 503
    assert "Nothing is recorded." in page.get_data(as_text=True)
    verified = auditor.post("/audit/verify", {}, "/audit")
    assert verified.status_code == 503
    assert "Tampered." in verified.get_data(as_text=True)


def test_an_entry_shows_its_groups_and_gives_its_proof(world: World) -> None:
    decision = check(world, "ben", "nora")
    seal(world)
    officer = signed_in(world, "olga", Role.COMPLIANCE)
    page = officer.get(f"/audit/{decision}").get_data(as_text=True)
    assert "no_finding" in page
    assert "identity" in page
    proof = officer.get(f"/audit/{decision}/proof")
    assert proof.headers["Content-Disposition"].endswith('.tlog-proof"')
    assert proof.get_data(as_text=True).startswith("c2sp.org/tlog-proof@v1\n")
    with world.writing() as context:
        entry = open_entry(context, decision)
    assert entry.leaf_hash in page
    assert len(entry.leaf_hash) == len(leaf_hash(b"").hex())


def test_the_checkpoint_can_be_kept_elsewhere(world: World) -> None:
    seal(world)
    note = signed_in(world, "udo", Role.AUDITOR).get("/audit/checkpoint").get_data(as_text=True)
    assert note.startswith(f"policy-service/{world.practice_id}\n")


def test_a_client_s_id_finds_the_entries_about_them(world: World) -> None:
    seal(world)
    page = _page(world, f"/audit?subject={world.ids['tomas']}")
    assert "<code>client.registered</code>" in page
    assert "<code>log.created</code>" not in page


def test_what_is_chosen_can_be_saved_as_csv_and_jsonl(world: World) -> None:
    auditor = signed_in(world, "udo", Role.AUDITOR)
    rows = list(
        csv.DictReader(
            io.StringIO(auditor.get("/audit/entries.csv?action=log.created").get_data(as_text=True))
        )
    )
    assert [row["index"] for row in rows] == ["0"]
    lines = auditor.get("/audit/entries.jsonl").get_data(as_text=True).splitlines()
    assert [orjson.loads(line)["index"] for line in lines] == list(range(len(lines)))
    assert world.actions().count("audit.exported") == 2


@pytest.mark.parametrize("role", [Role.CLINICIAN, Role.ADMIN, Role.CONSULTANT])
@pytest.mark.parametrize("path", ["/audit", "/audit/entries.csv", "/audit/receipts", "/releases"])
def test_the_log_is_for_officers_and_auditors_alone(
    sqlite_world: World, role: Role, path: str
) -> None:
    more = {"clinician_id": sqlite_world.ids["alma"]} if role is Role.CLINICIAN else {}
    somebody = signed_in(sqlite_world, "somebody", role, **more)
    assert somebody.get(path).status_code == 403
