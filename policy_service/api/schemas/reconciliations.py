"""Reconciliations as the REST door reads and answers them."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from policy_service.api.schemas.acting import ActingQuerySchema
from policy_service.api.schemas.checks import ActingUserSchema
from policy_service.api.schemas.fields import Id, Moment, Strict, Text, Word
from policy_service.domain.outcomes import Outcome
from policy_service.domain.standings import Advice, Standing
from policy_service.domain.vocabulary import PURPOSES
from policy_service.services.ehr_answers import AnswerKind
from policy_service.services.reconciliations import LONGEST_PAGE, MOST_LISTED
from policy_service.services.stored_responses import LONGEST_KEY

_NAMES = ("key", "id", "external_id")


class AnswerListedSchema(Strict):
    """One thing you asked and when: by its Idempotency-Key, by the id of the record you hold, or
    by your own id of the client."""

    at = Moment(required=True)
    key = Text(longest=LONGEST_KEY)
    id = Id()
    external_id = Text(longest=100)

    @validates_schema
    def _one_name(self, value: dict[str, Any], **_: Any) -> None:
        if sum(name in value for name in _NAMES) != 1:
            raise ValidationError(f"Give exactly one of {', '.join(_NAMES)}.")


class AnswersListedSchema(Strict):
    """What you asked in a time. Without `since` and `until`: the time your lines span."""

    listed = fields.List(
        fields.Nested(AnswerListedSchema), required=True, validate=validate.Length(0, MOST_LISTED)
    )
    since = Moment()
    until = Moment()
    acting_user = fields.Nested(ActingUserSchema)


class ReconciledQuerySchema(ActingQuerySchema):
    """`cursor` is the next_cursor of the page before."""

    cursor = Id()
    limit = fields.Integer(load_default=LONGEST_PAGE, validate=validate.Range(1, LONGEST_PAGE))


class AnswerGivenSchema(Strict):
    """A record made for you: how much of it there is depends on who asks."""

    kind = Word(AnswerKind, required=True)
    id = Id(required=True)
    at = fields.String(required=True)
    status = fields.String(required=True)
    receipt = fields.String()
    erased = fields.Boolean()
    mode = Word(("silent",))
    standing = Word((*Standing, *Advice))
    message = fields.String()
    clinician_id = Id()
    client_id = Id()
    purpose = Word(PURPOSES)
    outcome = Word(Outcome)
    could_become = Word(Outcome)
    complete = fields.Boolean()


class ReconciledLineSchema(Strict):
    """Your line again. `unknown`: it never reached us, ask now; `known`: these are its records."""

    at = fields.String(required=True)
    key = fields.String()
    id = Id()
    external_id = fields.String()
    found = Word(("known", "unknown"), required=True)
    message = fields.String()
    answers = fields.List(fields.Nested(AnswerGivenSchema), required=True)


class ReconciledCountsSchema(Strict):
    """Lines listed, those of them known and those that never reached us; records not listed."""

    listed = fields.Integer(required=True)
    known = fields.Integer(required=True)
    never_reached = fields.Integer(required=True)
    not_received = fields.Integer(required=True)


class ReconciledPageSchema(Strict):
    """Answers that never reached you, the oldest first, a page at a time."""

    id = Id(required=True)
    at = fields.String(required=True)
    status = fields.String(required=True)
    receipt = fields.String(required=True)
    since = fields.String(required=True)
    until = fields.String(required=True)
    counts = fields.Nested(ReconciledCountsSchema, required=True)
    not_received = fields.List(fields.Nested(AnswerGivenSchema), required=True)
    next_cursor = Id(required=True, allow_none=True)


class ReconciledSchema(ReconciledPageSchema):
    """The same, with what became of each line."""

    listed = fields.List(fields.Nested(ReconciledLineSchema), required=True)
