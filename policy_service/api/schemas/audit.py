"""The audit log as the REST door gives it."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from policy_service.api.schemas.fields import Id, Moment, Strict, Text, Token
from policy_service.audit.receipts import MOST_NAMED, Judgement
from policy_service.services.audit_reading import LARGEST_PAGE
from policy_service.services.audit_tail import LARGEST_TAIL

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


class TailQuerySchema(EntryFilterSchema):
    """What to follow, and from where."""

    after = fields.Integer(strict=False, validate=validate.Range(-1, 2**53 - 1))
    limit = fields.Integer(strict=False, validate=validate.Range(1, LARGEST_TAIL))


class JudgedReceiptSchema(Strict):
    """One line that does not match."""

    line = fields.Integer(required=True, metadata={"description": "Counted from 1."})
    judgement = fields.String(
        required=True, validate=validate.OneOf([one.value for one in Judgement])
    )
    id = Id(required=True, allow_none=True)
    detail = fields.String(required=True)


class ReconciliationSchema(Strict):
    """How receipts compare with the log."""

    verdict = fields.String(
        required=True,
        validate=validate.OneOf(["ok", "alarm", "cannot_tell"]),
        metadata={
            "description": "alarm: a decision that was acknowledged is gone or altered. "
            "cannot_tell: some lines cannot be judged or wait for their place, or there is none."
        },
    )
    counts = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    lines = fields.List(
        fields.Nested(JudgedReceiptSchema),
        required=True,
        metadata={"description": f"At most {MOST_NAMED}, alarms before others."},
    )
    left_out = fields.Integer(required=True)


class KeysSchema(Strict):
    """Verifier keys as C2SP signed notes write them: name, key id, base64 of the key."""

    log = fields.String(required=True, metadata={"description": "Signs checkpoints."})
    receipts = fields.List(
        fields.String(),
        required=True,
        metadata={"description": "Sign or signed receipts; the newest first."},
    )
