"""Timelines as the REST door writes them."""

from __future__ import annotations

from marshmallow import fields

from policy_service.api.schemas.checks import CitationSchema
from policy_service.api.schemas.fields import Id, Strict, Word
from policy_service.domain.facts import Why
from policy_service.domain.outcomes import Outcome
from policy_service.domain.timelines import Moment, When


class DaysSchema(Strict):
    """The days something may fall on; an end that is null is open."""

    when = Word(When, required=True)
    earliest = fields.String(required=True, allow_none=True)
    latest = fields.String(required=True, allow_none=True)


class BarSchema(Strict):
    """A rule that bars, or might; `then` is what begins after it, and never nothing."""

    rule = fields.String(required=True)
    pack = fields.String(required=True)
    pack_digest = fields.String(required=True)
    title = fields.String(required=True)
    outcome = Word(Outcome, required=True)
    undecided = fields.Boolean(required=True)
    unverified = fields.Boolean(required=True)
    citations = fields.List(fields.Nested(CitationSchema), required=True)
    anchor = fields.String(required=True)
    anchored = fields.Nested(DaysSchema, required=True, allow_none=True)
    period = fields.String(required=True)
    then = Word(Outcome, required=True)


class TimelineEntrySchema(DaysSchema):
    """One dated line. `stated` is the date as recorded, `why` the reason where it is not known."""

    what = Word(Moment, required=True)
    certain = fields.Boolean(required=True)
    stated = fields.String(required=True, allow_none=True)
    why = Word(Why, required=True, allow_none=True)
    tie = fields.String(required=True, allow_none=True)
    about = fields.String(required=True, allow_none=True)
    bar = fields.Nested(BarSchema, required=True, allow_none=True)


class TimelineSchema(Strict):
    """The timeline of a check. How much of it there is depends on who asks."""

    id = Id(required=True)
    at = fields.String(required=True)
    status = fields.String(required=True)
    as_of = fields.String()
    entries = fields.List(fields.Nested(TimelineEntrySchema))
