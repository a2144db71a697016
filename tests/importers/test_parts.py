"""Encodings told from the bytes, lines as an editor counts them."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_service.importers.delimited import LONGEST_LINE
from policy_service.importers.parts import Budget, Limits, Part, inspect
from tests.importers.reading import export, read

HEADER = "First Name,Last Name,URL,Email Address,Company,Position,Connected On\n"


def part(raw: bytes) -> Part:
    return inspect("a.txt", lambda: io.BytesIO(raw), Budget(Limits()))


@pytest.mark.parametrize(
    ("raw", "encoding"),
    [
        (b"", "utf-8-sig"),
        (b"plain", "utf-8-sig"),
        ("Tøye".encode(), "utf-8-sig"),
        ("Tøye".encode("utf-8-sig"), "utf-8-sig"),
        ("Tøye".encode("utf-16"), "utf-16"),
        ("Anna Berg".encode("utf-16-le"), "utf-16-le"),
        ("Anna Berg".encode("utf-16-be"), "utf-16-be"),
        ("Tøye Bergström".encode("cp1252"), "cp1252"),
    ],
)
def test_the_encoding_is_told_from_the_bytes(raw: bytes, encoding: str) -> None:
    assert part(raw).encoding == encoding


def test_a_character_on_the_border_of_two_chunks_is_whole() -> None:
    raw = b"A" * ((1 << 16) - 1) + "ø".encode() + b"A"
    assert part(raw).encoding == "utf-8-sig"


def test_windows_1252_is_read_with_a_warning() -> None:
    found = read("c.csv", f"{HEADER}Tøye,Bergström,,,,,15 Mar 2024\n".encode("cp1252"))
    assert found.names() == ["Tøye Bergström"]
    (note,) = found.notes
    assert "Windows-1252" in note.detail


def test_a_damaged_place_in_utf8_refuses_its_own_line_and_garbles_no_other() -> None:
    good = f"{HEADER}Tøye,Bergström,,,,,15 Mar 2024\n".encode()
    found = read("c.csv", good + b"An\xf8na,Berg,,,,,15 Mar 2024\n")
    assert found.names() == ["Tøye Bergström"]
    assert [(refused.line, refused.field) for refused in found.dropped] == [(3, "First Name")]
    assert "not UTF-8" in found.notes[0].detail


@given(st.lists(st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]))))
def test_lines_are_the_files_own(lines: list[str]) -> None:
    text = "".join(f"{line}\r\n" for line in lines)
    found = Part("a", lambda: io.BytesIO(text.encode()), "utf-8").lines()
    assert [line.removesuffix("\r\n") for line in found] == lines


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_a_line_without_end_is_cut_and_refused_by_itself(end: str) -> None:
    endless = "A" * (3 * LONGEST_LINE)
    text = f"{HEADER}Anna,Berg,,,,,\n{endless},Boe,,,,,\nCarl,Coe,,,,,\n".replace("\n", end)
    found = read("c.csv", text)
    assert found.names() == ["Anna Berg", "Carl Coe"]
    (refused,) = found.dropped
    assert refused.line == 3
    assert f"longer than {LONGEST_LINE}" in refused.detail


def test_the_same_part_opens_again_and_again() -> None:
    one = part(export("facebook_friends_v1.json"))
    assert one.text().read() == one.text().read() != ""
