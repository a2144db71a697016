"""Who a hook call is about: the client, each practitioner of the context, and who looks on.

References are matched by registered identifiers. A reference to another host is never followed, and
an id there says nothing here. Whoever is not registered learns the least (design, section 7).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select

from policy_service.database.tables.registry import ClientRow
from policy_service.domain.principals import ActingRole, ActingUser, Principal
from policy_service.errors import FieldError, Unresolvable
from policy_service.interop.cds.contexts import HookRequest, Named, of_encounter
from policy_service.interop.cds.prefetch import Supply
from policy_service.interop.fhir.reading import (
    Identifier,
    Practitioner,
    PractitionerRole,
    Reference,
)
from policy_service.services.alternatives import clinician_names
from policy_service.services.checks import ClientNamed
from policy_service.services.context import Context
from policy_service.services.desk import Desk
from policy_service.services.external_identifiers import Known, Name, find_all

_OTHERS = {"Patient": ActingRole.PATIENT, "RelatedPerson": ActingRole.RELATIVE}


@dataclass(frozen=True, slots=True)
class Clinician:
    """A practitioner of the context who is ours; `reference` as the context wrote it."""

    id: str
    name: str
    reference: Reference


@dataclass(frozen=True, slots=True)
class Cast:
    """Everybody a call is about. `strangers` are practitioners who are not registered here."""

    client: ClientNamed
    clinicians: tuple[Clinician, ...]
    strangers: tuple[Named, ...]
    acting: ActingUser

    @property
    def may_be_told(self) -> bool:
        """Whether whoever looks on is somebody who may learn anything at all."""
        return self.acting.role not in (
            ActingRole.PATIENT,
            ActingRole.RELATIVE,
            ActingRole.UNKNOWN,
        )


def find_cast(desk: Desk, principal: Principal, supply: Supply) -> Cast:
    """Everybody. Unresolvable if the patient, or every practitioner named, cannot be found."""
    request = supply.request
    client = _client(desk, principal, supply)
    encounter = supply.encounter()
    met = of_encounter(encounter) if encounter else ()
    named = _each_once(request, (*request.practitioners, *met))
    known = _identify(desk, principal, supply, named)
    strangers = tuple(one for one in named if one not in known)
    if strangers and not known:
        text = "No practitioner of ours is registered under this reference."
        wrong = [FieldError(_pointer(one.element), text) for one in strangers]
        raise Unresolvable(errors=wrong)
    with desk.reading(principal) as context:
        clinicians = _clinicians(context, known)
    return Cast(client, clinicians, strangers, _acting(request, known))


def _pointer(element: str) -> str:
    return "/" + element.replace(".", "/")


def _each_once(request: HookRequest, named: Sequence[Named]) -> tuple[Named, ...]:
    """By who is meant, the first element that names them."""
    found: dict[tuple[str, ...], Named] = {}
    for one in named:
        found.setdefault(_meant(request, one.reference), one)
    return tuple(found.values())


def _meant(request: HookRequest, reference: Reference) -> tuple[str, ...]:
    """Equal for two references that mean one resource, whether absolute or relative."""
    if reference.id and _is_own(request, reference):
        return reference.kind, reference.id
    identifier = reference.identifier or Identifier("")
    return reference.reference, reference.kind, identifier.system, identifier.value


def _client(desk: Desk, principal: Principal, supply: Supply) -> ClientNamed:
    """The patient as stated today, or a client already known by the EHR's id."""
    patient, patient_id = supply.patient(), supply.request.patient_id
    if patient is not None:
        related = tuple(one.as_named() for one in supply.related())
        record = replace(patient.record, related=(*patient.record.related, *related))
        return ClientNamed(record=record, external_id=patient_id)
    supply.gaps.append("related")
    with desk.reading(principal) as context:
        wanted = select(ClientRow.id).where(ClientRow.external_id == patient_id)
        client_id = context.session.scalars(wanted).first()
    if client_id is None:
        text = "This patient is neither in the prefetch nor known here, and could not be read."
        raise Unresolvable(errors=[FieldError("/context/patientId", text)])
    return ClientNamed(id=client_id)


def _identify(
    desk: Desk, principal: Principal, supply: Supply, named: Sequence[Named]
) -> dict[Named, Known]:
    """Those who are registered: by their reference, else by the identifiers of their resource."""
    with desk.reading(principal) as context:
        known = _find_all(context, {one: _names(supply.request, one.reference) for one in named})
    more = {
        one: tuple(_names_of_resource(supply, one.reference)) for one in named if one not in known
    }
    if any(more.values()):
        with desk.reading(principal) as context:
            known |= _find_all(context, more)
    return {one: known[one] for one in named if one in known}


def _find_all(context: Context, names: dict[Named, tuple[Name, ...]]) -> dict[Named, Known]:
    found = zip(names, find_all(context, list(names.values())), strict=True)
    return {one: who for one, who in found if who is not None}


def _names(request: HookRequest, reference: Reference) -> tuple[Name, ...]:
    """What a reference says by itself. An id counts on the EHR's own server alone."""
    names = list(_business([reference.identifier] if reference.identifier else []))
    if reference.id and _is_own(request, reference):
        names.append((reference.kind, reference.id))
    return tuple(names)


def _is_own(request: HookRequest, reference: Reference) -> bool:
    return reference.base in ("", request.server)


def _names_of_resource(supply: Supply, reference: Reference) -> Iterator[Name]:
    """The identifiers in the resource a reference points to, and of the practitioner of a role."""
    if not reference.id or not _is_own(supply.request, reference):
        return
    if reference.kind == "PractitionerRole":
        role = supply.individual(PractitionerRole, reference.id)
        if role is not None:
            yield from _business(role.identifiers)
            yield from _names(supply.request, role.practitioner)
        return
    practitioner = supply.individual(Practitioner, reference.id)
    if practitioner is not None:
        yield from _business(practitioner.identifiers)


def _business(given: Iterable[Identifier]) -> Iterator[Name]:
    return ((one.system, one.value) for one in given if one.system)


def _clinicians(context: Context, known: dict[Named, Known]) -> tuple[Clinician, ...]:
    """Each clinician once, in the order of the context."""
    first: dict[str, Reference] = {}
    for named, who in known.items():
        if who.clinician_id is not None:
            first.setdefault(who.clinician_id, named.reference)
    names = clinician_names(context, first)
    return tuple(Clinician(one, names[one], reference) for one, reference in first.items())


def _acting(request: HookRequest, known: dict[Named, Known]) -> ActingUser:
    """Who looks at the card.

    An order is dispatched without a user (hook library): what a front desk may know is shown.
    """
    if request.user is None:
        return ActingUser(ActingRole.INTAKE)
    if request.user.kind in _OTHERS:
        return ActingUser(_OTHERS[request.user.kind])
    for named, who in known.items():
        if _meant(request, named.reference) == _meant(request, request.user):
            return who.acting
    return ActingUser(ActingRole.UNKNOWN)
