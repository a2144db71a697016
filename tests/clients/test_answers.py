"""What an answer comes to is what the service itself tells a front desk; the rest is pending."""

from __future__ import annotations

import json
from itertools import product
from typing import Any

import pytest
from boundary_policy_client.answers import Standing, read_answer, standing_of
from hypothesis import given
from hypothesis import strategies as st

from policy_service.domain import standings
from policy_service.domain.outcomes import Outcome
from policy_service.domain.vocabulary import PURPOSES

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
WORDS = ["id", "at", "status", "standing", "outcome", "purpose", "mode", "message", "receipt"]


@pytest.mark.parametrize(
    ("outcome", "standing", "purpose"),
    list(product(Outcome, standings.Standing, PURPOSES)),
    ids=str,
)
def test_a_full_answer_comes_to_what_the_service_advises(
    outcome: Outcome, standing: standings.Standing, purpose: str
) -> None:
    body = {"outcome": outcome.value, "standing": standing.value, "purpose": purpose}
    assert standing_of(body) == standings.advise(outcome, standing, purpose).value


@pytest.mark.parametrize("advice", standings.Advice)
def test_a_brief_answer_is_taken_by_its_word(advice: standings.Advice) -> None:
    assert standing_of({"standing": advice.value}) == advice.value


@given(body=st.dictionaries(st.sampled_from(WORDS), JSON | st.sampled_from(["recorded", "clear"])))
def test_nothing_but_the_words_of_the_interface_lets_a_step_proceed(body: dict[str, Any]) -> None:
    answer = read_answer("k", json.dumps(body).encode())
    assert not answer.may_proceed
    assert answer.standing in (Standing.PENDING_REVIEW, Standing.RECORDED, Standing.SILENT)


@given(raw=st.binary())
def test_no_bytes_let_a_step_proceed_unless_they_say_so(raw: bytes) -> None:
    assert read_answer("k", raw).is_pending


def test_a_system_on_trial_is_told_nothing() -> None:
    said = {"id": "x", "status": "recorded", "mode": "silent"}
    answer = read_answer("k", json.dumps(said).encode())
    assert (answer.standing, answer.may_proceed) == (Standing.SILENT, False)


def test_an_erased_answer_is_found_and_says_nothing() -> None:
    said = {"id": "x", "status": "recorded", "erased": True}
    answer = read_answer("k", json.dumps(said).encode())
    assert (answer.id, answer.is_pending) == ("x", True)
