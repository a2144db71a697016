"""Rosters that are dropped: shown first, held where they look wrong, applied once, never lost."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from policy_service.database.tables.registry import ClientRow
from policy_service.database.tables.rosters import RosterDropRow
from policy_service.errors import InvalidRequest, NotFound, StateConflict
from policy_service.importers.roster import RosterKind
from policy_service.services.disclosures import DisclosureForm, disclose
from policy_service.services.imports import roster_previews
from policy_service.services.imports.roster_drops import (
    KEPT,
    Drop,
    DropSource,
    DropState,
    apply_drop,
    confirm_drop,
    discard_drop,
    expire_drops,
    list_drops,
    open_drop,
    take_drop,
)
from policy_service.services.imports.run import RosterFile, import_roster
from policy_service.worker import run_due
from tests.cast import World, person

CLIENTS = "external_id,given_name,family_name,birth_date,phones\n"
CLINICIANS = "external_id,given_name,family_name,licences\n"
EPISODES = "external_id,client_id,clinician_id,began_on,terminated_on,termination_reason\n"
TEN = CLIENTS + "".join(
    f"c{n},Anna,Berg{n},1980-01-{n + 1:02},+1 512 555 01{n:02}\n" for n in range(10)
)


def file(kind: str, text: str) -> RosterFile:
    return RosterFile(RosterKind(kind), text.encode())


def take(world: World, kind: str, text: str, source: DropSource = DropSource.CONSOLE) -> str:
    return take_drop(world.desk, world.cleo, file(kind, text), source)[0]


def opened(world: World, drop_id: str) -> Drop:
    with world.reading() as context:
        return open_drop(context, drop_id)


def confirm(world: World, drop_id: str, why: str | None = None) -> Drop:
    with world.writing() as context:
        confirm_drop(context, drop_id, why)
    apply_drop(world.desk, world.practice_id, drop_id)  # as the worker does
    return opened(world, drop_id)


def apply(world: World, kind: str, text: str) -> Drop:
    drop_id = take(world, kind, text)
    world.clock.advance(seconds=1)
    return confirm(world, drop_id, opened(world, drop_id).row.held)


def in_care(world: World, number: int = 10) -> None:
    """Ten clients of Dana's, in care."""
    apply(world, "clinicians", CLINICIANS + "t1,Dana,Ruiz,US-TX LPC\n")
    apply(world, "clients", TEN)
    apply(world, "episodes", open_episodes(number))


def open_episodes(number: int, *ended: int) -> str:
    return EPISODES + "".join(
        f"e{n},c{n},t1,2020," + ("2026-02-01,planned\n" if n in ended else ",\n")
        for n in range(number)
    )


def clients(world: World) -> int:
    with world.reading() as context:
        rows = select(ClientRow.id).where(ClientRow.external_id.like("c%"))
        return len(context.session.scalars(rows).all())


def test_a_file_changes_nothing_before_somebody_says_so(world: World) -> None:
    drop = opened(world, take(world, "clients", TEN))
    assert (drop.row.state, drop.row.held) == (DropState.WAITING, None)
    assert drop.counts == {
        "created": 10, "updated": 0, "unchanged": 0, "refused": 0, "ended": 0, "missing": 0,
    }  # fmt: skip
    assert drop.preview["new"] == [f"c{n}" for n in range(10)]
    assert clients(world) == 0


def test_a_confirmed_file_is_applied_and_destroyed(world: World) -> None:
    drop = apply(world, "clients", TEN)
    assert (drop.row.state, clients(world)) == (DropState.APPLIED, 10)
    assert drop.row.sealed_file is None
    assert drop.row.decided_by == world.cleo.actor_ref
    assert world.actions().count("client.registered") == 12


def test_whoever_is_new_is_screened_as_ever(world: World) -> None:
    """Ben's friend becomes a client by a roster, and the question is asked without anybody."""
    friend = person("Anna", "Berg3", "1980-01-04", phones=("+1 512 555 0103",))
    with world.writing() as context:
        disclose(context, DisclosureForm(world.ids["ben"], "FRND", friend))
    before = world.actions().count("check.decided")
    apply(world, "clients", TEN)
    run_due(world.desk)
    assert world.actions().count("check.decided") > before


def test_what_changes_is_named_and_its_values_are_not(world: World) -> None:
    apply(world, "clients", TEN)
    moved = TEN.replace("c3,Anna,Berg3,1980-01-04", "c3,Anna,Holm,1980-01-05")
    drop = opened(world, take(world, "clients", moved))
    assert drop.preview["changed"] == [{"id": "c3", "parts": ["birth_date", "names"]}]
    assert "Holm" not in str(drop.preview)


def test_licences_and_parts_of_care_are_named_too(world: World) -> None:
    in_care(world, 1)
    text = CLINICIANS + "t1,Dana,Ruiz,US-TX LPC|US-OH LPCC\n"
    drop = opened(world, take(world, "clinicians", text))
    assert drop.preview["changed"] == [{"id": "t1", "parts": ["licences"]}]
    drop = opened(world, take(world, "episodes", EPISODES + "e0,c0,t1,2021,,\n"))
    assert drop.preview["changed"] == [{"id": "e0", "parts": ["began_on"]}]


def test_care_that_ends_is_listed_and_what_will_be_asked_of_it(world: World) -> None:
    in_care(world)
    drop = opened(world, take(world, "episodes", open_episodes(10, 2, 5)))
    assert drop.preview["ended"] == ["e2", "e5"]
    assert drop.preview["asks"] == {"last_contact_on": 2}
    assert drop.row.held is None


def test_a_file_that_ends_most_of_the_care_is_held(world: World) -> None:
    in_care(world)
    drop_id = take(world, "episodes", open_episodes(10, *range(6)))
    assert opened(world, drop_id).row.held == "most_ended"
    for wrong in (None, "most_missing"):
        with world.writing() as context, pytest.raises(InvalidRequest) as refused:
            confirm_drop(context, drop_id, wrong)
        assert refused.value.errors[0].allowed == ("most_ended",)
    assert confirm(world, drop_id, "most_ended").row.state == DropState.APPLIED


@pytest.mark.parametrize("ended", [1, 2, 5])
def test_care_that_ends_here_and_there_is_not_held(world: World, ended: int) -> None:
    in_care(world)
    drop = opened(world, take(world, "episodes", open_episodes(10, *range(ended))))
    assert drop.row.held is None


def test_a_file_that_was_cut_off_is_held_and_ends_nothing(world: World) -> None:
    in_care(world)
    short = "\n".join(TEN.splitlines()[:4]) + "\n"
    drop_id = take(world, "clients", short)
    drop = opened(world, drop_id)
    assert (drop.row.held, drop.counts["missing"]) == ("most_missing", 7)
    assert drop.preview["missing"] == [f"c{n}" for n in range(3, 10)]
    confirm(world, drop_id, "most_missing")
    assert clients(world) == 10, "who is not listed stays"


def test_a_file_most_of_which_cannot_be_read_is_held(world: World) -> None:
    broken = TEN.replace("1980-01", "1980-13")
    drop = opened(world, take(world, "clients", broken))
    assert (drop.row.held, drop.counts["refused"]) == ("most_refused", 10)
    first = drop.preview["errors"][0]
    assert (first["line"], first["field"]) == (2, "birth_date")


def test_a_malformed_line_takes_no_good_one_with_it(world: World) -> None:
    drop = apply(world, "clients", TEN + "c11,=cmd,Berg,1980,\nc12,Bo,Berg,1980-02-30,\n")
    assert (drop.counts["created"], drop.counts["refused"]) == (10, 2)
    said = [(line["line"], line["field"]) for line in drop.preview["errors"]]
    assert said == [(12, "given_name"), (13, "birth_date")]


def test_a_file_without_a_readable_line_is_refused_and_not_kept(world: World) -> None:
    with pytest.raises(InvalidRequest):
        take(world, "clients", "external_id\n")
    with world.reading() as context:
        assert list_drops(context) == ([], None)


@pytest.mark.parametrize("source", DropSource)
def test_a_file_dropped_twice_does_nothing(world: World, source: DropSource) -> None:
    first = take(world, "clients", TEN, source)
    assert take(world, "clients", TEN, source) == first, "it waits already"
    confirm(world, first)
    actions = world.actions()
    assert take(world, "clients", TEN, source) == first, "it was applied"
    assert world.actions() == actions


def test_an_older_file_is_held_for_a_person_and_does_nothing_in_a_folder(world: World) -> None:
    first = apply(world, "clients", TEN).row.id
    world.clock.advance(days=1)
    apply(world, "clients", TEN.replace("Berg3", "Holm"))
    assert take(world, "clients", TEN, DropSource.FOLDER) == first
    again = take(world, "clients", TEN)
    assert again != first
    assert opened(world, again).row.held == "older_file"


def test_a_discarded_file_may_be_brought_again_by_a_person(world: World) -> None:
    first = take(world, "clients", TEN)
    with world.writing() as context:
        discard_drop(context, first)
    drop = opened(world, first)
    assert (drop.row.state, drop.row.sealed_file) == (DropState.DISCARDED, None)
    with world.writing() as context, pytest.raises(StateConflict):
        confirm_drop(context, first)
    assert take(world, "clients", TEN, DropSource.FOLDER) == first
    assert take(world, "clients", TEN) != first


def test_a_file_nobody_decides_on_is_destroyed_in_the_end(world: World) -> None:
    drop_id = take(world, "clients", TEN)
    world.clock.advance(seconds=KEPT.total_seconds() - 1)
    assert expire_drops(world.desk, world.practice_id) == 0
    world.clock.advance(seconds=1)
    assert expire_drops(world.desk, world.practice_id) == 1
    row = opened(world, drop_id).row
    assert (row.state, row.sealed, row.sealed_file) == (DropState.EXPIRED, None, None)
    assert take(world, "clients", TEN, DropSource.FOLDER) != drop_id, "it lies there still"


def test_an_import_that_dies_halfway_is_done_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop_id = take(world, "clients", TEN)
    monkeypatch.setattr(
        "policy_service.services.imports.roster_drops.import_roster", _dies_after_importing
    )
    with world.writing() as context:
        confirm_drop(context, drop_id)
    run_due(world.desk)
    assert opened(world, drop_id).row.state == DropState.APPLYING
    monkeypatch.undo()
    world.clock.advance(minutes=5)
    run_due(world.desk)
    drop = opened(world, drop_id)
    assert (drop.row.state, drop.counts["unchanged"], clients(world)) == (DropState.APPLIED, 10, 10)


def _dies_after_importing(*given: Any) -> Any:
    import_roster(*given)
    raise OSError


def test_the_entries_hold_numbers_and_a_digest(world: World) -> None:
    apply(world, "clients", TEN)
    mine = [action for action in world.actions() if action.startswith("roster.")]
    made = ["roster.dropped", "roster.confirmed", "roster.imported", "roster.applied"]
    assert sorted(mine) == sorted(made), "all within one second, in no order"


def test_nothing_of_a_file_lies_in_clear(world: World) -> None:
    drop_id = take(world, "clients", TEN)
    with world.reading() as context:
        row = context.session.get_one(RosterDropRow, (world.practice_id, drop_id))
        for column in (row.sealed, row.sealed_file):
            assert column is not None
            assert b"Berg" not in column
            assert b"c3," not in column


def test_files_are_listed_the_newest_first_and_page_by_page(world: World) -> None:
    made = []
    for number in range(3):
        world.clock.advance(seconds=1)
        made.append(take(world, "clients", TEN.replace("Berg0", f"Berg{number + 20}")))
    with world.reading() as context:
        first, cursor = list_drops(context, limit=2)
        rest, end = list_drops(context, cursor, 2)
    assert [one.row.id for one in (*first, *rest)] == made[::-1]
    assert end is None


def test_a_file_of_another_practice_is_not_there(postgresql_world: World) -> None:
    world = postgresql_world
    drop_id = take(world, "clients", TEN)
    with world.elsewhere() as context, pytest.raises(NotFound):
        open_drop(context, drop_id)


def test_holding_nothing_back_would_be_noticed(
    sqlite_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Control: without the threshold a file that ends most of the care goes straight through."""
    world = sqlite_world
    in_care(world)
    monkeypatch.setattr(roster_previews, "FEWEST", 100)
    drop_id = take(world, "episodes", open_episodes(10, *range(10)))
    assert opened(world, drop_id).row.held is None
