"""Erasures and legal holds as the REST door reads and writes them."""

from __future__ import annotations

from marshmallow import Schema, fields

from policy_service.api.schemas.checks import ActingUserSchema
from policy_service.api.schemas.fields import Id, Strict, Text, Word
from policy_service.domain.erasures import BlockKind, ErasureState, Ground


class ErasureFormSchema(Strict):
    """Whom to erase and on what ground. `also`: other records of the same person."""

    client_id = Id(required=True)
    ground = Word(Ground, required=True)
    also = fields.List(Id(), load_default=list)
    acting_user = fields.Nested(ActingUserSchema, required=True)


class HoldFormSchema(Strict):
    """Whom to hold and why; the reason is sealed under the person's key."""

    client_id = Id(required=True)
    reason = Text(longest=1000, required=True)
    acting_user = fields.Nested(ActingUserSchema, required=True)


class LiftingSchema(Strict):
    """Why the hold is lifted."""

    reason = Text(longest=1000, required=True)
    acting_user = fields.Nested(ActingUserSchema, required=True)


class BlockSchema(Schema):
    """What forbids the erasure; `until` is the first day without it, null where nobody knows."""

    kind = Word(BlockKind, required=True)
    until = fields.String(required=True, allow_none=True)


class ErasureSchema(Schema):
    """An erasure as it stands."""

    id = Id(required=True)
    state = Word(ErasureState, required=True)
    ground = Word(Ground, required=True)
    asked_at = fields.String(required=True)
    blocks = fields.List(fields.Nested(BlockSchema), required=True)


class LikelySchema(Schema):
    """A record that is likely of the same person: name it in `also` if it is."""

    person_id = Id(required=True)
    band = fields.String(required=True)
    kept = fields.String(required=True)


class PlanSchema(Schema):
    """What an erasure would take, and what blocks it."""

    client_id = Id(required=True)
    records = fields.Integer(required=True)
    counts = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    blocks = fields.List(fields.Nested(BlockSchema), required=True)
    last_day = fields.String(required=True, allow_none=True)
    floor_years = fields.Integer(required=True)
    likely_same = fields.List(fields.Nested(LikelySchema), required=True)
