"""What an EHR reports of a check, as the REST door reads it."""

from __future__ import annotations

from marshmallow import fields

from policy_service.api.schemas.fields import Moment, Strict, Text, Word
from policy_service.domain.feedback import CHECK_OUTCOMES


class ReasonCodingSchema(Strict):
    """A code of an override-reason system."""

    system = Text(longest=200)
    code = Text(longest=100, required=True)
    display = Text()


class OverrideReasonSchema(Strict):
    """Why the answer was not followed: a code, a comment, or both."""

    reason = fields.Nested(ReasonCodingSchema)
    userComment = Text(longest=2000)


class CheckFeedbackSchema(Strict):
    """What became of the step: the words of CDS Hooks, and booked or cancelled.

    `by` is the EHR's login of whoever did it, `appointment` the EHR's own id of the booking.
    """

    outcome = Word(CHECK_OUTCOMES, required=True)
    outcomeTimestamp = Moment(required=True)
    overrideReason = fields.Nested(OverrideReasonSchema)
    by = Text(longest=100)
    appointment = Text(longest=100)


class FeedbackReceivedSchema(Strict):
    """`kept` is false where the same report came before."""

    status = fields.String(required=True)
    kept = fields.Boolean(required=True)
