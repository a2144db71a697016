"""/v1/clinicians/{id}/licences and …/memberships: whose codes bind the clinician, and when."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response
from flask_smorest import Blueprint

from policy_service.api import changes, door, shapes
from policy_service.api.schemas.clinicians import (
    EndSchema,
    LicenceFormSchema,
    LicenceListSchema,
    LicenceSchema,
    MembershipFormSchema,
    MembershipListSchema,
    MembershipSchema,
)
from policy_service.api.schemas.lists import ReasonSchema, RecordedSchema
from policy_service.database.tables.registry import LicenceRow, MembershipRow
from policy_service.domain.principals import Scope
from policy_service.services import clinicians, stored_responses
from policy_service.services.clinicians import LicenceForm, MembershipForm
from policy_service.services.context import Context
from policy_service.services.parties import clinician_row, record_of
from policy_service.services.revisions import current

blueprint = Blueprint(
    "licences",
    __name__,
    url_prefix="/v1/clinicians/<uuid:clinician_id>",
    description="Licences and memberships",
)


@blueprint.post("/licences")
@blueprint.arguments(LicenceFormSchema)
@blueprint.response(201, LicenceSchema)
def add_licence(asked: dict[str, Any], clinician_id: UUID) -> Response:
    """Add a licence. One that no pack speaks for is accepted; answers then say so."""

    def change(context: Context) -> stored_responses.Response:
        made = clinicians.add_licence(context, str(clinician_id), LicenceForm(**asked))
        row = current(context, LicenceRow, made)
        return changes.made(f"/v1/clinicians/{clinician_id}/licences/{made}", shapes.licence(row))

    return changes.once(door.principal(Scope.REGISTRY_WRITE), change)


@blueprint.get("/licences")
@blueprint.response(200, LicenceListSchema)
def list_licences(clinician_id: UUID) -> dict[str, Any]:
    """All licences, lapsed ones too."""
    with door.desk().reading(door.principal(Scope.REGISTRY_READ)) as context:
        clinician = clinician_row(context, str(clinician_id))
        rows = clinicians.licences_of(context, clinician.id)
        return {"items": [shapes.licence(row) for row in rows]}


@blueprint.get("/licences/<uuid:licence_id>")
@blueprint.response(200, LicenceSchema)
def read_licence(clinician_id: UUID, licence_id: UUID) -> dict[str, Any]:
    """A licence as it stands."""
    with door.desk().reading(door.principal(Scope.REGISTRY_READ)) as context:
        row = record_of(context, LicenceRow, str(clinician_id), str(licence_id))
        return shapes.licence(row)


@blueprint.post("/licences/<uuid:licence_id>/lapse")
@blueprint.arguments(EndSchema)
@blueprint.response(200, RecordedSchema)
def lapse_licence(asked: dict[str, Any], clinician_id: UUID, licence_id: UUID) -> Response:
    """The licence ended."""

    def change(context: Context) -> stored_responses.Response:
        row = record_of(context, LicenceRow, str(clinician_id), str(licence_id))
        clinicians.lapse_licence(context, row.id, asked["valid_to"], asked["reason"])
        return changes.recorded(context, row.id)

    return changes.once(door.principal(Scope.REGISTRY_WRITE), change)


@blueprint.post("/licences/<uuid:licence_id>/withdrawal")
@blueprint.arguments(ReasonSchema)
@blueprint.response(200, RecordedSchema)
def withdraw_licence(asked: dict[str, Any], clinician_id: UUID, licence_id: UUID) -> Response:
    """The licence was entered by mistake."""

    def change(context: Context) -> stored_responses.Response:
        row = record_of(context, LicenceRow, str(clinician_id), str(licence_id))
        clinicians.withdraw_licence(context, row.id, asked["reason"])
        return changes.recorded(context, row.id)

    return changes.once(door.principal(Scope.REGISTRY_WRITE), change)


@blueprint.post("/memberships")
@blueprint.arguments(MembershipFormSchema)
@blueprint.response(201, MembershipSchema)
def add_membership(asked: dict[str, Any], clinician_id: UUID) -> Response:
    """Add a membership of an association."""

    def change(context: Context) -> stored_responses.Response:
        made = clinicians.add_membership(context, str(clinician_id), MembershipForm(**asked))
        row = current(context, MembershipRow, made)
        at = f"/v1/clinicians/{clinician_id}/memberships/{made}"
        return changes.made(at, shapes.membership(row))

    return changes.once(door.principal(Scope.REGISTRY_WRITE), change)


@blueprint.get("/memberships")
@blueprint.response(200, MembershipListSchema)
def list_memberships(clinician_id: UUID) -> dict[str, Any]:
    """All memberships, ended ones too."""
    with door.desk().reading(door.principal(Scope.REGISTRY_READ)) as context:
        clinician = clinician_row(context, str(clinician_id))
        rows = clinicians.memberships_of(context, clinician.id)
        return {"items": [shapes.membership(row) for row in rows]}


@blueprint.get("/memberships/<uuid:membership_id>")
@blueprint.response(200, MembershipSchema)
def read_membership(clinician_id: UUID, membership_id: UUID) -> dict[str, Any]:
    """A membership as it stands."""
    with door.desk().reading(door.principal(Scope.REGISTRY_READ)) as context:
        row = record_of(context, MembershipRow, str(clinician_id), str(membership_id))
        return shapes.membership(row)


@blueprint.post("/memberships/<uuid:membership_id>/end")
@blueprint.arguments(EndSchema)
@blueprint.response(200, RecordedSchema)
def end_membership(asked: dict[str, Any], clinician_id: UUID, membership_id: UUID) -> Response:
    """The membership ended."""

    def change(context: Context) -> stored_responses.Response:
        row = record_of(context, MembershipRow, str(clinician_id), str(membership_id))
        clinicians.end_membership(context, row.id, asked["valid_to"], asked["reason"])
        return changes.recorded(context, row.id)

    return changes.once(door.principal(Scope.REGISTRY_WRITE), change)


@blueprint.post("/memberships/<uuid:membership_id>/withdrawal")
@blueprint.arguments(ReasonSchema)
@blueprint.response(200, RecordedSchema)
def withdraw_membership(asked: dict[str, Any], clinician_id: UUID, membership_id: UUID) -> Response:
    """The membership was entered by mistake."""

    def change(context: Context) -> stored_responses.Response:
        row = record_of(context, MembershipRow, str(clinician_id), str(membership_id))
        clinicians.withdraw_membership(context, row.id, asked["reason"])
        return changes.recorded(context, row.id)

    return changes.once(door.principal(Scope.REGISTRY_WRITE), change)
