"""The form for an evidence bundle: from the log, from an entry, from a case."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from io import BytesIO
from zipfile import ZipFile

from sqlalchemy import select

from policy_service.database.tables.reviews import CaseRow
from policy_service.domain.principals import Role
from policy_service.services.evidence_bundles import BUNDLED
from policy_service.services.releases import ReleaseFilter, list_releases
from tests.cast import World
from tests.console.office import check, signed_in

FORM = "/audit/bundles/new"
FILLED = {
    "first": "0",
    "last": "3",
    "how_much": "some",
    "open": "care",
    "kind": "board",
    "recipient/name": "Texas State Board",
    "purpose": "Complaint 2026-17",
}


def manifest_of(content: bytes) -> Mapping[str, object]:
    with ZipFile(BytesIO(content)) as found:
        made: Mapping[str, object] = json.loads(found.read("manifest.json"))
        return made


def ids_in(content: bytes) -> set[str]:
    """The entries in a bundle."""
    with ZipFile(BytesIO(content)) as found:
        lines = [json.loads(line) for line in found.read("entries.jsonl").splitlines()]
    return {json.loads(base64.b64decode(line["leaf"]))["id"] for line in lines}


def test_an_officer_saves_a_range_and_the_release_is_on_the_list(sqlite_world: World) -> None:
    officer = signed_in(sqlite_world, "olga", Role.COMPLIANCE)
    assert "bundles/new" in officer.get("/audit").get_data(as_text=True)
    sent = officer.post(FORM, FILLED, FORM)
    assert sent.headers["Content-Disposition"].startswith('attachment; filename="evidence-')
    assert manifest_of(sent.data)["entries"] == [0, 4]
    assert manifest_of(sent.data)["groups"] == ["care"]
    with sqlite_world.writing() as context:
        [line], _ = list_releases(context, ReleaseFilter())
    assert line.told is not None
    assert line.told.recipient.name == "Texas State Board"
    assert "Opened: care." in line.told.what


def test_a_case_gives_its_checks_and_its_moves(sqlite_world: World) -> None:
    decision = check(sqlite_world, "alma", "tomas")
    with sqlite_world.reading() as context:
        case = context.session.scalars(select(CaseRow)).first()
    assert case is not None
    officer = signed_in(sqlite_world, "olga", Role.COMPLIANCE)
    assert f"case={case.id}" in officer.get(f"/cases/{case.id}").get_data(as_text=True)
    sent = officer.post(f"{FORM}?case={case.id}", {**FILLED, "how_much": "all"}, FORM)
    assert manifest_of(sent.data)["chosen_by"] == {"case": case.id}
    assert decision in ids_in(sent.data)


def test_a_form_that_lacks_something_comes_back_as_it_was_typed(sqlite_world: World) -> None:
    officer = signed_in(sqlite_world, "olga", Role.COMPLIANCE)
    answer = officer.post(FORM, {**FILLED, "purpose": "", "last": "9999"}, FORM)
    assert answer.status_code == 422
    assert "Texas State Board" in answer.get_data(as_text=True)
    assert BUNDLED not in sqlite_world.actions()


def test_an_auditor_reads_the_log_and_makes_no_bundle(sqlite_world: World) -> None:
    auditor = signed_in(sqlite_world, "udo", Role.AUDITOR)
    assert "bundles/new" not in auditor.get("/audit").get_data(as_text=True)
    assert auditor.get(FORM).status_code == 403
