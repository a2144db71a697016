"""Standing: what the practice decided about a question, and what a front desk may be told."""

from __future__ import annotations

from enum import StrEnum

from policy_service.domain.outcomes import Outcome


class Standing(StrEnum):
    """What the practice decided. A disposition never lowers the outcome; it changes this."""

    NONE = "none"
    IN_REVIEW = "in_review"
    ACCEPTED_WITH_CONDITIONS = "accepted_with_conditions"
    DECLINED = "declined"
    OVERRIDDEN = "overridden"


class Advice(StrEnum):
    """What intake is told, and all that it is told."""

    PROCEED = "proceed"
    HOLD_FOR_REVIEW = "hold for review"
    CHOOSE_ANOTHER_CLINICIAN = "choose another clinician"


class Availability(StrEnum):
    """What a screening says of one clinician: advice, put as an answer to "who can take this?"."""

    AVAILABLE = "available"
    NEEDS_REVIEW = "needs review"
    NOT_AVAILABLE = "not available"


NO_PURPOSE = "booking"
"""Flags and notices stand outside any check: the advice is that for a routine step."""

AVAILABILITY = {
    Advice.PROCEED: Availability.AVAILABLE,
    Advice.HOLD_FOR_REVIEW: Availability.NEEDS_REVIEW,
    Advice.CHOOSE_ANOTHER_CLINICIAN: Availability.NOT_AVAILABLE,
}

MESSAGES = {
    Advice.PROCEED: "Recorded. Nothing stands in the way of this step.",
    Advice.HOLD_FOR_REVIEW: "Recorded. Please wait for the practice's review before this step.",
    Advice.CHOOSE_ANOTHER_CLINICIAN: "Recorded. Please choose another clinician for this client.",
}
"""Sentences safe to show at a front desk: they depend on the advice alone."""


def advise(outcome: Outcome, standing: Standing, purpose: str) -> Advice:
    """What a front desk should do. Care in an emergency is never held up."""
    if purpose == "emergency":
        return Advice.PROCEED
    if standing is Standing.DECLINED:
        return Advice.CHOOSE_ANOTHER_CLINICIAN
    if standing in (Standing.ACCEPTED_WITH_CONDITIONS, Standing.OVERRIDDEN):
        return Advice.PROCEED
    if outcome is Outcome.PROHIBIT:
        return Advice.CHOOSE_ANOTHER_CLINICIAN
    if outcome is Outcome.DELIBERATE:
        return Advice.HOLD_FOR_REVIEW
    return Advice.PROCEED
