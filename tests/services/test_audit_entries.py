"""Reading the log: filters, pages without gaps, and what stays closed."""

from __future__ import annotations

import pytest

from policy_service.domain.principals import Role
from policy_service.errors import InvalidRequest, NotAllowed, NotFound
from policy_service.services import audit_entries
from policy_service.services.audit_entries import list_entries, open_entry
from policy_service.services.audit_filters import EntryFilter
from tests.audit.logs import seal
from tests.cast import World


def test_pages_follow_each_other_without_gap_or_repeat(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_entries, "PAGE", 4)
    seal(world)
    seen: list[int | None] = []
    cursor, first = "", True
    with world.reading() as context:
        monkeypatch.setattr(audit_entries, "_log", lambda *_: None)  # a read context
        while first or cursor:
            page = list_entries(context, EntryFilter(), cursor)
            seen += [line.index for line in page.lines]
            cursor, first = page.next, False
    assert seen == list(range(len(seen)))[::-1]
    assert len(seen) > 8


def test_entries_that_wait_for_their_place_come_first(postgresql_world: World) -> None:
    with postgresql_world.writing() as context:
        lines = list_entries(context, EntryFilter()).lines
    assert {line.index for line in lines[:-2]} == {None}
    assert [line.action for line in lines[-2:]] == ["pack.activated", "log.created"]


@pytest.mark.parametrize("cursor", ["x", "-1", "1; DROP TABLE", "9" * 30])
def test_a_made_up_cursor_is_refused(sqlite_world: World, cursor: str) -> None:
    with pytest.raises(InvalidRequest), sqlite_world.writing() as context:
        list_entries(context, EntryFilter(), cursor)


def test_filters_narrow_the_list(world: World) -> None:
    with world.writing() as context:
        found = list_entries(context, EntryFilter(action="licence.added"))
        assert {line.action for line in found.lines} == {"licence.added"}
        assert list_entries(context, EntryFilter(actor="account:nobody")).lines == ()
        tomorrow = EntryFilter(since=context.now.replace(year=2027))
        assert list_entries(context, tomorrow).lines == ()


def test_an_opened_entry_says_what_it_holds(world: World) -> None:
    with world.writing() as context:
        [line] = list_entries(context, EntryFilter(action="membership.added")).lines
        entry = open_entry(context, line.id)
    assert entry.groups[0].value["body"] == "ACA"
    assert entry.leaf["action"] == "membership.added"


def test_only_readers_read(sqlite_world: World) -> None:
    for role in (Role.ADMIN, Role.CLINICIAN, Role.CONSULTANT, Role.OPERATOR, Role.INTAKE):
        who = sqlite_world.account(role, name=role.value)
        with pytest.raises(NotAllowed), sqlite_world.writing(who) as context:
            list_entries(context, EntryFilter())


def test_an_unknown_entry_is_not_found(sqlite_world: World) -> None:
    with pytest.raises(NotFound), sqlite_world.writing() as context:
        open_entry(context, sqlite_world.ids["alma"])
