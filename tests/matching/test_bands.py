"""When a match is a fact and when it is a question."""

from __future__ import annotations

import pytest

from policy_service.domain.people import PersonName, PersonRecord
from policy_service.matching import Band, Frequencies, Hypothesis, compare, default_model

FULL = PersonRecord((PersonName("Marta", "Kowalczyk"),), "1984-03-03", emails=("m@example.org",))


@pytest.mark.parametrize("birth_date", ["1984", "1984-03"])
def test_a_name_and_an_imprecise_birth_date_are_a_question(birth_date: str) -> None:
    stated = PersonRecord((PersonName("Marta", "Kowalczyk"),), birth_date)
    found = compare(FULL, stated, Frequencies(5000), default_model())
    assert (found.hypothesis, found.identity) == (Hypothesis.SELF, Band.PROBABLE)


def test_a_name_and_the_full_birth_date_are_a_fact() -> None:
    stated = PersonRecord((PersonName("Marta", "Kowalczyk"),), "1984-03-03")
    found = compare(FULL, stated, Frequencies(5000), default_model())
    assert (found.hypothesis, found.identity) == (Hypothesis.SELF, Band.CERTAIN)


def test_a_name_alone_is_never_more_than_thinkable() -> None:
    stated = PersonRecord((PersonName("Marta", "Kowalczyk"),))
    found = compare(FULL, stated, Frequencies(5000), default_model())
    assert found.identity in (Band.POSSIBLE, Band.WEAK)
