"""Releases: what left the practice, to whom and what for, by the client it tells about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import select, update

from policy_service.database.tables.audit import EntryRow, EntrySubjectRow
from policy_service.database.tables.people import PersonKeyRow
from policy_service.database.tables.releases import ReleaseRow
from policy_service.domain.principals import Role
from policy_service.domain.releases import Recipient, RecipientKind, Release
from policy_service.errors import InvalidRequest, NotAllowed
from policy_service.services.context import Context
from policy_service.services.decisions import pseudonym_of
from policy_service.services.parties import client_row, clinician_row
from policy_service.services.releases import (
    MOST_NAMED,
    ReleaseFilter,
    ReleaseLine,
    list_releases,
    record_release,
)
from tests.cast import World

BOARD = Recipient(RecipientKind.BOARD, "Board of Counselors", "12 Pine Road")


def _subject(context: Context, world: World, name: str) -> str:
    row = (client_row if name in ("tomas", "nora") else clinician_row)(context, world.ids[name])
    return pseudonym_of(context, row.person_id)


def _release(world: World, *names: str, purpose: str = "Complaint 7") -> str:
    with world.writing() as context:
        subjects = frozenset(_subject(context, world, name) for name in names)
        return record_release(context, Release(BOARD, "Entries 3 to 9", purpose, subjects))


def _about(world: World, name: str) -> list[ReleaseLine]:
    with world.writing() as context:
        wanted = ReleaseFilter(subject=_subject(context, world, name))
        return list_releases(context, wanted)[0]


def test_an_accounting_says_when_to_whom_what_and_what_for(world: World) -> None:
    release = _release(world, "tomas", "alma")
    [line] = _about(world, "tomas")
    assert line.id == release
    assert line.at == world.clock()
    assert line.told == Release(BOARD, "Entries 3 to 9", "Complaint 7", frozenset())
    assert [one.id for one in _about(world, "alma")] == [release]
    assert _about(world, "nora") == []


def test_a_release_is_an_entry_that_names_its_subjects(world: World) -> None:
    release = _release(world, "tomas")
    with world.reading() as context:
        row = context.session.get_one(ReleaseRow, (world.practice_id, release))
        entry = context.session.get_one(EntryRow, (world.practice_id, row.entry_id))
        named = select(EntrySubjectRow.subject_ref).where(EntrySubjectRow.entry_id == entry.id)
        assert entry.action == "release.recorded"
        assert list(context.session.scalars(named)) == [_subject(context, world, "tomas")]


def test_reading_the_accounting_is_an_entry(world: World) -> None:
    before = world.actions().count("release.listed")
    _about(world, "tomas")
    assert world.actions().count("release.listed") == before + 1


def test_the_words_lie_under_the_key_of_the_client_concerned_and_go_with_it(world: World) -> None:
    _release(world, "tomas", "alma", purpose="About Tomas Reyes")
    _release(world, "tomas", "nora", purpose="A sample")
    with world.writing() as context:
        person = client_row(context, world.ids["tomas"]).person_id
        context.session.execute(
            update(PersonKeyRow)
            .where(PersonKeyRow.person_id == person)
            .values(wrapped=None, destroyed_at=context.now)
        )
    told = [line.told for line in _about(world, "tomas")]
    with world.reading() as context:
        rows = context.session.scalars(select(ReleaseRow)).all()
    assert {row.owner_person_id for row in rows} == {person, None}
    assert sum(one is None for one in _lines(world)) == 1
    assert [one.purpose for one in told if one] == ["A sample"]


def _lines(world: World) -> list[Release | None]:
    with world.writing() as context:
        return [line.told for line in list_releases(context, ReleaseFilter())[0]]


def test_no_word_of_a_release_stands_in_clear(world: World) -> None:
    _release(world, "tomas", purpose="An unmistakable purpose")
    with world.reading() as context:
        row = context.session.scalars(select(ReleaseRow)).one()
    stored = repr([getattr(row, column.key) for column in ReleaseRow.__table__.columns])
    assert "unmistakable" not in stored
    assert "Pine Road" not in stored


@pytest.mark.parametrize("field", ["recipient", "what", "purpose"])
def test_a_release_that_does_not_say_all_is_refused_by_field(
    sqlite_world: World, field: str
) -> None:
    whole = Release(BOARD, "Entries", "A complaint", frozenset())
    empty: dict[str, Callable[[], Release]] = {
        "recipient": lambda: replace(whole, recipient=Recipient(RecipientKind.COURT, " ")),
        "what": lambda: replace(whole, what="\n"),
        "purpose": lambda: replace(whole, purpose=""),
    }
    with pytest.raises(InvalidRequest) as refused, sqlite_world.writing() as context:
        record_release(context, empty[field]())
    assert refused.value.errors[0].pointer.startswith(f"/{field}")
    assert "release.recorded" not in sqlite_world.actions()


def test_more_subjects_than_a_leaf_may_name_are_found_by_the_index_alone(world: World) -> None:
    many = frozenset(f"subject-{number:04}" for number in range(MOST_NAMED + 1))
    with world.writing() as context:
        release = record_release(context, Release(BOARD, "All", "A review", many))
        found, _ = list_releases(context, ReleaseFilter(subject="subject-0042"))
        row = context.session.get_one(ReleaseRow, (world.practice_id, release))
        named = select(EntrySubjectRow).where(EntrySubjectRow.entry_id == row.entry_id)
        assert context.session.scalars(named).all() == []
    assert [line.id for line in found] == [release]


def test_pages_follow_each_other_the_newest_first(world: World) -> None:
    made = []
    for number in range(5):
        world.clock.advance(minutes=number % 2)
        made.append(_release(world, "tomas", purpose=f"Number {number}"))
    seen: list[ReleaseLine] = []
    cursor: str | None = None
    with world.writing() as context:
        while not seen or cursor:
            lines, cursor = list_releases(context, ReleaseFilter(after=cursor), limit=2)
            seen += lines
    assert {line.id for line in seen} == set(made)
    assert len(seen) == 5
    assert [line.at for line in seen] == sorted((line.at for line in seen), reverse=True)


def test_only_those_who_may_read_the_accounting_do(sqlite_world: World) -> None:
    for role in (Role.ADMIN, Role.CLINICIAN, Role.CONSULTANT, Role.OPERATOR, Role.EHR):
        who = sqlite_world.account(role, name=role.value)
        with pytest.raises(NotAllowed), sqlite_world.writing(who) as context:
            list_releases(context, ReleaseFilter())


def test_another_practice_sees_nothing_of_it(postgresql_world: World) -> None:
    _release(postgresql_world, "tomas")
    with postgresql_world.elsewhere() as context:
        assert list_releases(context, ReleaseFilter()) == ([], None)
