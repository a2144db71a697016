"""Whom a FHIR reference means here: by the id we gave, the EHR's own, or a business identifier."""

from __future__ import annotations

from collections.abc import Iterator

from policy_service.database.tables.registry import ClinicianRow
from policy_service.database.types import is_id
from policy_service.domain.principals import ActingRole, ActingUser
from policy_service.errors import FieldError, InvalidRequest
from policy_service.interop.fhir.elements import Reference
from policy_service.interop.fhir.parameters import Named
from policy_service.services.context import Context
from policy_service.services.external_identifiers import Name, find


def names_of(reference: Reference) -> Iterator[Name]:
    """What a reference says by itself. An id on another server than ours names nobody here."""
    if reference.identifier is not None and reference.identifier.system:
        yield reference.identifier.system, reference.identifier.value
    if reference.id and not reference.base:
        yield reference.kind, reference.id


def clinician_meant(context: Context, named: Named) -> str:
    """The active clinician's id. InvalidRequest where nobody, or more than one, is meant."""
    ref = named.reference.id
    row = context.session.get(ClinicianRow, (context.practice_id, ref)) if is_id(ref) else None
    if row is not None and row.is_active:
        return row.id
    known = find(context, names_of(named.reference))
    if known is None or known.clinician_id is None:
        said = "No active clinician of this practice is registered under this reference."
        raise InvalidRequest(errors=[FieldError(named.at, said)])
    return known.clinician_id


def acting_user(context: Context, role: ActingRole, practitioner: Named | None) -> ActingUser:
    """Who reads the answer; a clinician is named by reference, and unnamed learns the least."""
    if role is not ActingRole.CLINICIAN or practitioner is None:
        return ActingUser(role)
    return ActingUser(role, clinician_meant(context, practitioner))
