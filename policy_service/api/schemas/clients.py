"""Clients and episodes as the REST door reads and writes them."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, post_load, validate

from policy_service.api.schemas.fields import Id, Partial, Strict, Text, Word
from policy_service.api.schemas.lists import PageSchema, ReasonSchema
from policy_service.api.schemas.people import PersonSchema, WarningSchema
from policy_service.domain.care import ClientRole, ClinicianRole
from policy_service.services.episodes import (
    TERMINATION_REASONS,
    ClientPart,
    ClinicianPart,
    EpisodeForm,
)

_SOME = validate.Length(1, 32)


class ClientFormSchema(Strict):
    """A client to register; `external_id` is the EHR's own id."""

    person = fields.Nested(PersonSchema, required=True)
    external_id = Text(longest=100)


class ClientRowSchema(Schema):
    """A client in a list. A merged profile says which client it stands for."""

    id = Id(required=True)
    external_id = fields.String(required=True, allow_none=True)
    merged_into = Id(required=True, allow_none=True)
    version = fields.Integer(required=True)
    created_at = fields.String(required=True)


class ClientSchema(ClientRowSchema):
    """A client with the record they are recognised by."""

    person_id = Id(required=True)
    person = fields.Nested(PersonSchema, required=True)
    warnings = fields.List(fields.Nested(WarningSchema), required=True)


class ClientPageSchema(PageSchema):
    """A page of clients."""

    items = fields.List(fields.Nested(ClientRowSchema), required=True)


class MergeSchema(ReasonSchema):
    """This client is a duplicate of that one."""

    into = Id(required=True)


class ClientPartSchema(Strict):
    """A client's part in an episode."""

    client_id = Id(required=True)
    role = Word(ClientRole, load_default=ClientRole.CLIENT.value)
    began_on = Partial(allow_none=True)
    ended_on = Partial(allow_none=True)

    @post_load
    def _make(self, parts: dict[str, Any], **_: Any) -> ClientPart:
        return ClientPart(**parts)


class ClinicianPartSchema(Strict):
    """A clinician's part in an episode, with the dates that clocks count from."""

    clinician_id = Id(required=True)
    role = Word(ClinicianRole, load_default=ClinicianRole.TREATING.value)
    began_on = Partial(allow_none=True)
    ended_on = Partial(allow_none=True)
    last_contact_on = Partial(allow_none=True)
    known_since = Partial(allow_none=True)

    @post_load
    def _make(self, parts: dict[str, Any], **_: Any) -> ClinicianPart:
        return ClinicianPart(**parts)


class EpisodeFormSchema(Strict):
    """An episode of care as it stands. One that is over is not open and may say why it ended."""

    clients = fields.List(fields.Nested(ClientPartSchema), required=True, validate=_SOME)
    clinicians = fields.List(fields.Nested(ClinicianPartSchema), required=True, validate=_SOME)
    began_on = Partial(allow_none=True)
    terminated_on = Partial(allow_none=True)
    termination_reason = Word(TERMINATION_REASONS, allow_none=True)
    is_open = fields.Boolean(load_default=True, truthy={True}, falsy={False})
    external_id = Text(longest=100, allow_none=True)

    @post_load
    def _make(self, parts: dict[str, Any], **_: Any) -> EpisodeForm:
        clients, clinicians = tuple(parts.pop("clients")), tuple(parts.pop("clinicians"))
        return EpisodeForm(clients, clinicians, **parts)


class EpisodeRevisionSchema(ReasonSchema):
    """The whole episode as it should be, and why it is put right."""

    episode = fields.Nested(EpisodeFormSchema, required=True)


class EpisodeSchema(Schema):
    """An episode as it stands, with its parts."""

    id = Id(required=True)
    revision = fields.Integer(required=True)
    is_withdrawn = fields.Boolean(required=True)
    external_id = fields.String(required=True, allow_none=True)
    began_on = fields.String(required=True, allow_none=True)
    terminated_on = fields.String(required=True, allow_none=True)
    termination_reason = fields.String(required=True, allow_none=True)
    is_open = fields.Boolean(required=True)
    clients = fields.List(fields.Dict(), required=True)
    clinicians = fields.List(fields.Dict(), required=True)
