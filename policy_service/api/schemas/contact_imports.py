"""Imports of contacts as the REST door reads and answers them."""

from __future__ import annotations

from marshmallow import Schema, fields

from policy_service.api.schemas.fields import Id, Strict, Text


class UploadQuerySchema(Strict):
    """The file's name, and of which account it is where the clinician has several."""

    name = Text(longest=200, required=True, metadata={"example": "Connections.csv"})
    account_id = Id()


class StoringSchema(Strict):
    """Whether connections that the export no longer shows count as removed.

    Left out, they do where every line of the file was read.
    """

    with_missing = fields.Boolean()


class RefusedLineSchema(Schema):
    """What was not taken: the file (in an archive: the member), the line, the field, and why."""

    member = fields.String(required=True)
    line = fields.Integer(required=True)
    field = fields.String(required=True)
    detail = fields.String(required=True)


class ContactImportSchema(Schema):
    """An import in numbers. `missing`: who was known and is not in this export."""

    id = Id(required=True)
    source = fields.String(required=True)
    account_id = Id(required=True, allow_none=True)
    state = fields.String(required=True)
    at = fields.String(required=True)
    expires_at = fields.String(required=True)
    contacts = fields.Integer(required=True)
    refused = fields.Integer(required=True)
    new = fields.Integer(required=True)
    changed = fields.Integer(required=True)
    known = fields.Integer(required=True)
    missing = fields.Integer(required=True)
    parts = fields.Integer(required=True)
    parts_done = fields.Integer(required=True)
    refused_lines = fields.List(fields.Nested(RefusedLineSchema), required=True)


class ContactImportListSchema(Schema):
    """Imports, one for each platform of a file."""

    items = fields.List(fields.Nested(ContactImportSchema), required=True)
