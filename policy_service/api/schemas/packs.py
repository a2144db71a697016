"""Packs as they come in and as they are told."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from policy_service.api.schemas.fields import Id, Strict, Text, Word
from policy_service.policy.files import MAX_FILES
from policy_service.services.pack_activation import LONGEST_REASON
from policy_service.services.packs import Mode

_DIGEST = validate.Regexp(r"^[0-9a-f]{64}$", error="A SHA-256 digest in lower-case hex.")
_ANYTHING: dict[str, Any] = {"type": "object", "additionalProperties": True}


class PackUploadSchema(Strict):
    """A pack as its files by name (README.md among them), or as its document with a rationale."""

    files = fields.Dict(
        keys=fields.String(validate=validate.Length(1, 80)),
        values=fields.String(),
        validate=validate.Length(1, MAX_FILES),
    )
    document = fields.Dict(keys=fields.String(), values=fields.Raw())
    rationale = fields.String()
    digest = fields.String(validate=_DIGEST)

    @validates_schema
    def _one_of_both(self, body: dict[str, Any], **_: Any) -> None:
        if ("files" in body) is ("document" in body):
            raise ValidationError("Exactly one of files and document is expected.")


class PackLineSchema(Schema):
    """Which pack, in which state; nothing of what it says."""

    digest = fields.String(required=True)
    pack = fields.String(required=True)
    version = fields.String(required=True)
    title = fields.String(required=True)
    layer = fields.String(required=True)
    state = Word(("active", "shadow", "available", "former"), required=True)
    is_shipped = fields.Boolean(required=True)
    rules_in_force = fields.Integer(required=True)
    rules_draft = fields.Integer(required=True)


class ShelfSchema(Schema):
    """`number` is the newest activation; 0: the packs that ship with the software bind."""

    number = fields.Integer(required=True)
    packs = fields.List(fields.Nested(PackLineSchema), required=True)


class StoredPackSchema(Schema):
    """What was stored; it binds nobody yet."""

    digest = fields.String(required=True)
    pack = fields.String(required=True)
    version = fields.String(required=True)


class ComparisonQuerySchema(Strict):
    """What putting the pack in use as `mode` would change."""

    mode = Word(Mode, load_default=Mode.ACTIVE.value)


class PackComparisonSchema(Schema):
    """What would change, what is proved, and what that loosens."""

    digest = fields.String(required=True)
    mode = fields.String(required=True)
    replaces = fields.String(required=True, allow_none=True)
    loosens = fields.List(fields.String(), required=True)
    needs_second_person = fields.Boolean(required=True)
    forbidden = fields.String(required=True)
    comparison = fields.Raw(required=True, allow_none=True, metadata=_ANYTHING)
    certificate = fields.Raw(required=True, allow_none=True, metadata=_ANYTHING)


class ProposalFormSchema(Strict):
    """What to ask an officer for."""

    mode = Word(Mode, load_default=Mode.ACTIVE.value)
    reason = Text(longest=LONGEST_REASON, required=True)


class ProposalSchema(Schema):
    """It waits for an officer; what it would loosen needs a second one."""

    status = Word(("waiting",), required=True)
    proposal_id = Id(required=True)
    loosens = fields.List(fields.String(), required=True)


class ReplayFormSchema(Strict):
    """Outcomes alone, or whole decision bodies byte for byte."""

    with_digests = fields.Boolean(load_default=False)


class OrderedReplaySchema(Schema):
    """It was queued."""

    id = Id(required=True)
    status = Word(("queued",), required=True)


class OutcomeLineSchema(Schema):
    """How many decisions went from one outcome to another."""

    old = fields.String(required=True)
    new = fields.String(required=True)
    decisions = fields.Integer(required=True)


class PackReplaySchema(Schema):
    """Counts only: which decisions they are is for officers, in the console."""

    id = Id(required=True)
    status = Word(("queued", "finished"), required=True)
    digest = fields.String(required=True)
    with_digests = fields.Boolean(required=True)
    decisions = fields.Integer()
    changed = fields.Integer()
    unaffected = fields.Integer()
    erased = fields.Integer()
    cannot_tell = fields.Integer()
    table = fields.List(fields.Nested(OutcomeLineSchema))
