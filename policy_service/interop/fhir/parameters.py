"""The Parameters resource of `$check-boundary`, read into what a check needs (R4, 2.35)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from marshmallow import ValidationError, fields, post_load

from policy_service.domain.people import PersonRecord
from policy_service.domain.principals import ActingRole
from policy_service.errors import FieldError, InvalidRequest
from policy_service.interop.fhir.definitions import ASKED_PURPOSES, MOST_PRACTITIONERS
from policy_service.interop.fhir.elements import (
    Element,
    Part,
    Parts,
    Reference,
    ReferenceSchema,
    Text,
)
from policy_service.interop.fhir.reading import Appointment, Patient, RelatedPerson, read
from policy_service.refusals import field_errors
from policy_service.services.bindings import UNKNOWN_PLACE

_PLACE = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?", re.ASCII)
_ID = re.compile(r"[A-Za-z0-9.-]{1,64}", re.ASCII)
_CLINICIANS = ("Practitioner", "PractitionerRole")
_REPEATS = ("practitioner", "relatedPerson")


@dataclass(frozen=True, slots=True)
class Given:
    """One parameter: its place in the body and its value, of whatever type it came."""

    at: str
    text: str
    reference: Reference | None
    resource: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Named:
    """A practitioner, and the place in the body that names them."""

    reference: Reference
    at: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What `$check-boundary` is asked. The patient is described by a record, or named by our id."""

    purpose: str
    patient: Reference
    patient_at: str
    record: PersonRecord | None
    practitioners: tuple[Named, ...]
    acting_role: ActingRole
    acting_practitioner: Named | None
    location: str | None


class _ParameterSchema(Element):
    name = Text(required=True)
    valueCode = Text(load_default="")
    valueString = Text(load_default="")
    valueReference = Part(ReferenceSchema, load_default=None)
    resource = fields.Dict(load_default=None)

    @post_load
    def _make(self, parts: dict[str, Any], **_: Any) -> tuple[str, Given]:
        text = parts["valueCode"] or parts["valueString"]
        return parts["name"], Given("", text, parts["valueReference"], parts["resource"])


class _ParametersSchema(Element):
    parameter = Parts(Part(_ParameterSchema), required=True)


class _Body:
    """The parameters by name. A name that is not known, or is there too often, is refused."""

    def __init__(self, body: Mapping[str, Any]) -> None:
        self._given: dict[str, list[Given]] = {}
        for index, (name, given) in enumerate(_loaded(body)):
            at = f"/parameter/{index}"
            known = self._given.setdefault(_known(name, at), [])
            if known and name not in _REPEATS:
                raise _refused(f"{at}/name", f"{name} may be given once.")
            known.append(replace(given, at=at))

    def all(self, name: str) -> Sequence[Given]:
        """Every parameter of this name, in order."""
        return self._given.get(name, ())

    def one(self, name: str) -> Given | None:
        """The parameter of this name."""
        return next(iter(self.all(name)), None)

    def required(self, name: str) -> Given:
        """The same; refused where it is missing."""
        given = self.one(name)
        if given is None:
            raise _refused("/parameter", f"The parameter {name} is missing.")
        return given

    def code(self, name: str, allowed: Sequence[str], default: str | None = None) -> str:
        """A code out of a list."""
        given = self.required(name) if default is None else self.one(name)
        if given is None:
            return default or ""
        if given.text not in allowed:
            raise _refused(f"{given.at}/valueCode", "This code is not allowed.", allowed)
        return given.text


_NAMES = (
    "purpose", "patient", "practitioner", "appointment", "relatedPerson", "actingRole",
    "actingPractitioner", "locationOfService",
)  # fmt: skip


def _known(name: str, at: str) -> str:
    if name not in _NAMES:
        raise _refused(f"{at}/name", "This parameter is not known.", _NAMES)
    return name


def _loaded(body: Mapping[str, Any]) -> Sequence[tuple[str, Given]]:
    if body.get("resourceType") != "Parameters":
        raise _refused("/resourceType", "A Parameters resource is expected.", ("Parameters",))
    try:
        loaded = _ParametersSchema().load(body)
    except ValidationError as wrong:
        defects = list(field_errors(wrong.messages, "")) if wrong.messages else []
        raise InvalidRequest("The Parameters are not valid.", defects) from wrong
    return cast(Sequence[tuple[str, Given]], loaded["parameter"])


def _refused(pointer: str, detail: str, allowed: Sequence[str] = ()) -> InvalidRequest:
    return InvalidRequest(errors=[FieldError(pointer, detail, tuple(allowed))])


def read_parameters(body: Mapping[str, Any]) -> Asked:
    """What is asked. InvalidRequest names the element that is wrong; nothing is guessed."""
    given = _Body(body)
    purpose = given.code("purpose", ASKED_PURPOSES)
    patient_at, patient, record = _patient(given)
    practitioners = tuple(_practitioners(given))
    if not practitioners:
        raise _refused("/parameter", "At least one practitioner, or an appointment with one.")
    if len(practitioners) > MOST_PRACTITIONERS:
        raise _refused("/parameter", f"At most {MOST_PRACTITIONERS} practitioners are checked.")
    role = ActingRole(given.code("actingRole", tuple(ActingRole), ActingRole.UNKNOWN.value))
    return Asked(
        purpose,
        patient,
        patient_at,
        record,
        practitioners,
        role,
        _acting(given),
        _location(given),
    )


def _patient(given: _Body) -> tuple[str, Reference, PersonRecord | None]:
    """A resource described anew with whom it names, or a reference to a client of ours."""
    one = given.required("patient")
    if one.reference is not None:
        return one.at, one.reference, None
    patient = read(one.resource, Patient, f"{one.at}/resource")
    if patient.id and not _ID.fullmatch(patient.id):
        raise _refused(f"{one.at}/resource/id", "1 to 64 letters, digits, - and . are expected.")
    if not patient.record.names:
        raise _refused(f"{one.at}/resource/name", "At least one name is expected.")
    related = (
        read(each.resource, RelatedPerson, f"{each.at}/resource").as_named()
        for each in given.all("relatedPerson")
    )
    record = replace(patient.record, related=(*patient.record.related, *related))
    reference = Reference(f"Patient/{patient.id}" if patient.id else "")
    return one.at, reference, record


def _practitioners(given: _Body) -> Iterator[Named]:
    """Everyone who would treat, each once: named directly, then those of the appointment."""
    seen: set[Reference] = set()
    for named in (*_named(given), *_of_appointment(given.one("appointment"))):
        if named.reference not in seen:
            seen.add(named.reference)
            yield named


def _named(given: _Body) -> Iterator[Named]:
    for one in given.all("practitioner"):
        yield Named(_reference(one), one.at)


def _of_appointment(one: Given | None) -> Iterator[Named]:
    if one is None:
        return
    at = f"{one.at}/resource"
    appointment = read(one.resource, Appointment, at)
    for index, participant in enumerate(appointment.participants):
        if participant.actor.kind in _CLINICIANS:
            yield Named(participant.actor, f"{at}/participant/{index}/actor")


def _reference(one: Given) -> Reference:
    if one.reference is None:
        raise _refused(f"{one.at}/valueReference", "A Reference is expected.")
    return one.reference


def _acting(given: _Body) -> Named | None:
    one = given.one("actingPractitioner")
    return None if one is None else Named(_reference(one), one.at)


def _location(given: _Body) -> str | None:
    one = given.one("locationOfService")
    if one is None:
        return None
    if one.text != UNKNOWN_PLACE and not _PLACE.fullmatch(one.text):
        said = f"A country and, where it has one, a state is expected: US-TX; or {UNKNOWN_PLACE}."
        raise _refused(f"{one.at}/valueCode", said)
    return one.text
