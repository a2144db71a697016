"""/v1/clinicians/{id}/attestations: "nothing more to disclose"."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response
from flask_smorest import Blueprint

from policy_service.api import changes, door, shapes
from policy_service.api.schemas.clinicians import (
    AttestationFormSchema,
    AttestationListSchema,
    AttestationSchema,
)
from policy_service.api.schemas.lists import ReasonSchema, RecordedSchema
from policy_service.database.tables.registry import AttestationRow
from policy_service.domain.attestations import AttestationKind
from policy_service.domain.principals import Scope
from policy_service.services import attestations, stored_responses
from policy_service.services.context import Context
from policy_service.services.parties import clinician_row, record_of
from policy_service.services.revisions import current

blueprint = Blueprint(
    "attestations",
    __name__,
    url_prefix="/v1/clinicians/<uuid:clinician_id>/attestations",
    description="Attestations",
)


@blueprint.post("")
@blueprint.arguments(AttestationFormSchema)
@blueprint.response(201, AttestationSchema)
def attest(asked: dict[str, Any], clinician_id: UUID) -> Response:
    """The clinician attests; this closes the duty to attest."""

    def change(context: Context) -> stored_responses.Response:
        kinds = frozenset(AttestationKind(kind) for kind in asked["kinds"])
        as_of = asked.get("as_of") or context.today
        made = attestations.attest(context, str(clinician_id), kinds, as_of)
        row = current(context, AttestationRow, made)
        at = f"/v1/clinicians/{clinician_id}/attestations/{made}"
        return changes.made(at, shapes.attestation(row))

    return changes.once(door.principal(Scope.REGISTRY_WRITE), change)


@blueprint.get("")
@blueprint.response(200, AttestationListSchema)
def list_attestations(clinician_id: UUID) -> dict[str, Any]:
    """All attestations, newest first."""
    with door.desk().reading(door.principal(Scope.REGISTRY_READ)) as context:
        clinician = clinician_row(context, str(clinician_id))
        rows = attestations.attestations_of(context, clinician.id)
        return {"items": [shapes.attestation(row) for row in rows]}


@blueprint.get("/<uuid:attestation_id>")
@blueprint.response(200, AttestationSchema)
def read(clinician_id: UUID, attestation_id: UUID) -> dict[str, Any]:
    """An attestation as it stands."""
    with door.desk().reading(door.principal(Scope.REGISTRY_READ)) as context:
        row = record_of(context, AttestationRow, str(clinician_id), str(attestation_id))
        return shapes.attestation(row)


@blueprint.post("/<uuid:attestation_id>/withdrawal")
@blueprint.arguments(ReasonSchema)
@blueprint.response(200, RecordedSchema)
def withdraw(asked: dict[str, Any], clinician_id: UUID, attestation_id: UUID) -> Response:
    """The clinician takes it back."""

    def change(context: Context) -> stored_responses.Response:
        row = record_of(context, AttestationRow, str(clinician_id), str(attestation_id))
        attestations.withdraw_attestation(context, row.id, asked["reason"])
        return changes.recorded(context, row.id)

    return changes.once(door.principal(Scope.REGISTRY_WRITE), change)
