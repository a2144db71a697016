"""The roster parser: every odd line is refused by name, and never takes a good one with it."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policy_service.importers.delimited import FileRefused, LineError
from policy_service.importers.roster import (
    ClientLine,
    ClinicianLine,
    EpisodeLine,
    Roster,
    RosterKind,
    read_roster,
)

GOOD = "c1,Anna,Berg,1980-05-02"
HEADER = "external_id,given_name,family_name,birth_date"


def clients(*lines: str, header: str = HEADER, encoding: str = "utf-8") -> Roster:
    text = "\n".join((header, *lines)) + "\n"
    return read_roster(RosterKind.CLIENTS, text.encode(encoding))


def only_error(roster: Roster) -> LineError:
    (error,) = roster.errors
    return error


def ids(roster: Roster) -> list[str]:
    return [line.external_id for line in roster.lines]


def test_a_good_line_becomes_a_record() -> None:
    (line,) = clients(GOOD).lines
    assert isinstance(line, ClientLine)
    assert (line.line, line.external_id) == (2, "c1")
    assert (line.record.names[0].given, line.record.birth_date) == ("Anna", "1980-05-02")


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("A" * 201, "201 characters; at most 200"),
        ("A" * 10_000, "10000 characters"),
        ("An\x00na", "U+0000"),
        ("An\x07na", "U+0007"),
        ("An\u202ena", "U+202E"),
        ("An\u200bna", "U+200B"),
        ("=HYPERLINK(0)", "begin with ="),
        ("+1+2", "begin with +"),
        ("-2", "begin with -"),
        ("@SUM(A1)", "begin with @"),
        ("", "must not be empty"),
    ],
)
def test_a_bad_name_is_refused_and_its_neighbours_stand(cell: str, said: str) -> None:
    roster = clients(GOOD, f"c2,{cell},Berg,1980-05-02", "c3,Carl,Berg,1980")
    assert ids(roster) == ["c1", "c3"]
    error = only_error(roster)
    assert (error.line, error.field) == (3, "given_name")
    assert said in error.detail


@pytest.mark.parametrize(
    "day", ["1980-02-30", "02/05/1980", "1980-13", "0001-01-01", "2200", "19８0", "yesterday"]
)
def test_a_date_that_does_not_exist_is_refused_with_what_is_allowed(day: str) -> None:
    error = only_error(clients(GOOD, f"c2,Bo,Berg,{day}"))
    assert (error.line, error.field) == (3, "birth_date")
    assert "expected" in error.detail


def test_an_unknown_word_lists_the_allowed_ones() -> None:
    error = only_error(clients(f"{GOOD},robot", header=f"{HEADER},sex"))
    assert (error.field, error.allowed) == ("sex", ("female", "male", "other"))


def test_headers_ignore_case_blanks_and_the_byte_order_mark() -> None:
    roster = clients(
        GOOD, header="External ID,GIVEN_NAME,Family-Name, birth date ", encoding="utf-8-sig"
    )
    assert ids(roster) == ["c1"]
    assert not roster.warnings


def test_windows_1252_is_read_with_a_warning() -> None:
    roster = clients("c1,Zoë,Müller,1980", encoding="cp1252")
    (line,) = roster.lines
    assert isinstance(line, ClientLine)
    assert line.record.names[0].given == "Zoë"
    assert "Windows-1252" in roster.warnings[0].detail


def test_a_byte_that_no_encoding_knows_refuses_its_own_line() -> None:
    raw = f"{HEADER}\n{GOOD}\n".encode() + b"c2,Jos\xe9\x81,Berg,1980\n"
    roster = read_roster(RosterKind.CLIENTS, raw)
    assert ids(roster) == ["c1"]
    assert "U+FFFD" in only_error(roster).detail


def test_utf_16_is_refused_as_a_whole() -> None:
    with pytest.raises(FileRefused, match="UTF-16"):
        read_roster(RosterKind.CLIENTS, HEADER.encode("utf-16"))


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_found(delimiter: str) -> None:
    roster = clients(GOOD.replace(",", delimiter), header=HEADER.replace(",", delimiter))
    assert ids(roster) == ["c1"]


def test_a_declared_delimiter_is_taken_and_not_counted_as_a_header() -> None:
    raw = f"sep=;\r\n{HEADER.replace(',', ';')}\r\n{GOOD.replace(',', ';')}\r\n"
    roster = read_roster(RosterKind.CLIENTS, raw.encode())
    assert roster.lines[0].line == 3


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_numbers_are_those_of_an_editor(end: str) -> None:
    raw = end.join([HEADER, GOOD, "", '"c2","Bo\x07","Berg",1980', "c3,Cy,Berg,1980-99"])
    roster = read_roster(RosterKind.CLIENTS, raw.encode())
    assert [(error.line, error.field) for error in roster.errors] == [
        (4, "given_name"),
        (5, "birth_date"),
    ]


def test_an_unclosed_quotation_mark_refuses_one_line() -> None:
    roster = clients(GOOD, 'c2,"Bo,Berg,1980', "c3,Cy,Berg,1980", 'c4,"Di",Berg,1980')
    assert ids(roster) == ["c1", "c3", "c4"]
    assert only_error(roster).line == 3


def test_a_line_break_in_a_cell_is_one_refusal_and_forges_no_line() -> None:
    roster = clients(GOOD, 'c2,"Bo\nc9,Eve,Mallory,1980\n",Berg,1980', "c3,Cy,Berg,1980")
    assert ids(roster) == ["c1", "c3"]
    error = only_error(roster)
    assert error.line == 3
    assert "line break" in error.detail


@pytest.mark.parametrize("line", ["c2,Bo", "c2,Bo,Berg,1980,extra"])
def test_too_few_or_too_many_cells_are_refused(line: str) -> None:
    assert "cells" in only_error(clients(GOOD, line)).detail


def test_a_missing_column_refuses_the_file_and_names_the_known_ones() -> None:
    with pytest.raises(FileRefused) as caught:
        clients(GOOD, header="external_id,given_name,surname,birth_date")
    (error,) = caught.value.errors
    assert error.field == "family_name"
    assert "emergency_phone" in error.allowed


def test_a_column_named_twice_refuses_the_file() -> None:
    with pytest.raises(FileRefused, match="twice"):
        clients(GOOD, header="external_id,given_name,family_name,Given Name")


@pytest.mark.parametrize("raw", [b"", b"\n \n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_refused(raw: bytes) -> None:
    with pytest.raises(FileRefused, match="empty"):
        read_roster(RosterKind.CLIENTS, raw)


def test_an_unknown_column_is_named_and_not_read() -> None:
    roster = clients(GOOD, header="external_id,given_name,family_name,brith_date")
    (warning,) = roster.warnings
    assert warning.field == "brith_date"
    assert "Did you mean birth_date?" in warning.detail


def test_contacts_handles_and_former_names_are_read() -> None:
    header = (
        f"{HEADER},former_family_names,handles,phones,"
        "emergency_given_name,emergency_family_name,emergency_relation,emergency_phone"
    )
    roster = clients(
        f"{GOOD},Lind|Holm,linkedin:anna-b|instagram:@anna,+1 512 555 0100,Eva,Lind,mth,5125550101",
        header=header,
    )
    assert not roster.errors
    (line,) = roster.lines
    assert isinstance(line, ClientLine)
    assert [name.family for name in line.record.names] == ["Berg", "Lind", "Holm"]
    assert [handle.handle for handle in line.record.handles] == ["anna-b", "@anna"]
    assert (line.record.related[0].relation, line.record.related[0].phone) == ("MTH", "5125550101")


def test_licences_and_memberships_have_periods() -> None:
    header = "external_id;given_name;family_name;licences;memberships"
    cells = "t1;Dana;Ruiz;US-TX LPC Associate 2019-05 2027-05-31|US-OH LPCC;ACA 2015|NASW"
    (line,) = read_roster(RosterKind.CLINICIANS, f"{header}\n{cells}".encode()).lines
    assert isinstance(line, ClinicianLine)
    assert [(h.jurisdiction, h.name, h.valid_from, h.valid_to) for h in line.licences] == [
        ("US-TX", "LPC ASSOCIATE", "2019-05", "2027-05-31"),
        ("US-OH", "LPCC", None, None),
    ]
    assert [(held.name, held.valid_from) for held in line.memberships] == [
        ("ACA", "2015"),
        ("NASW", None),
    ]


@pytest.mark.parametrize(
    "licence", ["Texas LPC", "US-TX", "US-TX LPC 2019-02-30", "US-TX 2019 LPC"]
)
def test_a_licence_that_cannot_be_read_is_refused(licence: str) -> None:
    header = "external_id,given_name,family_name,licences"
    roster = read_roster(RosterKind.CLINICIANS, f"{header}\nt1,Dana,Ruiz,{licence}".encode())
    assert only_error(roster).field == "licences"


EPISODES = "external_id,client_id,clinician_id,began_on,terminated_on,termination_reason,is_open"


def episodes(line: str) -> Roster:
    return read_roster(RosterKind.EPISODES, f"{EPISODES}\n{line}".encode())


@pytest.mark.parametrize(
    ("line", "is_open"),
    [
        ("e1,c1,t1,2020-01,,,", True),
        ("e1,c1,t1,2020-01,2021-02-03,planned,", False),
        ("e1,c1,t1,2020-01,,,no", False),
        ("e1,c1,t1,,2021,Client choice,no", False),
    ],
)
def test_an_episode_is_open_unless_it_was_terminated(line: str, is_open: bool) -> None:
    (found,) = episodes(line).lines
    assert isinstance(found, EpisodeLine)
    assert found.values["is_open"] is is_open


@pytest.mark.parametrize(
    ("line", "column"),
    [
        ("e1,c1,t1,2020-01-02,2020-01-01,,", "terminated_on"),
        ("e1,c1,t1,2020,2021,,yes", "is_open"),
        ("e1,c1,t1,2020,2021,boredom,", "termination_reason"),
        ("e1,,t1,2020,,,", "client_id"),
    ],
)
def test_an_episode_that_contradicts_itself_is_refused(line: str, column: str) -> None:
    assert only_error(episodes(line)).field == column


@settings(max_examples=200)
@given(
    st.lists(st.lists(st.text(max_size=8), min_size=4, max_size=4), max_size=6), st.integers(0, 6)
)
def test_no_line_above_or_below_ever_hides_a_good_one(noise: list[list[str]], place: int) -> None:
    written = []
    for cells in noise:
        line = io.StringIO()
        csv.writer(line, lineterminator="").writerow(cells)
        written.append(line.getvalue())
    written.insert(place, GOOD)
    assert "c1" in ids(clients(*written))


@settings(max_examples=200)
@given(st.binary(max_size=400))
def test_any_bytes_below_the_header_leave_the_last_line_readable(noise: bytes) -> None:
    raw = f"{HEADER}\n".encode() + noise.replace(b'"', b"") + f"\n{GOOD}\n".encode()
    assert ids(read_roster(RosterKind.CLIENTS, raw))[-1] == "c1"
