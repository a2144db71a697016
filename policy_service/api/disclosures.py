"""/v1/clinicians/{id}/disclosures: a clinician states a tie through the EHR.

The answer is a constant 202: it never tells whether the person named is a client.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response
from flask_smorest import Blueprint

from policy_service.api import changes, door, shapes
from policy_service.api.schemas.lists import ReasonSchema, RecordedSchema
from policy_service.api.schemas.ties import (
    DisclosureFormSchema,
    DisclosureListSchema,
    DisclosureSchema,
    TieRevisionSchema,
)
from policy_service.database.tables.ties import TieRow
from policy_service.domain.principals import Scope
from policy_service.ledger.leaf import format_at
from policy_service.services import disclosures, stored_responses
from policy_service.services.context import Context
from policy_service.services.disclosures import DisclosureForm, TieChange
from policy_service.services.parties import clinician_row, record_of
from policy_service.services.ties import StatedTie, open_ties

blueprint = Blueprint(
    "disclosures",
    __name__,
    url_prefix="/v1/clinicians/<uuid:clinician_id>/disclosures",
    description="Disclosures",
)


@blueprint.post("")
@blueprint.arguments(DisclosureFormSchema)
@blueprint.response(202, RecordedSchema)
def disclose(asked: dict[str, Any], clinician_id: UUID) -> Response:
    """The clinician states a tie to a person."""

    def change(context: Context) -> stored_responses.Response:
        clinician = clinician_row(context, str(clinician_id))
        made = disclosures.disclose(context, DisclosureForm(clinician.id, **asked))
        return _accepted(context, clinician.id, made)

    return changes.once(door.principal(Scope.REGISTRY_WRITE), change)


@blueprint.get("")
@blueprint.response(200, DisclosureListSchema)
def list_disclosures(clinician_id: UUID) -> dict[str, Any]:
    """What the clinician states now, without names."""
    with door.desk().reading(door.principal(Scope.REGISTRY_READ)) as context:
        clinician = clinician_row(context, str(clinician_id))
        found = disclosures.disclosures_of(context, clinician.id)
    return {"items": [_shape(row, tie) for row, tie in found]}


@blueprint.get("/<uuid:tie_id>")
@blueprint.response(200, DisclosureSchema)
def read(clinician_id: UUID, tie_id: UUID) -> dict[str, Any]:
    """A disclosure as it stands, without the name."""
    with door.desk().reading(door.principal(Scope.REGISTRY_READ)) as context:
        row = record_of(context, TieRow, str(clinician_id), str(tie_id))
        return _shape(row, open_ties(context, [row])[0])


@blueprint.put("/<uuid:tie_id>")
@blueprint.arguments(TieRevisionSchema)
@blueprint.response(202, RecordedSchema)
def revise(asked: dict[str, Any], clinician_id: UUID, tie_id: UUID) -> Response:
    """The tie ended, its kind was wrong, its dates are better known."""

    reason = asked.pop("reason")

    def change(context: Context) -> stored_responses.Response:
        row = record_of(context, TieRow, str(clinician_id), str(tie_id))
        disclosures.revise_disclosure(context, row.id, TieChange(**asked), reason)
        return _accepted(context, str(clinician_id), row.id)

    return changes.once(door.principal(Scope.REGISTRY_WRITE), change)


@blueprint.post("/<uuid:tie_id>/withdrawal")
@blueprint.arguments(ReasonSchema)
@blueprint.response(202, RecordedSchema)
def withdraw(asked: dict[str, Any], clinician_id: UUID, tie_id: UUID) -> Response:
    """The tie never was."""

    def change(context: Context) -> stored_responses.Response:
        row = record_of(context, TieRow, str(clinician_id), str(tie_id))
        disclosures.withdraw_disclosure(context, row.id, asked["reason"])
        return _accepted(context, str(clinician_id), row.id)

    return changes.once(door.principal(Scope.REGISTRY_WRITE), change)


def _accepted(context: Context, clinician_id: str, tie_id: str) -> stored_responses.Response:
    at = f"/v1/clinicians/{clinician_id}/disclosures/{tie_id}"
    return changes.recorded(context, tie_id, at, status=202)


def _shape(row: TieRow, tie: StatedTie) -> dict[str, Any]:
    said = shapes.columns(tie, "id", "kind", "since", "until", "is_ended")
    return said | {
        "revision": row.revision,
        "person_id": tie.to_person,
        "recorded_at": format_at(row.recorded_at),
    }
