"""Read a hook call: who asks about whom (CDS Hooks 2.0, "HTTP Request"; hook library 1.0.1).

Every practitioner of the context counts, never `userId` alone: at a booking that is whoever clicks.
What cannot be read is refused with the element's name; nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from policy_service.errors import FieldError, InvalidRequest
from policy_service.interop.cds.discovery import Service
from policy_service.interop.fhir.reading import (
    Appointment,
    Bundle,
    Encounter,
    Reference,
    ServiceRequest,
    read,
    read_all,
)

PRACTITIONERS = ("Practitioner", "PractitionerRole")
USERS = (*PRACTITIONERS, "Patient", "RelatedPerson")
_FHIR_ID = re.compile(r"[A-Za-z0-9.-]{1,64}", re.ASCII)
_LONGEST = 2000
_MOST_PRACTITIONERS = 20
"""In one call: each is a check of its own."""


@dataclass(frozen=True, slots=True)
class Named:
    """A practitioner the context names, and the element that names them."""

    reference: Reference
    element: str


@dataclass(frozen=True, slots=True)
class Grant:
    """What the EHR lets us read back with, and from where."""

    server: str
    token: str


@dataclass(frozen=True, slots=True)
class HookRequest:
    """A hook call that can be read. `practitioners` may be empty; `user` is None without one."""

    service: Service
    instance: str
    user: Reference | None
    patient_id: str
    encounter_id: str
    practitioners: tuple[Named, ...]
    appointments: tuple[Mapping[str, Any], ...]
    server: str
    grant: Grant | None
    prefetch: Mapping[str, Any]
    contained: tuple[Mapping[str, Any], ...] = field(default=())
    """Resources that came inside the context, such as roles beside their appointment."""


def read_request(service: Service, body: Mapping[str, Any]) -> HookRequest:
    """The call as it may be answered. InvalidRequest names every element that is wrong."""
    _require_envelope(service, body)
    context: Mapping[str, Any] = body["context"]
    _require_context(service, context)
    bundles = _bundles(context)
    named = tuple(_practitioners(service, context, bundles))
    if len(named) > _MOST_PRACTITIONERS:
        raise _refused("/context", f"At most {_MOST_PRACTITIONERS} practitioners are checked.")
    appointments = bundles.get("appointments")
    return HookRequest(
        service=service,
        instance=str(body["hookInstance"]),
        user=_user(context),
        patient_id=_patient_id(context),
        encounter_id=str(context.get("encounterId", "")),
        practitioners=named,
        appointments=tuple(one.resource for one in appointments.of("Appointment"))
        if appointments
        else (),
        server=str(body.get("fhirServer", "")).rstrip("/"),
        grant=_grant(body),
        prefetch=body.get("prefetch") or {},
        contained=tuple(one.resource for bundle in bundles.values() for one in bundle.entries),
    )


def _require_envelope(service: Service, body: Mapping[str, Any]) -> None:
    wrong = [*_wrong_envelope(service, body), *_wrong_authorization(body)]
    if wrong:
        raise InvalidRequest(errors=wrong)


def _wrong_envelope(service: Service, body: Mapping[str, Any]) -> Iterator[FieldError]:
    if body.get("hook") != service.hook:
        yield FieldError("/hook", "The hook of this service is expected.", (service.hook,))
    if not _is_uuid(body.get("hookInstance")):
        yield FieldError("/hookInstance", "A UUID is expected.")
    if not isinstance(body.get("context"), Mapping):
        yield FieldError("/context", "An object is expected.")
    for name in ("prefetch", "extension"):
        if not isinstance(body.get(name, {}), Mapping | None):
            yield FieldError(f"/{name}", "An object is expected.")


def _wrong_authorization(body: Mapping[str, Any]) -> Iterator[FieldError]:
    server, grant = body.get("fhirServer"), body.get("fhirAuthorization")
    if server is not None and not _is_url(server):
        yield FieldError("/fhirServer", "A base URL is expected: https://host/path.")
    if grant is None:
        return
    if not isinstance(grant, Mapping):
        yield FieldError("/fhirAuthorization", "An object is expected.")
        return
    if server is None:
        yield FieldError("/fhirServer", "This goes with fhirAuthorization.")
    if not _is_visible(grant.get("access_token")):
        yield FieldError("/fhirAuthorization/access_token", "A token is expected.")
    if grant.get("token_type") != "Bearer":
        yield FieldError("/fhirAuthorization/token_type", "This is expected.", ("Bearer",))
    if "expires_in" in grant and not _is_whole(grant["expires_in"]):
        yield FieldError("/fhirAuthorization/expires_in", "Whole seconds are expected.")
    for name in ("scope", "subject", "patient"):
        if not isinstance(grant.get(name, ""), str):
            yield FieldError(f"/fhirAuthorization/{name}", "A text is expected.")


def _require_context(service: Service, context: Mapping[str, Any]) -> None:
    wrong = list(_wrong_context(service, context))
    if wrong:
        raise InvalidRequest(errors=wrong)


def _wrong_context(service: Service, context: Mapping[str, Any]) -> Iterator[FieldError]:
    user = context.get("userId")
    if user is None and service.hook != "order-dispatch":
        yield FieldError("/context/userId", "This element is required.")
    elif user is not None and _reference(user).kind not in USERS:
        yield FieldError("/context/userId", "A reference to one of these is expected.", USERS)
    if not _FHIR_ID.fullmatch(_patient_id(context)):
        yield FieldError("/context/patientId", "The id of a Patient is expected.")
    encounter = context.get("encounterId")
    if encounter is None and service.hook.startswith("encounter-"):
        yield FieldError("/context/encounterId", "This element is required.")
    elif encounter is not None and not (
        isinstance(encounter, str) and _FHIR_ID.fullmatch(encounter)
    ):
        yield FieldError("/context/encounterId", "The id of an Encounter is expected.")
    yield from _wrong_orders(service, context)


_REQUIRED = {
    "appointment-book": ("appointments",),
    "order-sign": ("draftOrders",),
    "order-dispatch": ("performer",),
}


def _wrong_orders(service: Service, context: Mapping[str, Any]) -> Iterator[FieldError]:
    for name in _REQUIRED.get(service.hook, ()):
        if name not in context:
            yield FieldError(f"/context/{name}", "This element is required.")
    if service.hook != "order-dispatch":
        return
    if "dispatchedOrders" not in context and "order" not in context:
        yield FieldError("/context/dispatchedOrders", "This element is required.")
    for pointer, value in _references(context):
        if not isinstance(value, str) or not value:
            yield FieldError(pointer, "A reference is expected.")


def _references(context: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The plain references of an order-dispatch, by today's names and by those before them."""
    for name in ("performer", "order"):
        if name in context:
            yield f"/context/{name}", context[name]
    orders = context.get("dispatchedOrders", ())
    if not isinstance(orders, list | tuple):
        yield "/context/dispatchedOrders", None
        return
    for number, order in enumerate(orders):
        yield f"/context/dispatchedOrders/{number}", order


def _bundles(context: Mapping[str, Any]) -> dict[str, Bundle]:
    """The bundles of a context by name. InvalidRequest names what is not one."""
    names = [name for name in ("appointments", "draftOrders") if name in context]
    return {name: read(context[name], Bundle, at=f"/context/{name}") for name in names}


def _practitioners(
    service: Service, context: Mapping[str, Any], bundles: Mapping[str, Bundle]
) -> Iterator[Named]:
    """Each once, in the order in which the context names them; the user comes last."""
    seen: set[Reference] = set()
    for one in (*_of_orders(service, context, bundles), *_of_user(context)):
        if one.reference not in seen and one.reference.kind in PRACTITIONERS:
            seen.add(one.reference)
            yield one


def _of_orders(
    service: Service, context: Mapping[str, Any], bundles: Mapping[str, Bundle]
) -> Iterator[Named]:
    for name, bundle in bundles.items():
        at = f"/context/{name}"
        for appointment in read_all(bundle, Appointment, at):
            yield from _named(appointment.actors(*PRACTITIONERS), f"context.{name}")
        for request in read_all(bundle, ServiceRequest, at):
            yield from _named(request.performers, f"context.{name}")
    if service.hook == "order-dispatch":
        yield Named(_reference(context["performer"]), "context.performer")
        yield from _of_tasks(context)


def _of_tasks(context: Mapping[str, Any]) -> Iterator[Named]:
    """Owners of the tasks that carry an order out: a list, a Bundle, or the one of old."""
    for name in ("fulfillmentTasks", "task"):
        for number, task in enumerate(_tasks(context.get(name))):
            at = f"/context/{name}" + (f"/{number}" if name == "fulfillmentTasks" else "")
            if not isinstance(task, Mapping):
                raise _refused(at, "A Task is expected.")
            owner = task.get("owner")
            if isinstance(owner, Mapping):
                yield Named(_reference(owner.get("reference")), f"context.{name}.owner")
            elif owner is not None:
                raise _refused(f"{at}/owner", "A Reference is expected.")


def _tasks(value: Any) -> Sequence[Any]:
    if value is None:
        return ()
    if isinstance(value, Mapping) and value.get("resourceType") == "Bundle":
        return [one.resource for one in read(value, Bundle, at="/context/fulfillmentTasks").entries]
    return value if isinstance(value, list) else [value]


def _of_user(context: Mapping[str, Any]) -> Iterator[Named]:
    user = _user(context)
    if user is not None:
        yield Named(user, "context.userId")


def of_encounter(encounter: Encounter) -> tuple[Named, ...]:
    """Who takes part in an encounter that was read."""
    actors = (one.actor for one in encounter.participants if one.actor.kind in PRACTITIONERS)
    return tuple(_named(tuple(dict.fromkeys(actors)), "Encounter.participant"))


def _named(references: Sequence[Reference], element: str) -> Iterator[Named]:
    return (Named(reference, element) for reference in references)


def _user(context: Mapping[str, Any]) -> Reference | None:
    return _reference(context["userId"]) if "userId" in context else None


def _reference(value: Any) -> Reference:
    return Reference(value) if isinstance(value, str) and len(value) <= _LONGEST else Reference()


def _patient_id(context: Mapping[str, Any]) -> str:
    value = context.get("patientId")
    return value.removeprefix("Patient/") if isinstance(value, str) else ""


def _grant(body: Mapping[str, Any]) -> Grant | None:
    given = body.get("fhirAuthorization")
    if not isinstance(given, Mapping):
        return None
    return Grant(str(body["fhirServer"]).rstrip("/"), str(given["access_token"]))


def _is_uuid(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(UUID(value))
    except ValueError:
        return False


def _is_url(value: Any) -> bool:
    return isinstance(value, str) and bool(re.fullmatch(r"https?://[!-~]{1,490}", value))


def _is_visible(value: Any) -> bool:
    return isinstance(value, str) and bool(re.fullmatch(r"[!-~]{1,8000}", value))


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _refused(pointer: str, detail: str) -> InvalidRequest:
    return InvalidRequest(errors=[FieldError(pointer, detail)])
