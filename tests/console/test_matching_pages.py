"""The report on recognition, and duplicate profiles: what officers see, and what they may do."""

from __future__ import annotations

from policy_service.domain.principals import Role
from policy_service.services.clients import register_client
from policy_service.services.identity import VerdictForm, judge
from policy_service.services.parties import client_row
from policy_service.services.recognition import identify
from policy_service.worker import run_due
from tests.cast import TOMAS, World
from tests.console.office import Browser, signed_in
from tests.services.test_match_reports import MARKED
from tests.services.test_measuring import measure


def _judged_and_measured(world: World) -> None:
    with world.writing() as context:
        world.ids["again"] = register_client(context, MARKED)
        client = client_row(context, world.ids["tomas"]).person_id
        disclosed = identify(context, TOMAS, {client}).matches[0].person.id
        judge(context, VerdictForm(client, disclosed, "same"))
    measure(world, pairs=50)


def _report(world: World, officer: Browser) -> str:
    assert officer.post("/matching", {}).status_code == 303
    assert "1 queued" in officer.get("/matching").get_data(as_text=True)
    run_due(world.desk)
    return officer.get("/matching").get_data(as_text=True)


def test_a_report_is_asked_for_made_and_names_nobody(sqlite_world: World) -> None:
    world = sqlite_world
    _judged_and_measured(world)
    officer = signed_in(world, "olga", Role.COMPLIANCE)
    assert "No report was made yet." in officer.get("/matching").get_data(as_text=True)
    page = _report(world, officer)
    for said in (
        "Flags an intake",
        "1 bit lower",
        " random pairs ",
        "What officers said of such pairs",
        "one person, certain",
        "0 people wait to be filed",
    ):
        assert said in page
    for name in ("Tomas", "Reyes", "Lind"):
        assert name not in page


def test_an_auditor_reads_the_report(sqlite_world: World) -> None:
    auditor = signed_in(sqlite_world, "aude", Role.AUDITOR)
    assert auditor.get("/matching").status_code == 200
    assert "matching.report_read" in sqlite_world.actions()


def test_duplicates_are_looked_for_compared_and_merged(sqlite_world: World) -> None:
    world = sqlite_world
    with world.writing() as context:
        world.ids["again"] = register_client(context, MARKED)
    officer = signed_in(world, "olga", Role.COMPLIANCE)
    assert officer.post("/identity/duplicates", {}).status_code == 303
    run_due(world.desk)
    page = officer.get("/identity/duplicates").get_data(as_text=True)
    assert "Nora Lind and Nora Lind" in page
    with world.reading() as context:
        ids = sorted(client_row(context, world.ids[name]).person_id for name in ("nora", "again"))
    pair = f"/identity/{ids[0]}/{ids[1]}"
    assert pair in page
    assert officer.get(pair).status_code == 200
    done = officer.post(f"{pair}/merge", {}, seen_on="/identity/duplicates")
    assert done.status_code == 303
    assert "None is waiting." in officer.get("/identity/duplicates").get_data(as_text=True)
    again = officer.post(f"{pair}/merge", {}, seen_on="/identity/duplicates")
    assert again.status_code == 404


def test_an_approver_looks_and_does_not_merge(sqlite_world: World) -> None:
    world = sqlite_world
    with world.reading() as context:
        both = [client_row(context, world.ids[name]).person_id for name in ("nora", "tomas")]
    approver = signed_in(world, "paul", Role.APPROVER)
    assert approver.get("/identity/duplicates").status_code == 200
    refused = approver.post(f"/identity/{both[0]}/{both[1]}/merge", {}, "/identity/duplicates")
    assert refused.status_code == 403
