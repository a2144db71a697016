"""Evidence bundles as the REST door takes them."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from policy_service.api.schemas.audit import EntryFilterSchema
from policy_service.api.schemas.fields import Id, Strict, Text, Token
from policy_service.api.schemas.releases import RecipientSchema

MOST_IDS = 1000
ALL = "all"
_PLACE = validate.Range(0, 2**53 - 1)
_WAYS = ("entries", "ids", "first")


class BundleOrderSchema(Strict):
    """Which entries, what of them is opened, and what for. Nothing chosen: the whole log."""

    first = fields.Integer(
        validate=_PLACE, metadata={"description": "A range of the log: its first entry."}
    )
    last = fields.Integer(
        validate=_PLACE, metadata={"description": "Its last entry; the newest unless given."}
    )
    ids = fields.List(Id(), validate=validate.Length(1, MOST_IDS))
    entries = fields.Nested(
        EntryFilterSchema, metadata={"description": "Entries that match: an incomplete bundle."}
    )
    open = fields.List(
        Token(),
        validate=validate.Length(max=40),
        metadata={
            "description": "Families of groups to open, such as care, events, accounts, no_tie, "
            f"tie, identity, request and decision, or {ALL}. Absent: leaves and proofs alone. "
            "Opening needs the scope decision.full as well."
        },
    )
    purpose = Text(longest=1000, required=True)
    recipient = fields.Nested(
        RecipientSchema,
        metadata={"description": "Somebody outside: recorded as a release."},
    )
    previous = fields.String(
        validate=validate.Length(1, 20_000),
        metadata={"description": "A checkpoint you kept, from which the bundle shall continue."},
    )

    @validates_schema
    def _one_way(self, value: dict[str, Any], **_: Any) -> None:
        ways = [way for way in _WAYS if way in value]
        if len(ways) > 1:
            raise ValidationError(f"Choose in one way: {', '.join(_WAYS)}.", ways[-1])
        if "last" in value and "first" not in value:
            raise ValidationError("Goes with first.", "last")
