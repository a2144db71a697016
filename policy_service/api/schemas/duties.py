"""Duties as the REST door reads and writes them."""

from __future__ import annotations

from marshmallow import fields, validate

from policy_service.api.schemas.acting import ActingQuerySchema
from policy_service.api.schemas.checks import ActingUserSchema, CitationSchema
from policy_service.api.schemas.fields import Day, Id, Strict, Text, Word
from policy_service.domain.duties import (
    LONGEST_NOTE,
    LONGEST_REFERENCE,
    Basis,
    DutyMoveKind,
    DutyState,
    Owner,
)
from policy_service.domain.duty_specs import DUTIES
from policy_service.services.duty_files import ANY_OPEN, STATES, USUAL_PAGE
from policy_service.services.paging import LONGEST_PAGE

_ROLES = ("clinician", "practice", "compliance", "approver", "admin")


class DutyQuerySchema(ActingQuerySchema):
    """Which duties, the earliest due first. `cursor` is the next_cursor of the page before."""

    state = Word(STATES, load_default=ANY_OPEN)
    owner = Word(Owner)
    clinician_id = Id()
    client_id = Id()
    due_before = Day()
    cursor = Id()
    limit = fields.Integer(load_default=USUAL_PAGE, validate=validate.Range(1, LONGEST_PAGE))


class ProofFormSchema(Strict):
    """What was done, by whom it is said. `next_on`: the day to look again, where asked."""

    acting_user = fields.Nested(ActingUserSchema)
    done_on = Day(required=True)
    note = Text(longest=LONGEST_NOTE)
    reference = Text(longest=LONGEST_REFERENCE)
    next_on = Day()


class NotApplicableSchema(Strict):
    """Why a duty does not apply. Only a compliance officer says so."""

    acting_user = fields.Nested(ActingUserSchema)
    reason = Text(longest=LONGEST_NOTE, required=True)


class DutyRuleSchema(Strict):
    """The rule that asks for the duty; `pack` and `title` are empty where it is not at hand."""

    id = fields.String(required=True)
    pack = fields.String(required=True)
    pack_digest = fields.String(required=True)
    title = fields.String(required=True)
    citations = fields.List(fields.Nested(CitationSchema), required=True)


class ProofAskedSchema(Strict):
    """What must be shown."""

    kind = fields.String(required=True)
    words = fields.String(required=True)
    needs_note = fields.Boolean(required=True)
    needs_next_on = fields.Boolean(required=True)


class DutyMoveSchema(Strict):
    """What happened: `on` is the day it fell due, `at` the time it was written down."""

    number = fields.Integer(required=True)
    move = Word(DutyMoveKind, required=True)
    on = fields.String(required=True)
    at = fields.String(required=True)
    told = fields.List(Word(_ROLES), required=True)
    actor = fields.String()


class DutyStepSchema(Strict):
    """What is still to come while nobody closes the duty."""

    move = Word(DutyMoveKind, required=True)
    on = fields.String(required=True)
    told = fields.List(Word(_ROLES), required=True)


class ProofSchema(Strict):
    """The proof, without its note."""

    done_on = fields.String(required=True)
    reference = fields.String()
    next_on = fields.String(allow_none=True)
    attestation = Id()


class DutySchema(Strict):
    """A duty. How much of it there is depends on who asks."""

    id = Id(required=True)
    duty = Word(DUTIES, required=True)
    title = fields.String(required=True)
    state = Word(DutyState, required=True)
    late = fields.Boolean(required=True)
    owner = Word(Owner, required=True)
    clinician_id = Id(required=True, allow_none=True)
    client_id = Id(required=True, allow_none=True)
    case_id = Id(allow_none=True)
    decision_id = Id(allow_none=True)
    rule = fields.Nested(DutyRuleSchema, required=True, allow_none=True)
    round = fields.Integer(required=True)
    repeats = fields.Boolean(required=True)
    raised_at = fields.String(required=True)
    due_on = fields.String(required=True)
    due_basis = Word(
        Basis,
        required=True,
        metadata={"description": "`source`: the cited source names the time; else our default."},
    )
    source_says = fields.String(required=True)
    proof_asked = fields.Nested(ProofAskedSchema, required=True)
    closed_at = fields.String(allow_none=True)
    proof = fields.Nested(ProofSchema, allow_none=True)
    reason = fields.String(allow_none=True)
    history = fields.List(fields.Nested(DutyMoveSchema))
    to_come = fields.List(fields.Nested(DutyStepSchema))


class DutyPageSchema(Strict):
    """A page of duties; those who may see none are given the constant alone."""

    status = fields.String(required=True)
    duties = fields.List(fields.Nested(DutySchema))
    next_cursor = Id(allow_none=True)
