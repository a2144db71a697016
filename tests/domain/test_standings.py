"""What a front desk is told."""

from __future__ import annotations

import pytest

from policy_service.domain.outcomes import Outcome
from policy_service.domain.standings import MESSAGES, Advice, Standing, advise


@pytest.mark.parametrize("outcome", list(Outcome))
@pytest.mark.parametrize("standing", list(Standing))
def test_care_in_an_emergency_is_never_held_up(outcome: Outcome, standing: Standing) -> None:
    assert advise(outcome, standing, "emergency") is Advice.PROCEED


@pytest.mark.parametrize(
    ("outcome", "standing", "advice"),
    [
        (Outcome.NO_FINDING, Standing.NONE, Advice.PROCEED),
        (Outcome.MONITOR, Standing.NONE, Advice.PROCEED),
        (Outcome.DELIBERATE, Standing.IN_REVIEW, Advice.HOLD_FOR_REVIEW),
        (Outcome.DELIBERATE, Standing.NONE, Advice.HOLD_FOR_REVIEW),
        (Outcome.DELIBERATE, Standing.ACCEPTED_WITH_CONDITIONS, Advice.PROCEED),
        (Outcome.DELIBERATE, Standing.DECLINED, Advice.CHOOSE_ANOTHER_CLINICIAN),
        (Outcome.PROHIBIT, Standing.IN_REVIEW, Advice.CHOOSE_ANOTHER_CLINICIAN),
        (Outcome.PROHIBIT, Standing.NONE, Advice.CHOOSE_ANOTHER_CLINICIAN),
        (Outcome.PROHIBIT, Standing.OVERRIDDEN, Advice.PROCEED),
    ],
)
def test_advice_follows_outcome_and_standing(
    outcome: Outcome, standing: Standing, advice: Advice
) -> None:
    assert advise(outcome, standing, "intake") is advice


def test_every_advice_has_a_sentence_that_names_nobody_and_nothing() -> None:
    assert set(MESSAGES) == set(Advice)
    for words in ("conflict", "relative", "ethic", "therapist", "finding"):
        assert not any(words in message.lower() for message in MESSAGES.values())
