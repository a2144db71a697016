"""/v1/clinicians: register, read, correct, deactivate."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response
from flask_smorest import Blueprint

from policy_service.api import changes, door, shapes
from policy_service.api.schemas.clinicians import (
    ClinicianFormSchema,
    ClinicianPageSchema,
    ClinicianSchema,
    PersonFormSchema,
)
from policy_service.api.schemas.lists import PageQuerySchema, ReasonSchema, RecordedSchema
from policy_service.database.tables.registry import ClinicianRow
from policy_service.domain.principals import Scope
from policy_service.services import stored_responses
from policy_service.services.clinicians import (
    ClinicianForm,
    correct_clinician,
    deactivate_clinician,
    register_clinician,
)
from policy_service.services.context import Context
from policy_service.services.paging import Window, page_of
from policy_service.services.parties import clinician_row

blueprint = Blueprint("clinicians", __name__, url_prefix="/v1/clinicians", description="Clinicians")


@blueprint.post("")
@blueprint.arguments(ClinicianFormSchema)
@blueprint.response(201, ClinicianSchema)
def register(asked: dict[str, Any]) -> Response:
    """Register a clinician."""

    def change(context: Context) -> stored_responses.Response:
        form = ClinicianForm(asked["person"], asked.get("external_id"))
        row = clinician_row(context, register_clinician(context, form))
        return changes.made(f"/v1/clinicians/{row.id}", shapes.clinician(context, row))

    return changes.once(door.principal(Scope.REGISTRY_WRITE), change)


@blueprint.get("")
@blueprint.arguments(PageQuerySchema, **door.QUERY)
@blueprint.response(200, ClinicianPageSchema)
def list_clinicians(query: dict[str, Any]) -> dict[str, Any]:
    """Clinicians, a page at a time."""
    window = Window(query.get("cursor"), query["limit"], query.get("external_id"))
    with door.desk().reading(door.principal(Scope.REGISTRY_READ)) as context:
        page = page_of(context, ClinicianRow, window)
    items = [shapes.clinician_line(row) for row in page.rows]
    return {"items": items, "next_cursor": page.next}


@blueprint.get("/<uuid:clinician_id>")
@blueprint.response(200, ClinicianSchema)
def read(clinician_id: UUID) -> dict[str, Any]:
    """A clinician with licences and memberships."""
    with door.desk().reading(door.principal(Scope.REGISTRY_READ)) as context:
        return shapes.clinician(context, clinician_row(context, str(clinician_id)))


@blueprint.put("/<uuid:clinician_id>")
@blueprint.arguments(PersonFormSchema)
@blueprint.response(200, ClinicianSchema)
def correct(asked: dict[str, Any], clinician_id: UUID) -> Response:
    """Put a corrected record in place."""

    def change(context: Context) -> stored_responses.Response:
        correct_clinician(context, str(clinician_id), asked["person"])
        context.session.expire_all()  # versions are raised by statement
        row = clinician_row(context, str(clinician_id))
        return changes.changed(shapes.clinician(context, row))

    return changes.once(door.principal(Scope.REGISTRY_WRITE), change)


@blueprint.post("/<uuid:clinician_id>/deactivation")
@blueprint.arguments(ReasonSchema)
@blueprint.response(200, RecordedSchema)
def deactivate(asked: dict[str, Any], clinician_id: UUID) -> Response:
    """The clinician left the practice: no new checks; what was recorded stays."""

    def change(context: Context) -> stored_responses.Response:
        deactivate_clinician(context, str(clinician_id), asked["reason"])
        return changes.recorded(context, str(clinician_id))

    return changes.once(door.principal(Scope.REGISTRY_WRITE), change)
