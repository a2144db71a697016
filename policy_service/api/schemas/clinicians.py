"""Clinicians, licences, memberships and attestations as the REST door reads and writes them."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from policy_service.api.schemas.fields import Day, Id, Partial, Strict, Text, Word
from policy_service.api.schemas.lists import PageSchema, ReasonSchema
from policy_service.api.schemas.people import PersonSchema, WarningSchema
from policy_service.domain.attestations import AttestationKind

CODE = validate.Regexp(
    r"^[A-Za-z0-9][A-Za-z0-9._-]{0,19}\Z", error="1 to 20 letters, digits, dots or dashes."
)
PLACE = validate.Regexp(
    r"^[A-Z]{2}(-[A-Z0-9]{1,3})?\Z", error='A place like "US-TX" or "GB" is expected.'
)


class ClinicianFormSchema(Strict):
    """A clinician to register; `external_id` is the EHR's own id."""

    person = fields.Nested(PersonSchema, required=True)
    external_id = Text(longest=100)


class PersonFormSchema(Strict):
    """A corrected record, whole: what is left out is known no longer."""

    person = fields.Nested(PersonSchema, required=True)


class LicenceFormSchema(Strict):
    """A licence is a place and a type over a period."""

    jurisdiction = fields.String(required=True, validate=PLACE)
    licence_type = fields.String(required=True, validate=CODE)
    valid_from = Partial(allow_none=True)
    valid_to = Partial(allow_none=True)


class LicenceSchema(LicenceFormSchema):
    """A licence as it stands."""

    id = Id(required=True)
    revision = fields.Integer(required=True)


class MembershipFormSchema(Strict):
    """Membership of an association whose code binds."""

    body = fields.String(required=True, validate=CODE)
    valid_from = Partial(allow_none=True)
    valid_to = Partial(allow_none=True)


class MembershipSchema(MembershipFormSchema):
    """A membership as it stands."""

    id = Id(required=True)
    revision = fields.Integer(required=True)


class LicenceListSchema(Schema):
    """All licences of a clinician."""

    items = fields.List(fields.Nested(LicenceSchema), required=True)


class MembershipListSchema(Schema):
    """All memberships of a clinician."""

    items = fields.List(fields.Nested(MembershipSchema), required=True)


class EndSchema(ReasonSchema):
    """When it ended, and why that is recorded now."""

    valid_to = Partial(required=True)


class ClinicianRowSchema(Schema):
    """A clinician in a list."""

    id = Id(required=True)
    external_id = fields.String(required=True, allow_none=True)
    is_active = fields.Boolean(required=True)
    version = fields.Integer(required=True)
    created_at = fields.String(required=True)


class ClinicianSchema(ClinicianRowSchema):
    """A clinician with everything recorded of them but their ties."""

    person_id = Id(required=True)
    person = fields.Nested(PersonSchema, required=True)
    warnings = fields.List(fields.Nested(WarningSchema), required=True)
    licences = fields.List(fields.Nested(LicenceSchema), required=True)
    memberships = fields.List(fields.Nested(MembershipSchema), required=True)


class ClinicianPageSchema(PageSchema):
    """A page of clinicians."""

    items = fields.List(fields.Nested(ClinicianRowSchema), required=True)


class AttestationFormSchema(Strict):
    """ "Nothing more to disclose" for these kinds, as of a day (default today)."""

    kinds = fields.List(
        Word(AttestationKind), required=True, validate=validate.Length(1, len(AttestationKind))
    )
    as_of = Day()


class AttestationSchema(Schema):
    """An attestation as it stands."""

    id = Id(required=True)
    kinds = fields.List(Word(AttestationKind), required=True)
    as_of = fields.String(required=True)
    valid_until = fields.String(required=True)


class AttestationListSchema(Schema):
    """All attestations of a clinician, newest first."""

    items = fields.List(fields.Nested(AttestationSchema), required=True)
