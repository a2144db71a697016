"""Read a FHIR resource that somebody sent: the one way in for every interop door.

    patient = read(body, Patient, at="/prefetch/patient")

A resource of another type, or with an element that is not what R4 says, raises `InvalidRequest`
whose `errors` name each defect by JSON pointer below `at`. Elements we do not read are never a
defect. `read_any` takes one of several types; `read_all` the resources of a bundle.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from marshmallow import ValidationError

from policy_service.errors import FieldError, InvalidRequest
from policy_service.interop.fhir.bundles import (
    Bundle,
    BundleSchema,
    OperationOutcome,
    OperationOutcomeSchema,
)
from policy_service.interop.fhir.care import (
    Appointment,
    AppointmentSchema,
    CareState,
    Encounter,
    EncounterSchema,
    EpisodeOfCare,
    EpisodeOfCareSchema,
    LastContact,
    PractitionerRole,
    PractitionerRoleSchema,
    ServiceRequest,
    ServiceRequestSchema,
    last_contact,
)
from policy_service.interop.fhir.elements import Element, Identifier, Reference
from policy_service.interop.fhir.persons import (
    Patient,
    PatientSchema,
    Practitioner,
    PractitionerSchema,
    RelatedPerson,
    RelatedPersonSchema,
)
from policy_service.interop.fhir.relations import Relation
from policy_service.refusals import field_errors

__all__ = [
    "Appointment", "Bundle", "CareState", "Encounter", "EpisodeOfCare", "Identifier",
    "LastContact", "OperationOutcome", "Patient", "Practitioner", "PractitionerRole", "Reference",
    "RelatedPerson", "Relation", "Resource", "ServiceRequest", "last_contact", "read", "read_all",
    "read_any",
]  # fmt: skip

Resource = (
    Patient | Practitioner | RelatedPerson | PractitionerRole | Appointment | EpisodeOfCare
    | Encounter | ServiceRequest | Bundle | OperationOutcome
)  # fmt: skip
_SCHEMAS: dict[str, Element] = {
    "Patient": PatientSchema(),
    "Practitioner": PractitionerSchema(),
    "RelatedPerson": RelatedPersonSchema(),
    "PractitionerRole": PractitionerRoleSchema(),
    "Appointment": AppointmentSchema(),
    "EpisodeOfCare": EpisodeOfCareSchema(),
    "Encounter": EncounterSchema(),
    "ServiceRequest": ServiceRequestSchema(),
    "Bundle": BundleSchema(),
    "OperationOutcome": OperationOutcomeSchema(),
}
_R = TypeVar("_R", bound=Resource)


def read(value: object, kind: type[_R], at: str = "") -> _R:
    """The resource of this type. Raises InvalidRequest naming every defect below pointer `at`."""
    return cast(_R, _read(value, (kind.__name__,), at))


def read_any(value: object, *kinds: type[Resource], at: str = "") -> Resource:
    """A resource of one of these types, or of any that is read here when none is named."""
    names = tuple(kind.__name__ for kind in kinds) or tuple(_SCHEMAS)
    return _read(value, names, at)


def read_all(bundle: Bundle, kind: type[_R], at: str = "") -> tuple[_R, ...]:
    """Every resource of this type in the bundle; others in it are left aside."""
    entries = bundle.of(kind.__name__)
    return tuple(read(one.resource, kind, f"{at}/entry/{one.index}/resource") for one in entries)


def _read(value: object, names: tuple[str, ...], at: str) -> Resource:
    name = _type_of(value, names, at)
    try:
        return cast(Resource, _SCHEMAS[name].load(cast(Mapping[str, Any], value)))
    except ValidationError as refused:
        defects = list(field_errors(refused.messages, at))
        raise InvalidRequest(f"The {name} is not valid.", defects) from refused


def _type_of(value: object, names: tuple[str, ...], at: str) -> str:
    if not isinstance(value, Mapping):
        said = f"A resource is expected here: {' or '.join(names)}."
        raise InvalidRequest("This is not a FHIR resource.", [FieldError(at, said)])
    name = value.get("resourceType")
    if isinstance(name, str) and name in names:
        return name
    said = "The resourceType is missing." if name is None else "This type is not expected here."
    wrong = FieldError(f"{at}/resourceType", said, names)
    raise InvalidRequest("This is not the FHIR resource that is expected here.", [wrong])
