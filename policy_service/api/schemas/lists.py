"""Pages of a list, acknowledgements and reasons, as many resources use them."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from policy_service.api.schemas.fields import Id, Strict, Text
from policy_service.services.paging import LONGEST_PAGE, USUAL_PAGE


class PageQuerySchema(Strict):
    """`cursor` is the next_cursor of the page before."""

    limit = fields.Integer(
        load_default=USUAL_PAGE, validate=validate.Range(1, LONGEST_PAGE), metadata={"example": 50}
    )
    cursor = Id()
    external_id = Text(longest=100)


class PageSchema(Schema):
    """What every page has beside its items."""

    next_cursor = Id(required=True, allow_none=True)


class RecordedSchema(Schema):
    """The change is recorded; nothing more is said."""

    id = Id(required=True)
    at = fields.String(required=True)
    status = fields.String(required=True)


class ReasonSchema(Strict):
    """Why something is taken back; a person will read it."""

    reason = Text(longest=200, required=True)
