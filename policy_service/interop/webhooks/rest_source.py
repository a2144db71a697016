"""Read back by plain REST, in the words of this service's own API (docs/integrating.md).

    GET {base}/clients/{id}        {"person": {…}} as POST /v1/clients takes it
    GET {base}/appointments/{id}   {"client_ids": […], "clinician_ids": […], "status": "booked"}
    GET {base}/sessions/{id}       the same
    GET {base}/episodes/{id}       {"clients": [{"id", "role"}], "clinicians": [{"id", "role",
                                    "last_contact_on"}], "began_on", "terminated_on",
                                    "termination_reason", "is_open"}

What is not named here is not read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import ValidationError, post_load

from policy_service.domain.care import ClientRole, ClinicianRole
from policy_service.domain.people import (
    Address,
    Handle,
    NameKind,
    PersonName,
    PersonRecord,
    RelatedPerson,
    RelatedRole,
)
from policy_service.errors import InvalidRequest
from policy_service.interop.fhir.elements import (
    Code,
    Day,
    Element,
    Part,
    Parts,
    Text,
    Texts,
    YesNo,
)
from policy_service.interop.webhooks.records import Episode, EpisodePart, Fetcher, Meeting
from policy_service.refusals import field_errors
from policy_service.services.episodes import TERMINATION_REASONS

_OFF = frozenset({"cancelled", "canceled", "no_show", "deleted"})


class _NameSchema(Element):
    given = Text(load_default="")
    family = Text(load_default="")
    middle = Text(load_default="")
    suffix = Text(load_default="")
    kind = Code([kind.value for kind in NameKind], load_default=NameKind.LEGAL.value)

    @post_load
    def _make(self, parts: dict[str, Any], **_: Any) -> PersonName:
        return PersonName(**parts | {"kind": NameKind(parts["kind"])})


class _AddressSchema(Element):
    house = Text(load_default="")
    street = Text(load_default="")
    unit = Text(load_default="")
    city = Text(load_default="")
    postcode = Text(load_default="")
    state = Text(load_default="")

    @post_load
    def _make(self, parts: dict[str, Any], **_: Any) -> Address:
        return Address(**parts)


class _HandleSchema(Element):
    platform = Text(required=True)
    handle = Text(required=True)

    @post_load
    def _make(self, parts: dict[str, Any], **_: Any) -> Handle:
        return Handle(**parts)


class _RelatedSchema(Element):
    name = Part(_NameSchema, required=True)
    relation = Text(load_default="")
    role = Code([role.value for role in RelatedRole], load_default=RelatedRole.OTHER.value)
    birth_date = Day(load_default="")
    phone = Text(load_default="")

    @post_load
    def _make(self, parts: dict[str, Any], **_: Any) -> RelatedPerson:
        return RelatedPerson(**parts | {"role": RelatedRole(parts["role"])})


class _PersonSchema(Element):
    names = Parts(Part(_NameSchema), required=True)
    birth_date = Day(load_default="")
    sex = Code(("female", "male", "other"), load_default="")
    phones = Texts()
    emails = Texts()
    addresses = Parts(Part(_AddressSchema))
    handles = Parts(Part(_HandleSchema))
    company = Text(load_default="")
    related = Parts(Part(_RelatedSchema))

    @post_load
    def _make(self, parts: dict[str, Any], **_: Any) -> PersonRecord:
        return PersonRecord(**parts)


class _ClientSchema(Element):
    person = Part(_PersonSchema, required=True)


class _MeetingSchema(Element):
    client_ids = Parts(Text(), required=True)
    clinician_ids = Parts(Text(), required=True)
    status = Text(load_default="")


class _ClientPartSchema(Element):
    id = Text(required=True)
    role = Code([role.value for role in ClientRole], load_default="")

    @post_load
    def _make(self, parts: dict[str, Any], **_: Any) -> EpisodePart:
        return EpisodePart(**parts)


class _ClinicianPartSchema(Element):
    id = Text(required=True)
    role = Code([role.value for role in ClinicianRole], load_default="")
    last_contact_on = Day(load_default=None)

    @post_load
    def _make(self, parts: dict[str, Any], **_: Any) -> EpisodePart:
        return EpisodePart(**parts)


class _EpisodeSchema(Element):
    clients = Parts(Part(_ClientPartSchema), required=True)
    clinicians = Parts(Part(_ClinicianPartSchema), required=True)
    began_on = Day(load_default=None)
    terminated_on = Day(load_default=None)
    termination_reason = Code(TERMINATION_REASONS, load_default=None)
    is_open = YesNo(load_default=None)

    @post_load
    def _make(self, parts: dict[str, Any], **_: Any) -> Episode:
        stated = parts.pop("is_open")
        is_open = parts["terminated_on"] is None if stated is None else stated
        return Episode(**parts, is_open=is_open)


@dataclass(frozen=True, slots=True)
class RestReader:
    """Reads the records of one REST source."""

    fetcher: Fetcher

    def client(self, record_id: str) -> PersonRecord:
        """Who the client is."""
        person: PersonRecord = _load(_ClientSchema(), self.fetcher.get("clients", record_id))[
            "person"
        ]
        return person

    def appointment(self, record_id: str) -> Meeting:
        """Who meets whom."""
        return self._meeting("appointments", record_id, "booking")

    def encounter(self, record_id: str) -> Meeting:
        """Who met whom."""
        return self._meeting("sessions", record_id, "session")

    def episode(self, record_id: str) -> Episode:
        """Who treats whom."""
        found: Episode = _load(_EpisodeSchema(), self.fetcher.get("episodes", record_id))
        return found

    def _meeting(self, path: str, record_id: str, purpose: str) -> Meeting:
        found = _load(_MeetingSchema(), self.fetcher.get(path, record_id))
        if found["status"] in _OFF:
            return Meeting((), (), purpose)
        return Meeting(found["client_ids"], found["clinician_ids"], purpose)


def _load(schema: Element, value: Mapping[str, Any]) -> Any:
    try:
        return schema.load(value)
    except ValidationError as refused:
        raise InvalidRequest(errors=list(field_errors({"json": refused.messages}))) from refused
