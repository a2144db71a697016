"""JSON in pieces: the same entries as the standard library reads, or where it breaks off."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_service.importers.json_lists import LONGEST_ENTRY, BrokenOff, Listed, read_lists

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def entries(text: str) -> list[Listed]:
    return list(read_lists(io.StringIO(text)))


def broken(text: str) -> tuple[list[Any], BrokenOff]:
    found: list[Any] = []
    with pytest.raises(BrokenOff) as caught:
        found.extend(one.value for one in read_lists(io.StringIO(text)) if one.number)
    return found, caught.value


def values_before_the_break(text: str) -> tuple[list[Any], int]:
    found = []
    try:
        for one in read_lists(io.StringIO(text)):
            if one.number:
                found.append(one.value)
    except BrokenOff as fault:
        return found, fault.number
    return found, -1


@given(st.lists(VALUES, max_size=6), st.sampled_from([None, 0, 2]))
def test_a_list_gives_its_values(values: list[Any], indent: int | None) -> None:
    found = entries(json.dumps(values, indent=indent))
    assert found[0] == Listed("", 0)
    assert [one.value for one in found[1:]] == values
    assert [one.number for one in found] == list(range(len(values) + 1))


@given(st.dictionaries(st.text(), VALUES, max_size=5), st.booleans())
def test_an_object_gives_the_values_of_its_lists(members: dict[str, Any], plain: bool) -> None:
    found = entries(json.dumps(members, ensure_ascii=plain))
    told = [(one.key, one.value) for one in found if one.number]
    lists = {key: value for key, value in members.items() if isinstance(value, list)}
    assert told == [(key, value) for key, values in lists.items() for value in values]
    assert [one.key for one in found if not one.number] == list(lists)


@given(st.lists(st.fixed_dictionaries({"name": st.text()}), min_size=1), st.data())
def test_what_is_cut_off_gives_the_entries_before_the_cut(
    values: list[dict[str, str]], data: st.DataObject
) -> None:
    text = json.dumps({"friends": values})
    cut = text[: data.draw(st.integers(0, len(text) - 1))]
    found, number = values_before_the_break(cut)
    assert found == values[: len(found)]
    assert number >= 0


def test_lists_longer_than_any_buffer_are_read() -> None:
    values = [{"name": "A" * (number % 700)} for number in range(2_000)]
    assert [one.value for one in entries(json.dumps(values))[1:]] == values


def test_an_entry_of_the_longest_length_is_read_and_one_more_character_is_not() -> None:
    fits = "A" * (LONGEST_ENTRY - 2)
    assert entries(json.dumps([fits]))[1].value == fits
    found, fault = broken(json.dumps(["before", f"{fits}A", "after"]))
    assert (found, fault.number) == (["before"], 2)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        '{"a":' * 100_000,
        "[" + "1" * 5_000 + "]",
        '["\\ud8"]',
        '["a" "b"]',
        "[1,]",
        "{1: 2}",
        '{"a" 2}',
        "[1] [2]",
        "nonsense",
        "",
        "\0",
        '["a\nb"]',
    ],
)
def test_what_is_no_json_breaks_off_and_raises_nothing_else(text: str) -> None:
    broken(text)
