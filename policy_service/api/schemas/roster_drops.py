"""Rosters that are dropped, as the REST door reads and answers them."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from policy_service.api.schemas.fields import Id, Strict, Word
from policy_service.api.schemas.imports import LineSchema
from policy_service.importers.roster import RosterKind
from policy_service.services.imports.roster_drops import LARGEST_PAGE, DropSource, DropState
from policy_service.services.imports.roster_previews import HELD


class DropQuerySchema(Strict):
    """What the file lists."""

    kind = Word(RosterKind, required=True)


class DropPageQuerySchema(Strict):
    """`cursor` is the next_cursor of the page before."""

    cursor = Id()
    limit = fields.Integer(load_default=50, validate=validate.Range(1, LARGEST_PAGE))


class ConfirmSchema(Strict):
    """Apply the file. For one that is held, `confirm` repeats why: you have looked."""

    confirm = Word(HELD)


class DropCountsSchema(Schema):
    """Records by what would become, or became, of them; lines that cannot be read."""

    created = fields.Integer(required=True)
    updated = fields.Integer(required=True)
    unchanged = fields.Integer(required=True)
    refused = fields.Integer(required=True)
    ended = fields.Integer(required=True)
    missing = fields.Integer(required=True)


class DropChangeSchema(Schema):
    """A record that changes, by the id it has in your system, and the names of what changes."""

    id = fields.String(required=True)
    parts = fields.List(fields.String(), required=True)


class DropLineSchema(Schema):
    """A dropped file. `held`: why somebody must confirm it; null where nothing looks wrong."""

    id = Id(required=True)
    kind = Word(RosterKind, required=True)
    file = fields.String(required=True, metadata={"description": "SHA-256 of the bytes."})
    source = Word(DropSource, required=True)
    state = Word(DropState, required=True)
    held = Word(HELD, required=True, allow_none=True)
    at = fields.String(required=True)
    expires_at = fields.String(required=True)
    counts = fields.Nested(DropCountsSchema, required=True)


class DropSchema(DropLineSchema):
    """The same with what would change, by the ids your system gave; the first of each."""

    new = fields.List(fields.String())
    changed = fields.List(fields.Nested(DropChangeSchema))
    ended = fields.List(fields.String())
    missing = fields.List(fields.String())
    asks = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(),
        metadata={"description": "New and changed records that leave a column open, by column."},
    )
    errors = fields.List(fields.Nested(LineSchema))
    warnings = fields.List(fields.Nested(LineSchema))


class DropPageSchema(Schema):
    """The newest first."""

    drops = fields.List(fields.Nested(DropLineSchema), required=True)
    next_cursor = Id(required=True, allow_none=True)
