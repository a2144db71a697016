"""Accounts, connections and boundary events as the REST door reads and writes them."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from policy_service.api.schemas.checks import ActingUserSchema, ClinicianRefSchema
from policy_service.api.schemas.fields import Id, Partial, Strict, Text, Word
from policy_service.api.schemas.lists import ReasonSchema
from policy_service.domain.accounts import AccountKind, ConnectionState, Direction
from policy_service.domain.vocabulary import EVENT_KINDS
from policy_service.services.accounts import INITIATORS
from policy_service.services.events import DIRECTIONS, MOST_CENTS, PARTIES, STATED_BY, YES_NO


class AccountFormSchema(Strict):
    """A social-media account; leave `kind` out while nobody has said what it is for."""

    platform = Text(longest=30, required=True)
    handle = Text(longest=100, required=True)
    kind = Word(AccountKind)


class AccountKindSchema(Strict):
    """What the account is for; mixed counts as personal."""

    kind = Word(AccountKind, required=True)


class AccountSchema(Schema):
    """An account as it stands."""

    id = Id(required=True)
    platform = fields.String(required=True)
    handle = fields.String(required=True)
    kind = fields.String(required=True, allow_none=True)


class AccountListSchema(Schema):
    """All accounts of a person."""

    items = fields.List(fields.Nested(AccountSchema), required=True)


class ConnectionFormSchema(Strict):
    """From a recorded account to a handle, of which only a keyed hash is kept."""

    account_id = Id(required=True)
    far_platform = Text(longest=30, required=True)
    far_handle = Text(longest=100, required=True)
    direction = Word(Direction, required=True)
    state = Word(ConnectionState, required=True)
    initiator = Word(INITIATORS)
    since = Partial()


class ConnectionStateSchema(Strict):
    """Where the connection stands now."""

    state = Word(ConnectionState, required=True)


class ConnectionSchema(Schema):
    """A connection as it stands."""

    id = Id(required=True)
    revision = fields.Integer(required=True)
    account_id = Id(required=True)
    direction = fields.String(required=True)
    state = fields.String(required=True)
    initiator = fields.String(required=True, allow_none=True)
    since = fields.String(required=True, allow_none=True)


class ConnectionListSchema(Schema):
    """All connections of an account."""

    items = fields.List(fields.Nested(ConnectionSchema), required=True)


class ClientIdSchema(Strict):
    """A registered client."""

    id = Id(required=True)


class EventFormSchema(Strict):
    """What happened between a clinician and a client. `amount` in US cents.

    `dependence_or_deception` says, of an event of intimacy, whether the client was dependent on the
    clinician or deceived; some states ask. Leave it out while nobody has said.
    """

    clinician = fields.Nested(ClinicianRefSchema, required=True)
    client = fields.Nested(ClientIdSchema, required=True)
    kind = Word(EVENT_KINDS, required=True)
    direction = Word(DIRECTIONS)
    party = Word(PARTIES, load_default="client")
    occurred_on = Partial()
    amount = fields.Integer(strict=True, validate=validate.Range(0, MOST_CENTS))
    stated_by = Word(STATED_BY, load_default="other")
    dependence_or_deception = Word(YES_NO)
    acting_user = fields.Nested(ActingUserSchema)


class EventMoveSchema(ReasonSchema):
    """The event belongs to another client."""

    client_id = Id(required=True)


class EventQuerySchema(Strict):
    """Whose events."""

    clinician_id = Id(required=True)
    client_id = Id(required=True)


class EventSchema(Schema):
    """A recorded event as it stands."""

    id = Id(required=True)
    revision = fields.Integer(required=True)
    clinician_id = Id(required=True)
    client_id = Id(required=True)
    kind = fields.String(required=True)
    direction = fields.String(required=True, allow_none=True)
    party = fields.String(required=True)
    occurred_on = fields.String(required=True, allow_none=True)
    amount = fields.Integer(required=True, allow_none=True)
    stated_by = fields.String(required=True)
    dependence_or_deception = fields.String(required=True, allow_none=True)


class EventListSchema(Schema):
    """All events of a pair."""

    items = fields.List(fields.Nested(EventSchema), required=True)
