"""Imports: idempotent by external id, batch by batch, and a dry run that changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import func, select

from policy_service.audit.sealer import seal_pending
from policy_service.audit.verification import verify_log
from policy_service.database.tables.audit import EntryRow
from policy_service.database.tables.care import EpisodeClientRow, EpisodeRow
from policy_service.database.tables.jobs import WorkRow
from policy_service.database.tables.registry import ClientRow, LicenceRow
from policy_service.domain.principals import Role
from policy_service.errors import InvalidRequest
from policy_service.importers.roster import RosterKind
from policy_service.services.clients import register_client
from policy_service.services.imports import run
from policy_service.services.imports.plans import Report
from policy_service.services.people import open_person
from tests.cast import NORA, World

CLIENTS = "external_id,given_name,family_name,birth_date\n"
CLINICIANS = "external_id,given_name,family_name,licences,memberships\n"
EPISODES = "external_id,client_id,clinician_id,began_on,terminated_on,last_contact_on\n"


def do(world: World, kind: str, text: str, *, dry_run: bool = False) -> Report:
    operator = world.account(Role.OPERATOR, name="operator")
    file = run.RosterFile(RosterKind(kind), text.encode())
    return run.import_roster(world.desk, operator, file, dry_run=dry_run)


def counts(report: Report) -> tuple[int, int, int, int]:
    found = report.counts()
    return found["created"], found["updated"], found["unchanged"], found["refused"]


def count(world: World, table: type[Any], **where: Any) -> int:
    with world.reading() as context:
        statement = select(func.count()).select_from(table).filter_by(**where)
        return context.session.execute(statement).scalar_one()


def many(number: int) -> str:
    return CLIENTS + "".join(
        f"c{i},Given{i},Family{i % 7},19{i % 60 + 30}\n" for i in range(number)
    )


def test_a_roster_is_imported_once_however_often_it_is_sent(world: World) -> None:
    assert counts(do(world, "clients", many(5))) == (5, 0, 0, 0)
    entries = count(world, EntryRow)
    assert counts(do(world, "clients", many(5))) == (0, 0, 5, 0)
    assert count(world, EntryRow) == entries + 1, "the import itself is an entry, nothing else"


def test_a_dry_run_says_the_same_and_changes_nothing(world: World) -> None:
    entries = count(world, EntryRow)
    assert counts(do(world, "clients", many(3), dry_run=True)) == (3, 0, 0, 0)
    assert (count(world, EntryRow), count(world, ClientRow, external_id="c1")) == (entries, 0)
    assert counts(do(world, "clients", many(3))) == (3, 0, 0, 0)


def test_a_changed_line_corrects_the_record(world: World) -> None:
    do(world, "clients", CLIENTS + "c1,Anna,Berg,1980\n")
    assert counts(do(world, "clients", CLIENTS + "c1,Anna,Lind,1980\n")) == (0, 1, 0, 0)
    with world.reading() as context:
        row = context.session.scalars(select(ClientRow).filter_by(external_id="c1")).one()
        assert open_person(context, row.person_id).record.names[0].family == "Lind"
        assert row.version > 1


def test_a_bad_line_never_loses_the_good_ones(world: World) -> None:
    text = CLIENTS + "c1,Anna,Berg,1980-02-30\nc2,Bo,Berg,1980\nc2,Bo,Twice,1980\n"
    report = do(world, "clients", text)
    assert counts(report) == (1, 0, 0, 2)
    assert [(error.line, error.field) for error in report.errors] == [
        (2, "birth_date"),
        (4, "external_id"),
    ]


def test_a_file_without_a_header_is_refused_by_name(world: World) -> None:
    with pytest.raises(InvalidRequest) as caught:
        do(world, "clients", "external_id,birth_date\n")
    assert [error.pointer for error in caught.value.errors] == ["/1/given_name", "/1/family_name"]


def test_batches_are_independent(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "BATCH", 4)
    assert counts(do(world, "clients", many(10))) == (10, 0, 0, 0)


def test_an_interrupted_import_is_finished_by_repeating_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "BATCH", 4)
    real, calls = run.apply_batch, []

    def power_cut(*args: Any) -> Any:
        calls.append(args)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(*args)

    monkeypatch.setattr(run, "apply_batch", power_cut)
    with pytest.raises(KeyboardInterrupt):
        do(world, "clients", many(10))
    monkeypatch.setattr(run, "apply_batch", real)
    assert counts(do(world, "clients", many(10))) == (6, 0, 4, 0)


def test_a_batch_is_planned_anew_when_somebody_was_faster(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, first = run._PLANNERS[RosterKind.CLIENTS], [True]

    def overtaken(context: Any, lines: Any) -> Any:
        plan = real(context, lines)
        if first.pop() if first else False:
            with world.writing() as other:
                register_client(other, NORA, "c1")
        return plan

    monkeypatch.setitem(run._PLANNERS, RosterKind.CLIENTS, overtaken)
    assert counts(do(world, "clients", many(3))) == (2, 1, 0, 0)
    assert count(world, ClientRow, external_id="c1") == 1


def test_clinicians_come_with_licences_and_memberships(world: World) -> None:
    text = CLINICIANS + "t1,Dana,Ruiz,US-TX LPC 2019|US-OH LPCC,ACA\n"
    assert counts(do(world, "clinicians", text)) == (1, 0, 0, 0)
    assert counts(do(world, "clinicians", text)) == (0, 0, 1, 0)
    later = text.replace("2019", "2019 2027-05-31")
    assert counts(do(world, "clinicians", later)) == (0, 1, 0, 0)
    where: Mapping[str, Any] = {"is_current": True, "is_withdrawn": False, "valid_from": "2019"}
    assert count(world, LicenceRow, **where) == 1


def test_what_a_roster_does_not_list_stays(world: World) -> None:
    do(world, "clinicians", CLINICIANS + "t1,Dana,Ruiz,US-TX LPC,ACA\n")
    assert counts(do(world, "clinicians", CLINICIANS + "t1,Dana,Ruiz,,\n")) == (0, 0, 1, 0)


def parties(world: World) -> None:
    do(world, "clinicians", CLINICIANS + "t1,Dana,Ruiz,US-TX LPC,\nt2,Eli,Cho,US-TX LMFT,\n")
    do(world, "clients", many(3))


def test_lines_with_one_id_are_one_episode(world: World) -> None:
    parties(world)
    text = EPISODES + "e1,c0,t1,2020,,\ne1,c1,t2,2020,,\n"
    assert counts(do(world, "episodes", text)) == (1, 0, 0, 0)
    assert counts(do(world, "episodes", text)) == (0, 0, 1, 0)
    with world.reading() as context:
        row = context.session.scalars(select(EpisodeRow).filter_by(external_id="e1")).one()
        parts = context.session.scalars(select(EpisodeClientRow).filter_by(episode_id=row.id))
        assert len(parts.all()) == 2


def test_a_terminated_episode_becomes_a_new_revision(world: World) -> None:
    parties(world)
    do(world, "episodes", EPISODES + "e1,c0,t1,2020,,\n")
    ended = EPISODES + "e1,c0,t1,2020,2021-03-01,2021-02-20\n"
    assert counts(do(world, "episodes", ended)) == (0, 1, 0, 0)
    with world.reading() as context:
        rows = context.session.scalars(select(EpisodeRow).filter_by(external_id="e1")).all()
        assert sorted((row.revision, row.is_open, row.is_current) for row in rows) == [
            (1, True, False),
            (2, False, True),
        ]


@pytest.mark.parametrize(
    ("line", "column"),
    [
        ("e1,nobody,t1,2020,,", "client_id"),
        ("e1,c0,nobody,2020,,", "clinician_id"),
        ("e2,c1,t1,2021,,", "began_on"),
    ],
)
def test_an_episode_line_that_fits_nothing_is_refused(world: World, line: str, column: str) -> None:
    parties(world)
    report = do(world, "episodes", f"{EPISODES}e2,c0,t1,2020,,\n{line}\n")
    assert counts(report) == (1, 0, 0, 1)
    assert (report.errors[0].line, report.errors[0].field) == (3, column)


def test_every_client_of_an_imported_episode_is_touched(world: World) -> None:
    parties(world)
    before = count(world, WorkRow)
    do(world, "episodes", EPISODES + "e1,c0,t1,2020,,\ne2,c1,t1,2019,2020,\n")
    assert count(world, WorkRow) == before + 2


def test_the_log_verifies_and_names_every_imported_client(world: World) -> None:
    parties(world)
    do(world, "episodes", EPISODES + "e1,c0,t1,2020,,\n")
    if world.desk.database.dialect == "postgresql":
        seal_pending(world.desk.database, world.practice_id)
    key = world.desk.log_key(world.desk.practice(world.practice_id).log_origin)
    assert verify_log(world.desk.database, world.practice_id, key).exit_code == 0
    # The cast's two clients are registered one by one, the roster's three in bulk: alike.
    assert count(world, EntryRow, action="client.registered") == 5
    assert count(world, EntryRow, action="roster.imported") == 3
