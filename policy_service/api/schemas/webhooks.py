"""Webhook endpoints, deliveries and notices as the REST door reads and writes them."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from policy_service.api.schemas.fields import Id, Strict, Text, Word
from policy_service.api.schemas.screenings import FlagSchema
from policy_service.domain.notices import TOLD, About, DeliveryState, Detail, NoticeKind, Pause
from policy_service.domain.standings import Advice

_URL = {"format": "uri", "example": "https://ehr.example/hooks/boundary"}


class EndpointFormSchema(Strict):
    """An address to tell. `kinds` empty: all that `tells` allows."""

    name = Text(required=True)
    url = Text(longest=2000, required=True, metadata=_URL)
    tells = Word(Detail, load_default=Detail.BRIEF.value)
    kinds = fields.List(Word(TOLD), load_default=list, validate=validate.Length(max=len(TOLD)))


class EndpointChangeSchema(EndpointFormSchema):
    """The whole endpoint as it is to be. `version` is the one that was read."""

    version = fields.Integer(required=True, strict=True, validate=validate.Range(1, 2**31 - 1))


class EndpointSchema(Schema):
    """An endpoint as it stands; never its secrets."""

    id = Id(required=True)
    name = fields.String(required=True)
    url = fields.String(required=True)
    tells = Word(Detail, required=True)
    kinds = fields.List(Word(TOLD), required=True)
    version = fields.Integer(required=True)
    created_at = fields.String(required=True)
    paused_at = fields.String(required=True, allow_none=True)
    paused_why = Word(Pause, required=True, allow_none=True)
    failing_since = fields.String(required=True, allow_none=True)


class NewEndpointSchema(EndpointSchema):
    """A new endpoint with its secret, which is never shown again."""

    secret = fields.String(required=True)


class EndpointsSchema(Schema):
    """All endpoints, by name."""

    endpoints = fields.List(fields.Nested(EndpointSchema), required=True)


class SecretSchema(Schema):
    """A new secret, never shown again; until `previous_until` the one before signs as well."""

    id = Id(required=True)
    secret = fields.String(required=True)
    previous_until = fields.String(required=True)


class DeliveryQuerySchema(Strict):
    """Which deliveries, the newest first. `cursor` is the next_cursor of the page before."""

    state = Word(DeliveryState)
    cursor = Id()


class DeliverySchema(Schema):
    """One event for one endpoint. `status` is the HTTP status of the last attempt, `said` the class
    of what kept an answer away; what the other side wrote is never kept."""

    id = Id(required=True)
    notice_id = Id(required=True)
    type = Word(NoticeKind, required=True)
    at = fields.String(required=True)
    state = Word(DeliveryState, required=True)
    attempts = fields.Integer(required=True)
    due_at = fields.String(required=True, allow_none=True)
    tried_at = fields.String(required=True, allow_none=True)
    status = fields.Integer(required=True, allow_none=True)
    said = fields.String(required=True, allow_none=True)


class DeliveryPageSchema(Schema):
    """A page of deliveries."""

    deliveries = fields.List(fields.Nested(DeliverySchema), required=True)
    next_cursor = Id(required=True, allow_none=True)


class AttemptSchema(Schema):
    """One attempt."""

    number = fields.Integer(required=True)
    at = fields.String(required=True)
    status = fields.Integer(required=True, allow_none=True)
    said = fields.String(required=True, allow_none=True)


class DeliveryInFullSchema(DeliverySchema):
    """A delivery with every attempt, the oldest first."""

    tries = fields.List(fields.Nested(AttemptSchema), required=True)


class AboutSchema(Schema):
    """What a notice points at: a case, a duty, or a check (GET /v1/duties/…, /v1/checks/…)."""

    kind = Word(About, required=True)
    id = Id(required=True)


class NoticeSchema(Schema):
    """What an event was about, as far as the reader may know; a constant for everyone else."""

    id = Id(required=True)
    at = fields.String(required=True)
    status = fields.String(required=True)
    type = Word(TOLD)
    about = fields.Nested(AboutSchema)
    clinician_id = Id(allow_none=True)
    client_id = Id(allow_none=True)
    standing = Word(Advice)
    flags = fields.List(fields.Nested(FlagSchema))
