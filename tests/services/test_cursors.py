"""Cursors: what was written is read back, and nothing else is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_service.errors import InvalidRequest
from policy_service.services.cursors import Place, read_cursor, write_cursor
from policy_service.vault.keys import Key, Purpose

SECRET, OTHER = (Key(bytes([n]) * 32).derive(Purpose.CURSOR) for n in (1, 2))
PLACES = st.builds(Place, after=st.integers(-1, 2**62), size=st.integers(0, 2**62))


@given(PLACES, st.binary(max_size=40))
def test_a_cursor_reads_back(place: Place, question: bytes) -> None:
    assert read_cursor(SECRET, write_cursor(SECRET, place, question), question) == place


@given(PLACES, st.binary(max_size=40), st.binary(max_size=40))
def test_a_cursor_is_for_one_practice_and_one_question(
    place: Place, question: bytes, other: bytes
) -> None:
    text = write_cursor(SECRET, place, question)
    with pytest.raises(InvalidRequest):
        read_cursor(OTHER, text, question)
    if other != question:
        with pytest.raises(InvalidRequest):
            read_cursor(SECRET, text, other)


@given(PLACES, st.integers(0, 10**6), st.sampled_from("AZaz09-_=+/ é\x00"))
def test_a_changed_cursor_is_refused(place: Place, where: int, character: str) -> None:
    text = write_cursor(SECRET, place, b"")
    where %= len(text)
    changed = text[:where] + character + text[where + 1 :]
    if changed != text:
        with pytest.raises(InvalidRequest):
            read_cursor(SECRET, changed, b"")


@given(st.text(max_size=80))
def test_an_invented_cursor_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest):
        read_cursor(SECRET, text, b"")
