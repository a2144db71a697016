"""Rosters that mean harm or are damaged: the same files that the parsers of exports are sent."""

from __future__ import annotations

import contextlib
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_service.importers.delimited import (
    LONGEST_LINE,
    MOST_COLUMNS,
    FileRefused,
    LineError,
    Row,
    read_rows,
    read_table,
)
from policy_service.importers.people import read_people
from policy_service.importers.roster import COLUMNS, Roster, RosterKind, read_roster

HEADER = b"external_id,given_name,family_name,phones\n"
GOOD = b"c1,Anna,Berg,+47 999 88 777\n"
ALL = {kind: ",".join(column.name for column in COLUMNS[kind]).encode() for kind in RosterKind}


def clients(raw: bytes) -> Roster:
    return read_roster(RosterKind.CLIENTS, raw)


def is_shown_safely(error: LineError) -> bool:
    return all(unicodedata.category(c) not in ("Cc", "Cf", "Cs") for c in error.field)


def outcome(kind: RosterKind, raw: bytes) -> None:
    """Only lines and refusals may come of it, and nothing in a refusal hides or turns text."""
    try:
        found = read_roster(kind, raw)
        errors = (*found.errors, *found.warnings)
    except FileRefused as refused:
        errors = refused.errors
    assert all(map(is_shown_safely, errors))
    with contextlib.suppress(FileRefused):
        read_people(raw)


@given(st.sampled_from(RosterKind), st.binary(max_size=300))
def test_any_bytes_give_lines_or_refusals(kind: RosterKind, raw: bytes) -> None:
    outcome(kind, raw)
    outcome(kind, ALL[kind] + b"\n" + raw)


@given(st.sampled_from(RosterKind), st.data())
def test_any_cells_give_lines_or_refusals(kind: RosterKind, data: st.DataObject) -> None:
    width = len(COLUMNS[kind])
    cells = data.draw(st.lists(st.text(max_size=30), min_size=width, max_size=width))
    row = ",".join('"' + cell.replace('"', '""') + '"' for cell in cells)
    outcome(kind, ALL[kind] + b"\n" + row.encode("utf-8", "surrogatepass"))


@given(st.text(max_size=60))
def test_any_header_is_read_or_refused(text: str) -> None:
    raw = text.encode("utf-8", "surrogatepass")
    outcome(RosterKind.CLIENTS, raw + b"\nid\n1\n")
    outcome(RosterKind.CLIENTS, HEADER.strip() + b"," + raw + b"\n" + GOOD)


@pytest.mark.parametrize("declared", ['sep="', "sep=\r", "sep=\0", "sep=a", "sep=\u202e"])
def test_a_declared_delimiter_that_is_none_is_a_header_that_does_not_do(declared: str) -> None:
    with pytest.raises(FileRefused):
        clients(declared.encode() + b"\n" + HEADER + GOOD)


def test_a_header_of_very_many_columns_is_refused() -> None:
    names = b",".join(b"x%d" % number for number in range(MOST_COLUMNS + 1))
    with pytest.raises(FileRefused, match=f"at most {MOST_COLUMNS} are read"):
        clients(names + b"\n")


def test_the_name_of_an_unknown_column_is_shown_short_and_plain() -> None:
    name = "\u202egpj.exe" + "A" * 100_000
    found = clients(HEADER.strip() + b"," + name.encode() + b"\n")
    (warning,) = found.warnings
    assert warning.field.startswith("gpj.exe")
    assert len(warning.field) == 100


def test_a_line_without_end_is_refused_by_itself() -> None:
    endless = b"c2," + b"A" * (LONGEST_LINE + 1) + b",Boe,\n"
    found = clients(HEADER + GOOD + endless + GOOD.replace(b"c1", b"c3"))
    assert [line.external_id for line in found.lines] == ["c1", "c3"]
    assert f"longer than {LONGEST_LINE}" in found.errors[0].detail


@given(
    st.lists(
        st.lists(
            st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=5),
            min_size=2,
            max_size=2,
        ),
        max_size=6,
    )
)
def test_what_is_written_properly_is_read_as_it_was_or_refused(rows: list[list[str]]) -> None:
    lines = [",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows]
    table = read_table("\n".join(["a,b", *lines]).encode())
    for found in read_rows(table):
        if isinstance(found, Row):
            assert list(found.cells.values()) in [[cell.strip() for cell in row] for row in rows]
