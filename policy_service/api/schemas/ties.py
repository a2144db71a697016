"""Disclosures, officers' ties and identity verdicts as the REST door reads and writes them."""

from __future__ import annotations

from marshmallow import Schema, fields

from policy_service.api.schemas.checks import ActingUserSchema
from policy_service.api.schemas.fields import Id, Partial, Strict, Word
from policy_service.api.schemas.lists import ReasonSchema
from policy_service.api.schemas.people import PersonSchema
from policy_service.services.disclosures import STATED_KINDS
from policy_service.services.identity import Verdict


class _TieFormSchema(Strict):
    """What any tie says. `is_ended` follows from `until` where that is given."""

    kind = Word(STATED_KINDS, required=True)
    since = Partial(allow_none=True)
    until = Partial(allow_none=True)
    is_ended = fields.Boolean(load_default=False, truthy={True}, falsy={False})


class DisclosureFormSchema(_TieFormSchema):
    """The person is `kind` to the clinician: BRO reads "is the brother of"."""

    person = fields.Nested(PersonSchema, required=True)


class TieRevisionSchema(_TieFormSchema, ReasonSchema):
    """The tie said anew, whole, and why."""


class OfficerTieRevisionSchema(TieRevisionSchema):
    """The same by an officer."""

    acting_user = fields.Nested(ActingUserSchema, required=True)


class OfficerReasonSchema(ReasonSchema):
    """Why an officer takes something back."""

    acting_user = fields.Nested(ActingUserSchema, required=True)


class DisclosureSchema(Schema):
    """A disclosure as it stands; without the person's name, which is a third party's."""

    id = Id(required=True)
    revision = fields.Integer(required=True)
    person_id = Id(required=True)
    kind = fields.String(required=True)
    since = fields.String(required=True, allow_none=True)
    until = fields.String(required=True, allow_none=True)
    is_ended = fields.Boolean(required=True)
    recorded_at = fields.String(required=True)


class DisclosureListSchema(Schema):
    """All that a clinician states now."""

    items = fields.List(fields.Nested(DisclosureSchema), required=True)


class TieFormSchema(_TieFormSchema):
    """`to_person` is `kind` to `from_person`."""

    from_person = Id(required=True)
    to_person = Id(required=True)
    acting_user = fields.Nested(ActingUserSchema, required=True)


class VerdictFormSchema(Strict):
    """Two persons are the same, different, or related: `relation` is what b is to a."""

    person_a = Id(required=True)
    person_b = Id(required=True)
    verdict = Word(Verdict, required=True)
    relation = Word(STATED_KINDS)
    acting_user = fields.Nested(ActingUserSchema, required=True)


class TieSchema(Schema):
    """An officer's tie as it stands."""

    id = Id(required=True)
    revision = fields.Integer(required=True)
    is_withdrawn = fields.Boolean(required=True)
    from_person = Id(required=True)
    to_person = Id(required=True)
    kind = fields.String(required=True)
    since = fields.String(required=True, allow_none=True)
    until = fields.String(required=True, allow_none=True)
    is_ended = fields.Boolean(required=True)
    source = fields.String(required=True)


class VerdictSchema(Schema):
    """A verdict as it was given."""

    id = Id(required=True)
    person_a = Id(required=True)
    person_b = Id(required=True)
    verdict = Word(Verdict, required=True)
    relation = fields.String(required=True, allow_none=True)
    decided_by = fields.String(required=True)
    decided_at = fields.String(required=True)
