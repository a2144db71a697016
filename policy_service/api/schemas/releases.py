"""Releases as the REST door takes and gives them."""

from __future__ import annotations

from marshmallow import fields, validate

from policy_service.api.schemas.audit import EntryFilterSchema
from policy_service.api.schemas.fields import Id, Moment, Strict, Text
from policy_service.domain.releases import RecipientKind
from policy_service.services.audit_exports import Form
from policy_service.services.releases import LARGEST_PAGE

_KINDS = [kind.value for kind in RecipientKind]


class RecipientSchema(Strict):
    """Who receives; the address where it is known."""

    kind = fields.String(required=True, validate=validate.OneOf(_KINDS))
    name = Text(longest=400, required=True)
    address = Text(longest=400)


class ExportOrderSchema(Strict):
    """Entries for somebody outside the practice."""

    format = fields.String(required=True, validate=validate.OneOf([form.value for form in Form]))
    entries = fields.Nested(EntryFilterSchema, metadata={"description": "Absent: the whole log."})
    recipient = fields.Nested(RecipientSchema, required=True)
    purpose = Text(longest=1000, required=True)


class ExportSchema(Strict):
    """The release that was recorded; fetch what is to be given from `Location`."""

    id = Id(required=True)


class AccountingQuerySchema(Strict):
    """Which releases: `subject` is the id of a client or clinician, or a pseudonym."""

    subject = Id()
    since = Moment()
    until = Moment()
    cursor = Id(description="The `next` of the page before.")
    limit = fields.Integer(strict=False, validate=validate.Range(1, LARGEST_PAGE))


class AccountingFileQuerySchema(AccountingQuerySchema):
    """The same without pages."""

    class Meta:
        """Pages have no place in a file."""

        exclude = ("cursor", "limit")


class ReleaseSchema(Strict):
    """One release; recipient, address, what and purpose are null once the client is erased."""

    id = Id(required=True)
    at = fields.String(required=True, metadata={"format": "date-time"})
    actor = fields.String(required=True)
    recipient_kind = fields.String(required=True, validate=validate.OneOf(_KINDS))
    recipient = fields.String(required=True, allow_none=True)
    address = fields.String(required=True, allow_none=True)
    what = fields.String(required=True, allow_none=True)
    purpose = fields.String(required=True, allow_none=True)
    subjects = fields.Integer(
        required=True, metadata={"description": "How many persons it tells about."}
    )
    entry = Id(required=True)


class AccountingSchema(Strict):
    """The newest first."""

    releases = fields.List(fields.Nested(ReleaseSchema), required=True)
    next = Id(required=True, allow_none=True)
