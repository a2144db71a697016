"""Several checks at once, and the pairs that changed, as the REST door reads and writes them."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from policy_service.api.schemas.acting import ActingQuerySchema
from policy_service.api.schemas.checks import CheckAnswerSchema, CheckRequestSchema
from policy_service.api.schemas.fields import Id, Strict, Text, Word
from policy_service.domain.standings import Advice
from policy_service.services.standing_changes import LARGEST_PAGE

MOST_CHECKS = 50
_KEY = validate.Regexp(
    r"^[\x20-\x7e]{1,200}\Z", error="1 to 200 printable ASCII characters are allowed."
)


class KeyedCheckSchema(CheckRequestSchema):
    """A check with an idempotency key of its own: the same key answers the same again."""

    key = fields.String(required=True, validate=_KEY)


class BatchRequestSchema(Strict):
    """Up to 50 checks. Each is decided, recorded and answered by itself."""

    checks = fields.List(
        fields.Nested(KeyedCheckSchema), required=True, validate=validate.Length(1, MOST_CHECKS)
    )

    @validates_schema
    def _keys_differ(self, value: dict[str, Any], **_: Any) -> None:
        keys = [one["key"] for one in value["checks"]]
        if len(set(keys)) < len(keys):
            raise ValidationError("Two checks have one key.", "checks")


class BatchAnswerLineSchema(Strict):
    """`answer` where the check was made (201, 202); else `problem`, as if it had come alone."""

    key = fields.String(required=True)
    status = fields.Integer(required=True)
    answer = fields.Nested(CheckAnswerSchema)
    problem = fields.Dict()


class BatchAnswerSchema(Strict):
    """One line a check, in the order asked."""

    answers = fields.List(fields.Nested(BatchAnswerLineSchema), required=True)


class ChangesQuerySchema(ActingQuerySchema):
    """From where to go on, and how many at most."""

    cursor = Text(longest=40)
    limit = fields.Integer(strict=False, validate=validate.Range(1, LARGEST_PAGE))


class StandingChangeSchema(Strict):
    """A pair whose standing is no longer what this EHR was told, and the standing of today."""

    check_id = Id(required=True)
    clinician_id = Id(required=True)
    clinician_external_id = fields.String(required=True, allow_none=True)
    client_id = Id(required=True)
    client_external_id = fields.String(required=True, allow_none=True)
    standing = Word(Advice, required=True)
    message = fields.String(required=True)


class ChangesSchema(Strict):
    """The changes after the cursor; a constant for those who may learn of nobody."""

    status = fields.String(required=True)
    changes = fields.List(fields.Nested(StandingChangeSchema))
    cursor = fields.String()
    more = fields.Boolean()
