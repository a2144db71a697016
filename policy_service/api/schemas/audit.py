"""The audit log as the REST door gives it."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from policy_service.api.schemas.fields import Id, Moment, Strict, Text, Token
from policy_service.services.audit_reading import LARGEST_PAGE

_SIZE = validate.Range(1, 2**53 - 1)


class EntryFilterSchema(Strict):
    """Which entries. All that are given must hold."""

    actor = Token()
    action = Token()
    subject = Id(description="A pseudonym, or the id of a client, clinician or person.")
    outcome = Token()
    since = Moment()
    until = Moment()

    @validates_schema
    def _in_order(self, value: dict[str, Any], **_: Any) -> None:
        if "since" in value and "until" in value and value["since"] >= value["until"]:
            raise ValidationError("A time after since is expected.", "until")


class EntryPageQuerySchema(EntryFilterSchema):
    """A page of them."""

    cursor = Text(longest=200)
    limit = fields.Integer(strict=False, validate=validate.Range(1, LARGEST_PAGE))


class LeafSchema(Strict):
    """Leaf v1. Its canonical JSON (RFC 8785) is what `leaf_hash` is the RFC 6962 leaf hash of."""

    v = fields.Integer(required=True)
    id = Id(required=True)
    action = fields.String(required=True)
    at = fields.String(required=True)
    practice = fields.String(required=True)
    actor_ref = fields.String(required=True, allow_none=True)
    subject_refs = fields.List(fields.String(), required=True)
    outcome = fields.String(required=True, allow_none=True)
    packs = fields.List(fields.String(), required=True)
    semantics = fields.Integer(required=True, allow_none=True)
    model = fields.String(required=True, allow_none=True)
    _sd_alg = fields.String(required=True)
    _sd = fields.List(fields.String(), required=True)


class EntrySchema(Strict):
    """An entry and its place in the tree."""

    index = fields.Integer(required=True)
    leaf_hash = fields.String(required=True, metadata={"description": "Hexadecimal."})
    entry = fields.Nested(LeafSchema, required=True)


class EntryPageSchema(Strict):
    """Entries in tree order. The listing ends at the size the log had when it began."""

    entries = fields.List(fields.Nested(EntrySchema), required=True)
    size = fields.Integer(required=True)
    next = fields.String(
        required=True, allow_none=True, metadata={"description": "The next page's cursor."}
    )


class CheckpointQuerySchema(Strict):
    """Which head."""

    cosigned = fields.Boolean()


class ConsistencyQuerySchema(Strict):
    """Two sizes of the log; `to` is the newest one unless given."""

    from_ = fields.Integer(required=True, data_key="from", validate=_SIZE)
    to = fields.Integer(validate=_SIZE)


class ConsistencySchema(Strict):
    """RFC 9162 section 2.1.4: the hashes in standard base64, and the newest signed checkpoint."""

    from_ = fields.Integer(required=True, data_key="from")
    to = fields.Integer(required=True)
    proof = fields.List(fields.String(), required=True)
    checkpoint = fields.String(required=True)
