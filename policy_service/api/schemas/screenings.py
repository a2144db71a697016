"""Screenings and flags as the REST door reads and writes them."""

from __future__ import annotations

from marshmallow import fields, validate

from policy_service.api.schemas.checks import ActingUserSchema, ClientRefSchema
from policy_service.api.schemas.fields import Day, Id, PlaceOfService, Strict, Word
from policy_service.domain.decisions import FindingKind
from policy_service.domain.outcomes import Outcome
from policy_service.domain.standings import Advice, Availability, Standing
from policy_service.services.screenings import PURPOSES

MOST_CLINICIANS = 500


class ScreeningRequestSchema(Strict):
    """One client; all active clinicians, or those of a list."""

    client = fields.Nested(ClientRefSchema, required=True)
    clinicians = fields.List(Id(), validate=validate.Length(1, MOST_CLINICIANS))
    purpose = Word(PURPOSES, required=True)
    acting_user = fields.Nested(ActingUserSchema)
    as_of = Day()
    location_of_service = PlaceOfService()


class ScreeningLineSchema(Strict):
    """One clinician. `outcome`, `could_become` and `complete` only for the full scope."""

    clinician_id = Id(required=True)
    availability = Word(Availability, required=True)
    outcome = Word(Outcome)
    could_become = Word(Outcome)
    complete = fields.Boolean()


class ScreeningAnswerSchema(Strict):
    """Clinicians in the practice's order, by registration. Its order says nothing of a conflict."""

    id = Id(required=True)
    at = fields.String(required=True)
    status = fields.String(required=True)
    mode = Word(("silent",))
    receipt = fields.String()
    client_id = Id()
    purpose = Word(PURPOSES)
    clinicians = fields.List(fields.Nested(ScreeningLineSchema))


class FlagSchema(Strict):
    """A question the practice has or had to answer, and since when it is asked."""

    clinician_id = Id(required=True)
    kind = Word(FindingKind, required=True)
    standing = Word(Standing, required=True)
    since = fields.String(required=True, metadata={"format": "date"})


class ClinicianStandingSchema(Strict):
    """What a front desk may know of one clinician and this client."""

    clinician_id = Id(required=True)
    standing = Word(Advice, required=True)


class FlagsSchema(Strict):
    """`flags` for the full scope, `standings` for intake, neither for anyone else."""

    status = fields.String(required=True)
    mode = Word(("silent",))
    flags = fields.List(fields.Nested(FlagSchema))
    standings = fields.List(fields.Nested(ClinicianStandingSchema))
