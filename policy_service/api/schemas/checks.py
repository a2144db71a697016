"""Checks as the REST door reads and writes them."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validates_schema

from policy_service.api.schemas.fields import Day, Id, PlaceOfService, Strict, Text, Word
from policy_service.api.schemas.people import PersonSchema
from policy_service.domain.decisions import FindingKind
from policy_service.domain.facts import Why
from policy_service.domain.outcomes import Outcome
from policy_service.domain.principals import ActingRole
from policy_service.domain.standings import Advice, Standing
from policy_service.domain.vocabulary import PURPOSES
from policy_service.services.replays import Replayed


class ActingUserSchema(Strict):
    """Who sits at the EHR. Leave it out, and the answer is the one for anyone."""

    role = Word(ActingRole, required=True)
    clinician_id = Id()


class ClinicianRefSchema(Strict):
    """A registered clinician."""

    id = Id(required=True)


class ClientRefSchema(Strict):
    """A client: by id, or described (and then perhaps by the EHR's own id)."""

    id = Id()
    external_id = Text(longest=100)
    person = fields.Nested(PersonSchema)

    @validates_schema
    def _one_way(self, value: dict[str, Any], **_: Any) -> None:
        if ("id" in value) == ("person" in value):
            raise ValidationError("Give either id or person, not both and not neither.")
        if "id" in value and "external_id" in value:
            raise ValidationError("external_id goes with person.", "external_id")


class ClinicianNamedSchema(Strict):
    """A registered clinician, by our id or by the EHR's own."""

    id = Id()
    external_id = Text(longest=100)

    @validates_schema
    def _one_way(self, value: dict[str, Any], **_: Any) -> None:
        if ("id" in value) == ("external_id" in value):
            raise ValidationError("Give either id or external_id, not both and not neither.")


class CheckRequestSchema(Strict):
    """One clinician, one client, one purpose."""

    clinician = fields.Nested(ClinicianNamedSchema, required=True)
    client = fields.Nested(ClientRefSchema, required=True)
    purpose = Word([word for word in PURPOSES if word != "event"], required=True)
    acting_user = fields.Nested(ActingUserSchema)
    as_of = Day()
    location_of_service = PlaceOfService()


class CitationSchema(Strict):
    """Where the authority stands."""

    code = fields.String(required=True)
    section = fields.String(required=True)
    edition = fields.String(required=True)


class ClockSchema(Strict):
    """Until when a rule bars: `clears_on` is a date, "never", or null while undecided."""

    anchor = fields.String(required=True)
    anchor_on = fields.String(required=True, allow_none=True)
    period = fields.String(required=True)
    clears_on = fields.String(required=True, allow_none=True)
    then = Word(Outcome, required=True)


class FindingSchema(Strict):
    """A rule that holds, or that evidence leaves undecided."""

    kind = Word(FindingKind, required=True)
    rule = fields.String(required=True)
    pack = fields.String(required=True)
    pack_digest = fields.String(required=True)
    title = fields.String(required=True)
    because = fields.String(required=True)
    outcome = Word(Outcome, required=True)
    could_become = Word(Outcome, required=True)
    undecided = fields.Boolean(required=True)
    waivable = fields.Boolean(required=True)
    tie = fields.String(required=True, allow_none=True)
    citations = fields.List(fields.Nested(CitationSchema), required=True)
    facts = fields.List(fields.Dict(), required=True)
    clock = fields.Nested(ClockSchema, required=True, allow_none=True)


class AskSchema(Strict):
    """A fact to find out, most decisive first."""

    fact = fields.String(required=True)
    tie = fields.String(required=True, allow_none=True)
    why = Word(Why, required=True)
    settles = fields.Integer(required=True)
    could_become = Word(Outcome, required=True)
    question = fields.String(required=True)
    who_may_know = fields.List(fields.String(), required=True)


class ObligationSchema(Strict):
    """What must be done, and which rules ask for it."""

    obligation = fields.String(required=True)
    rules = fields.List(fields.String(), required=True)
    text = fields.String(required=True)


class UnverifiedSchema(Strict):
    """A draft rule that spoke: no authority, but a reason to look."""

    rule = fields.String(required=True)
    kind = Word(FindingKind, required=True)
    pack = fields.String(required=True)
    pack_digest = fields.String(required=True)
    title = fields.String(required=True)
    would_be = Word(Outcome, required=True)
    undecided = fields.Boolean(required=True)
    tie = fields.String(required=True, allow_none=True)
    source = fields.List(fields.Nested(CitationSchema), required=True)
    to_confirm = fields.String(required=True)


class NotConsultedSchema(Strict):
    """A body whose pack this service does not have."""

    body = fields.String(required=True)


class RecognisedSchema(Strict):
    """A registered client who is, or probably is, the person asked about."""

    client_id = Id(required=True)
    certainty = Word(("certain", "probable"), required=True)


class CheckAnswerSchema(Strict):
    """The answer. How much of it there is depends on who asks; `id`, `at`, `status` always are."""

    id = Id(required=True)
    at = fields.String(required=True)
    status = fields.String(required=True)
    mode = Word(("silent",))
    receipt = fields.String()
    standing = Word((*Standing, *Advice))
    message = fields.String()
    outcome = Word(Outcome)
    could_become = Word(Outcome)
    complete = fields.Boolean()
    ask = fields.List(fields.Nested(AskSchema))
    findings = fields.List(fields.Nested(FindingSchema))
    obligations = fields.List(fields.Nested(ObligationSchema))
    unverified = fields.List(fields.Nested(UnverifiedSchema))
    not_consulted = fields.List(fields.Nested(NotConsultedSchema))
    clinician_id = Id()
    client_id = Id()
    purpose = Word(PURPOSES)
    recognised = fields.List(fields.Nested(RecognisedSchema))
    ties = fields.Dict()


class ReplaySchema(Strict):
    """What came of a replay; `detail` is empty where it is `same`."""

    id = Id(required=True)
    replay = Word(Replayed, required=True)
    detail = fields.String(required=True)
