"""The audit pages: verification, an entry, and a proof that an outsider can check."""

from __future__ import annotations

from policy_service.audit.sealer import seal_pending
from policy_service.domain.principals import Role
from policy_service.ledger.merkle import leaf_hash
from policy_service.services.audit_entries import EntryFilter, list_entries, open_entry
from tests.cast import World
from tests.console.office import check, signed_in
from tests.tampering import tamper


def _seal(world: World) -> None:
    if world.desk.database.dialect == "postgresql":
        seal_pending(world.desk.database, world.practice_id)


def test_an_untouched_log_is_shown_as_verified(world: World) -> None:
    _seal(world)
    auditor = signed_in(world, "udo", Role.AUDITOR)
    page = auditor.post("/audit/verify", {}, "/audit").get_data(as_text=True)
    assert "Verified." in page
    with world.writing() as context:
        found = list_entries(context, EntryFilter(action="audit.verified"))
    assert len(found.lines) == 1


def test_a_tampered_log_is_shown_as_tampered(sqlite_world: World) -> None:
    auditor = signed_in(sqlite_world, "udo", Role.AUDITOR)
    tamper(
        sqlite_world.desk.database,
        "UPDATE audit_leaf SET leaf_index = -1 WHERE leaf_index = 3",
        "UPDATE audit_leaf SET leaf_index = 3 WHERE leaf_index = 4",
        "UPDATE audit_leaf SET leaf_index = 4 WHERE leaf_index = -1",
    )
    page = auditor.post("/audit/verify", {}, "/audit").get_data(as_text=True)
    assert "Tampered." in page
    assert "Verified." not in page


def test_an_entry_shows_its_groups_and_gives_its_proof(world: World) -> None:
    decision = check(world, "ben", "nora")
    _seal(world)
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
    _seal(world)
    note = signed_in(world, "udo", Role.AUDITOR).get("/audit/checkpoint").get_data(as_text=True)
    assert note.startswith(f"policy-service/{world.practice_id}\n")
