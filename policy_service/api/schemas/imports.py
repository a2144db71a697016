"""Imports as the REST door reads and answers them."""

from __future__ import annotations

from marshmallow import Schema, fields

from policy_service.api.schemas.fields import Strict, Word
from policy_service.importers.roster import RosterKind


class RosterQuerySchema(Strict):
    """What the file lists, and whether to import it or only to look."""

    kind = Word(RosterKind, required=True)
    dry_run = fields.Boolean(load_default=False)


class LineSchema(Schema):
    """A line that was refused, or a remark: the line as an editor counts, and the column."""

    line = fields.Integer(required=True)
    field = fields.String(required=True)
    detail = fields.String(required=True)
    allowed = fields.List(fields.String(), required=True)


class RosterReportSchema(Schema):
    """What the import did, or would do. `file` is the SHA-256 of the bytes received."""

    kind = Word(RosterKind, required=True)
    file = fields.String(required=True)
    dry_run = fields.Boolean(required=True)
    created = fields.Integer(required=True)
    updated = fields.Integer(required=True)
    unchanged = fields.Integer(required=True)
    refused = fields.Integer(required=True)
    errors = fields.List(fields.Nested(LineSchema), required=True)
    warnings = fields.List(fields.Nested(LineSchema), required=True)
