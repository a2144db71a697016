"""Free-text kinship: known words map to the vocabulary, unknown ones stay a question."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_service.domain.relation_words import (
    UNKNOWN_RELATION,
    _single_letters,
    _words,
    relation_code,
    stated_relation,
)
from policy_service.domain.ties import TIE_KINDS, TieCategory, tie_kind

TYPED = {
    "brother": "BRO",
    "  Brother ": "BRO",
    "SISTER": "SIS",
    "sibling": "SIB",
    "sibbling": "SIB",
    "siblling": "SIB",
    "hermano": "BRO",
    "Hermano": "BRO",
    "mother-in-law": "MTHINLAW",
    "Mother in law": "MTHINLAW",
    "ex-husband": "FMRSPS",
    "co-worker": "colleague",
    "room mate": "ROOM",
}
UNKNOWN = ("second cousin twice removed", "marido de mi prima", "??", "bro ther", "none", "n/a")


@pytest.mark.parametrize("text", TYPED)
def test_words_as_people_type_them_are_understood(text: str) -> None:
    assert stated_relation(text) == TYPED[text]


@pytest.mark.parametrize("text", UNKNOWN)
def test_words_nobody_knows_are_a_relation_of_any_degree(text: str) -> None:
    assert relation_code(text) == ""
    assert stated_relation(text) == UNKNOWN_RELATION


def test_the_unknown_relation_is_a_tie_of_open_degree_and_never_none() -> None:
    kind = tie_kind(UNKNOWN_RELATION)
    assert kind.category is TieCategory.RELATIVE
    assert kind.degrees is not None
    assert kind.degrees[0] < kind.degrees[1]


@given(st.text(max_size=60))
def test_whatever_is_typed_is_read_as_some_tie(text: str) -> None:
    assert stated_relation(text) in TIE_KINDS


def test_forgiving_a_doubled_letter_joins_no_two_kinds() -> None:
    folded: dict[str, set[str]] = {}
    for word, code in _words().items():
        folded.setdefault(_once(word), set()).add(code)
    assert {word: codes for word, codes in folded.items() if len(codes) > 1} == {}
    assert folded.keys() == _single_letters().keys()


def test_a_code_is_never_read_as_its_neighbour() -> None:
    assert (stated_relation("GGRPRN"), stated_relation("grprn")) == ("GGRPRN", "GRPRN")


def _once(word: str) -> str:
    return "".join(letter for letter, _ in itertools.groupby(word))
