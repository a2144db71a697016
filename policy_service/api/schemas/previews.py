"""Previews as the REST door reads and writes them."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, post_load, validates_schema

from policy_service.api.schemas.checks import (
    ActingUserSchema,
    AskSchema,
    CitationSchema,
    ClinicianRefSchema,
    NotConsultedSchema,
    ObligationSchema,
    UnverifiedSchema,
)
from policy_service.api.schemas.fields import Day, Id, Past, PlaceOfService, Strict, Word
from policy_service.api.schemas.timelines import DaysSchema
from policy_service.domain.care import CareSpell
from policy_service.domain.dates import PartialDate
from policy_service.domain.decisions import FindingKind
from policy_service.domain.facts import NOT_APPLICABLE
from policy_service.domain.outcomes import Outcome
from policy_service.domain.previews import Closes, Contemplated
from policy_service.domain.vocabulary import VOCABULARY

BASES = ("record", "hypothetical")
REASONS = tuple(w for w in VOCABULARY["termination_reason"].values if w != NOT_APPLICABLE)


class ContemplatedSchema(Strict):
    """The tie thought about, and the day it might begin: today, or later."""

    kind = Word(Contemplated, required=True)
    on = Day()


class OwnClientRefSchema(Strict):
    """A present or former client of this clinician. Dates come from the record."""

    id = Id(required=True)


class HypotheticalCareSchema(Strict):
    """A care that is imagined, of nobody in particular. Dates not given are not known."""

    client_status = Word(("current", "former"), required=True)
    began_on = Past()
    last_contact_on = Past()
    ended_on = Past()
    termination_reason = Word(REASONS)

    @validates_schema
    def _only_former_care_ended(self, value: dict[str, Any], **_: Any) -> None:
        if value.get("client_status") != "current":
            return
        for name in ("last_contact_on", "ended_on", "termination_reason"):
            if name in value:
                raise ValidationError("Care that goes on has not ended.", name)

    @post_load
    def _make(self, value: dict[str, Any], **_: Any) -> CareSpell:
        ended = _partial(value.get("ended_on"))
        return CareSpell(
            began_on=_partial(value.get("began_on")),
            is_open=value["client_status"] == "current",
            last_contact_on=_partial(value.get("last_contact_on")),
            relationship_ended_on=ended,
            terminated_on=ended,
            termination_reason=value.get("termination_reason"),
        )


def _partial(text: str | None) -> PartialDate | None:
    return None if text is None else PartialDate(text)


class PreviewRequestSchema(Strict):
    """The clinician, the tie, and either an own client or a hypothetical care."""

    clinician = fields.Nested(ClinicianRefSchema, required=True)
    client = fields.Nested(OwnClientRefSchema)
    hypothetical = fields.Nested(HypotheticalCareSchema)
    contemplated = fields.Nested(ContemplatedSchema, required=True)
    acting_user = fields.Nested(ActingUserSchema, required=True)
    location_of_service = PlaceOfService()

    @validates_schema
    def _one_way(self, value: dict[str, Any], **_: Any) -> None:
        if ("client" in value) == ("hypothetical" in value):
            said = "Give either client or hypothetical, not both and not neither."
            raise ValidationError(said, "client")


class PreviewFindingSchema(Strict):
    """A rule that would hold with the tie, and does not without it."""

    kind = Word(FindingKind, required=True)
    rule = fields.String(required=True)
    pack = fields.String(required=True)
    pack_digest = fields.String(required=True)
    title = fields.String(required=True)
    outcome = Word(Outcome, required=True)
    could_become = Word(Outcome, required=True)
    undecided = fields.Boolean(required=True)
    waivable = fields.Boolean(required=True)
    tie = fields.String(required=True, allow_none=True)
    citations = fields.List(fields.Nested(CitationSchema), required=True)


class PeriodSchema(Strict):
    """A code says the same from one day on; `until` is the first day that is no longer in it."""

    since = fields.String(required=True, attribute="from", data_key="from")
    until = fields.String(required=True, allow_none=True)
    says = fields.String(required=True)
    outcome = Word(Outcome, required=True)
    could_become = Word(Outcome, required=True)
    findings = fields.List(fields.Nested(PreviewFindingSchema), required=True)
    obligations = fields.List(fields.Nested(ObligationSchema), required=True)
    ask = fields.List(fields.Nested(AskSchema), required=True)
    unverified = fields.List(fields.Nested(UnverifiedSchema), required=True)


class ClosingSchema(Strict):
    """What a tie begun in these days does to the way (back) into care."""

    if_begun_from = fields.String(required=True)
    if_begun_until = fields.String(required=True, allow_none=True)
    closes = Word(Closes, required=True)
    rests_on_drafts = fields.Boolean(required=True)
    says = fields.String(required=True)
    while_it_lasts = fields.List(fields.Nested(PeriodSchema), required=True)
    after_it_is_over = fields.List(fields.Nested(PeriodSchema), required=True)


class CodePreviewSchema(Strict):
    """What one code says; `after_care` only while care goes on, as if it ended today for this.

    `binds` is false where licence or place are not known, and with them whether the code binds.
    """

    pack = fields.String(required=True)
    pack_digest = fields.String(required=True)
    binds = fields.Boolean(required=True)
    title = fields.String(required=True)
    outcome = Word(Outcome, required=True)
    could_become = Word(Outcome, required=True)
    rests_on_drafts = fields.Boolean(required=True)
    barred = fields.Nested(DaysSchema, required=True, allow_none=True)
    unverified_bar = fields.Nested(DaysSchema, required=True, allow_none=True)
    says = fields.String(required=True)
    closes = Word(Closes, required=True)
    closes_says = fields.String(required=True)
    first = fields.List(fields.Nested(ObligationSchema), required=True)
    ask = fields.List(fields.Nested(AskSchema), required=True)
    periods = fields.List(fields.Nested(PeriodSchema), required=True)
    after_care = fields.List(fields.Nested(PeriodSchema), required=True)
    closings = fields.List(fields.Nested(ClosingSchema), required=True)


class PreviewAnswerSchema(Strict):
    """A preview. The headline is that of the day thought about; the strictest code comes first."""

    id = Id(required=True)
    at = fields.String(required=True)
    status = fields.String(required=True)
    receipt = fields.String(required=True)
    clinician_id = Id(required=True)
    shared_at = fields.String(required=True, allow_none=True)
    basis = Word(BASES, required=True)
    client_id = Id(required=True, allow_none=True)
    contemplated = fields.Nested(ContemplatedSchema, required=True)
    as_of = fields.String(required=True)
    care_ended = fields.Nested(DaysSchema, required=True, allow_none=True)
    outcome = Word(Outcome, required=True)
    could_become = Word(Outcome, required=True)
    rests_on_drafts = fields.Boolean(required=True)
    barred = fields.Nested(DaysSchema, required=True, allow_none=True)
    closes = Word(Closes, required=True)
    summary = fields.String(required=True)
    first = fields.List(fields.Nested(ObligationSchema), required=True)
    ask = fields.List(fields.Nested(AskSchema), required=True)
    codes = fields.List(fields.Nested(CodePreviewSchema), required=True)
    not_consulted = fields.List(fields.Nested(NotConsultedSchema), required=True)


class PreviewLineSchema(Strict):
    """A preview in a list."""

    id = Id(required=True)
    at = fields.String(required=True)
    clinician_id = Id(required=True)
    shared_at = fields.String(required=True, allow_none=True)
    basis = Word(BASES, required=True)
    client_id = Id(required=True, allow_none=True)
    contemplated = fields.Nested(ContemplatedSchema, required=True)
    summary = fields.String(required=True)


class PreviewCountSchema(Strict):
    """How many previews a clinician made in a month."""

    clinician_id = Id(required=True)
    month = fields.String(required=True, metadata={"pattern": "^[0-9]{4}-[0-9]{2}$"})
    count = fields.Integer(required=True)


class PreviewListSchema(Strict):
    """`previews` for the clinician; `counts` and what was `shared` for officers; else neither."""

    status = fields.String(required=True)
    previews = fields.List(fields.Nested(PreviewLineSchema))
    shared = fields.List(fields.Nested(PreviewLineSchema))
    counts = fields.List(fields.Nested(PreviewCountSchema))


class ShareSchema(Strict):
    """The clinician who lets officers read it."""

    acting_user = fields.Nested(ActingUserSchema, required=True)
