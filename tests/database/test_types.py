"""Column types keep values exactly, and refuse wrong ones before they reach a database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from enum import Enum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import StatementError

from policy_service.database import Database
from policy_service.database.types import CanonicalBytes, EnumText, UtcDateTime, UuidText, iso
from tests.database.conftest import OURS, Colour, Note

SQLITE, POSTGRESQL = sqlite.dialect(), postgresql.dialect()
BERLIN_SUMMER = timezone(timedelta(hours=2))
LEAP_EVENING = datetime(2024, 2, 29, 23, 59, 59, 999999, tzinfo=UTC)


def _stored(small: Database, **values: Any) -> Note:
    with small.write(OURS) as session:
        session.add(Note(practice_id=OURS, name="a", **values))
    with small.read(OURS) as session:
        return session.scalars(select(Note)).one()


def test_a_moment_comes_back_equal_and_in_utc(small: Database) -> None:
    note = _stored(small, at=datetime(2026, 7, 1, 0, 30, 0, 7, tzinfo=BERLIN_SUMMER))
    assert note.at == datetime(2026, 6, 30, 22, 30, 0, 7, tzinfo=UTC)
    assert note.at.tzinfo is UTC


def test_a_naive_datetime_is_refused_and_an_aware_one_is_not(small: Database) -> None:
    with pytest.raises(StatementError, match="needs a time zone"):
        _stored(small, at=datetime(2026, 1, 1))  # noqa: DTZ001
    assert _stored(small, at=LEAP_EVENING).at == LEAP_EVENING


def test_a_naive_datetime_is_refused_in_a_comparison(small: Database) -> None:
    with small.read(OURS) as session, pytest.raises(StatementError, match="needs a time zone"):
        session.scalars(select(Note).where(Note.at < datetime(2026, 1, 1))).all()  # noqa: DTZ001


@given(st.datetimes(timezones=st.timezones()), st.datetimes(timezones=st.timezones()))
def test_the_order_of_the_text_is_the_order_of_time(one: datetime, other: datetime) -> None:
    column = UtcDateTime()
    try:
        moments = [moment.astimezone(UTC) for moment in (one, other)]
    except OverflowError:  # within a day of the year 1 or 9999
        return
    texts = [column.process_bind_param(moment, SQLITE) for moment in moments]
    assert (texts[0] < texts[1]) == (moments[0] < moments[1])
    assert [column.process_result_value(found, SQLITE) for found in texts] == moments


def test_sqlite_keeps_iso_text_of_fixed_width(sqlite_url: str) -> None:
    assert iso(datetime(2026, 1, 2, tzinfo=UTC)) == "2026-01-02T00:00:00.000000Z"
    assert len(iso(datetime(1, 1, 1, tzinfo=UTC))) == 27


def test_an_enum_is_stored_as_its_word(small: Database) -> None:
    assert _stored(small, colour=Colour.LIGHT_BLUE).colour is Colour.LIGHT_BLUE
    with small.read(OURS) as session:
        assert session.scalar(text("SELECT colour FROM small_note")) == "light_blue"


def test_an_unknown_word_is_refused_going_in_and_coming_out(small: Database) -> None:
    with pytest.raises(StatementError, match="green"):
        _stored(small, colour="green")
    _stored(small, colour=Colour.RED)
    with small.engine.begin() as connection:
        connection.execute(text("UPDATE small_note SET colour = 'green'"))
    with small.read(OURS) as session, pytest.raises(ValueError, match="green"):
        session.scalars(select(Note)).one()


def test_an_enum_of_numbers_cannot_be_a_column() -> None:
    class Level(Enum):
        LOW = 1

    with pytest.raises(TypeError, match="must be text"):
        EnumText(Level)


@pytest.mark.parametrize(
    "wrong", ["", "x", OURS.upper().replace("1", "A"), OURS.replace("-", ""), f"{OURS}\n"]
)
def test_an_id_has_one_spelling(wrong: str) -> None:
    column = UuidText()
    assert column.process_bind_param(OURS, SQLITE) == OURS
    with pytest.raises(ValueError, match="lower-case UUID"):
        column.process_bind_param(wrong, SQLITE)


def test_bytes_come_back_as_they_were_and_parsed_json_is_refused(small: Database) -> None:
    assert _stored(small, body=b'{"b":1,"a":2}').body == b'{"b":1,"a":2}'
    for wrong in ({"a": 1}, '{"a":1}'):
        with pytest.raises(TypeError, match="bytes are stored here"):
            CanonicalBytes().process_bind_param(wrong, POSTGRESQL)


def test_nothing_stays_nothing(small: Database) -> None:
    note = _stored(small)
    assert (note.at, note.colour, note.body) == (None, None, None)
