"""Patient, Practitioner and RelatedPerson as person records (R4, sections 8.1, 8.4 and 8.3)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from marshmallow import post_load

from policy_service.domain.people import (
    Address,
    Handle,
    NameKind,
    PersonName,
    PersonRecord,
)
from policy_service.domain.people import RelatedPerson as NamedPerson
from policy_service.importers.entries import profile
from policy_service.importers.people import full_name
from policy_service.interop.fhir.elements import (
    Code,
    ConceptSchema,
    Day,
    Element,
    Identifier,
    IdentifierSchema,
    Part,
    Parts,
    Period,
    PeriodSchema,
    Reference,
    ReferenceSchema,
    Text,
    Texts,
    YesNo,
    identifiers,
)
from policy_service.interop.fhir.relations import Relation, read_relation

_GENDERS = ("male", "female", "other", "unknown")
_NAME_USES = ("usual", "official", "temp", "nickname", "anonymous", "old", "maiden")
_NAME_KINDS = {
    "nickname": NameKind.NICKNAME,
    "old": NameKind.FORMER,
    "maiden": NameKind.MAIDEN,
    "temp": NameKind.ALIAS,
    "anonymous": NameKind.ALIAS,
}
_PHONES = frozenset({"phone", "sms", "fax", "pager"})


@dataclass(frozen=True, slots=True)
class Individual:
    """What the three kinds of person have in common. `is_active` is None where nothing says so."""

    id: str
    identifiers: tuple[Identifier, ...]
    is_active: bool | None
    record: PersonRecord


@dataclass(frozen=True, slots=True)
class Patient(Individual):
    """A patient; `record.related` holds the contacts the resource names."""

    general_practitioners: tuple[Reference, ...] = ()
    links: tuple[Reference, ...] = ()
    """Other records of the same person."""


@dataclass(frozen=True, slots=True)
class Practitioner(Individual):
    """A practitioner."""


@dataclass(frozen=True, slots=True)
class RelatedPerson(Individual):
    """A person involved in the care of a patient; `relation` is what they are to the patient."""

    patient: Reference
    relation: Relation
    period: Period

    def as_named(self) -> NamedPerson:
        """As the patient's own record names this person (`PersonRecord.related`)."""
        first = next(iter(self.record.names), PersonName())
        phone = next(iter(self.record.phones), "")
        relation = self.relation
        return NamedPerson(first, relation.kind, relation.role, self.record.birth_date, phone)


class _NameSchema(Element):
    use = Code(_NAME_USES, load_default="")
    text = Text(load_default="")
    family = Text(load_default="")
    given = Texts()
    suffix = Texts()
    period = Part(PeriodSchema, load_default=Period())

    @post_load
    def _make(self, parts: dict[str, Any], **_: Any) -> PersonName:
        kind = _NAME_KINDS.get(parts["use"], NameKind.LEGAL)
        if kind is NameKind.LEGAL and parts["period"].end:
            kind = NameKind.FORMER
        given, family = parts["given"], parts["family"]
        if not given and not family:
            whole = full_name(parts["text"]) if parts["text"] else PersonName()
            given, family = tuple(filter(None, (whole.given,))), whole.family
        return PersonName(
            next(iter(given), ""), family, " ".join(given[1:]), " ".join(parts["suffix"]), kind
        )


class _TelecomSchema(Element):
    system = Code(("phone", "fax", "email", "pager", "url", "sms", "other"), load_default="")
    value = Text(load_default="")


class _AddressSchema(Element):
    text = Text(load_default="")
    line = Texts()
    city = Text(load_default="")
    state = Text(load_default="")
    postalCode = Text(load_default="")

    @post_load
    def _make(self, parts: dict[str, Any], **_: Any) -> Address:
        line = parts["line"]
        town = {"city": parts["city"], "state": parts["state"], "postcode": parts["postalCode"]}
        street = line[0] if line else "" if any(town.values()) else parts["text"]
        return Address(street=street, unit=" ".join(line[1:]), **town)


class _ContactSchema(Element):
    """Patient.contact: a guardian, partner or friend to turn to; an organisation is left out."""

    relationship = Parts(Part(ConceptSchema))
    name = Part(_NameSchema, load_default=PersonName())
    telecom = Parts(Part(_TelecomSchema))

    @post_load
    def _make(self, parts: dict[str, Any], **_: Any) -> NamedPerson | None:
        phone = next(iter(_phones(parts["telecom"])), "")
        if parts["name"] == PersonName() and not phone:
            return None
        relation = read_relation(parts["relationship"])
        return NamedPerson(parts["name"], relation.kind, relation.role, phone=phone)


class _IndividualSchema(Element):
    id = Text(load_default="")
    identifier = Parts(Part(IdentifierSchema))
    active = YesNo(load_default=None)
    name = Parts(Part(_NameSchema))
    telecom = Parts(Part(_TelecomSchema))
    gender = Code(_GENDERS, load_default="")
    birthDate = Day(load_default="")
    address = Parts(Part(_AddressSchema))


class _LinkSchema(Element):
    other = Part(ReferenceSchema, required=True)


class PatientSchema(_IndividualSchema):
    """Patient."""

    contact = Parts(Part(_ContactSchema))
    generalPractitioner = Parts(Part(ReferenceSchema))
    link = Parts(Part(_LinkSchema))

    @post_load
    def _make(self, parts: dict[str, Any], **_: Any) -> Patient:
        links = tuple(one["other"] for one in parts["link"])
        return Patient(
            **_common(parts), general_practitioners=parts["generalPractitioner"], links=links
        )


class PractitionerSchema(_IndividualSchema):
    """Practitioner."""

    @post_load
    def _make(self, parts: dict[str, Any], **_: Any) -> Practitioner:
        return Practitioner(**_common(parts))


class RelatedPersonSchema(_IndividualSchema):
    """RelatedPerson: `patient` is required (1..1)."""

    patient = Part(ReferenceSchema, required=True)
    relationship = Parts(Part(ConceptSchema))
    period = Part(PeriodSchema, load_default=Period())

    @post_load
    def _make(self, parts: dict[str, Any], **_: Any) -> RelatedPerson:
        relation = read_relation(parts["relationship"])
        return RelatedPerson(
            **_common(parts), patient=parts["patient"], relation=relation, period=parts["period"]
        )


def _common(parts: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": parts["id"],
        "identifiers": identifiers(parts["identifier"]),
        "is_active": parts["active"],
        "record": _record(parts),
    }


def _record(parts: dict[str, Any]) -> PersonRecord:
    telecom = parts["telecom"]
    contacts = parts.get("contact", ())
    return PersonRecord(
        names=tuple(_in_use_first(parts["name"])),
        birth_date=parts["birthDate"],
        sex="" if parts["gender"] == "unknown" else parts["gender"],
        phones=tuple(_phones(telecom)),
        emails=tuple(_emails(telecom)),
        addresses=tuple(one for one in parts["address"] if one != Address()),
        handles=tuple(_handles(telecom)),
        related=tuple(one for one in contacts if one is not None),
    )


def _in_use_first(names: Sequence[PersonName]) -> list[PersonName]:
    """The first name is the one recognition completes the others from: a legal one, if any."""
    said = [name for name in names if name.given or name.family]
    return sorted(said, key=lambda name: name.kind is not NameKind.LEGAL)


def _phones(telecom: Sequence[dict[str, str]]) -> Iterator[str]:
    for one in telecom:
        if one["value"] and one["system"] in _PHONES:
            yield one["value"].removeprefix("tel:").removeprefix("sms:")


def _emails(telecom: Sequence[dict[str, str]]) -> Iterator[str]:
    for one in telecom:
        if one["value"] and one["system"] == "email":
            yield one["value"].removeprefix("mailto:")


def _handles(telecom: Sequence[dict[str, str]]) -> Iterator[Handle]:
    """Profiles on platforms we know; another address says nothing about a person."""
    for one in telecom:
        if one["system"] in ("url", "other"):
            platform, name = profile(one["value"])
            if platform:
                yield Handle(platform, name)
