"""Care as an EHR tells it: who acts, when, and whether it goes on (R4, sections 8.5, 12 and 8.11).

`EpisodeOfCare` says who is or was a client, `Encounter` when they were last seen. What they leave
open stays open: a status that does not say gives `CareState.UNKNOWN`, and a contact without a date
makes the last contact incomplete, never earlier.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from marshmallow import post_load

from policy_service.domain.dates import PartialDate
from policy_service.interop.fhir.elements import (
    Code,
    Concept,
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
    YesNo,
    identifiers,
)

NOBODY = Reference()


class CareState(StrEnum):
    """What an episode of care says of client and practice."""

    NOT_BEGUN = "not_begun"
    OPEN = "open"
    OVER = "over"
    VOID = "void"
    """Entered in error: it says nothing of anybody."""
    UNKNOWN = "unknown"
    """Cancelled, perhaps before it began: nobody can say without asking."""


_STATES = {
    "planned": CareState.NOT_BEGUN,
    "waitlist": CareState.NOT_BEGUN,
    "active": CareState.OPEN,
    "onhold": CareState.OPEN,
    "finished": CareState.OVER,
    "cancelled": CareState.UNKNOWN,
    "entered-in-error": CareState.VOID,
}
_BEGUN = frozenset({"active", "onhold", "finished"})
_CONTACTS = {
    "planned": False,
    "arrived": True,
    "triaged": True,
    "in-progress": True,
    "onleave": True,
    "finished": True,
    "cancelled": False,
    "entered-in-error": False,
    "unknown": True,
}
"""Encounter.status: whether clinician and client met, or may have."""
_APPOINTMENTS = (
    "proposed", "pending", "booked", "arrived", "fulfilled", "cancelled", "noshow",
    "entered-in-error", "checked-in", "waitlist",
)  # fmt: skip
_ANSWERS = ("accepted", "declined", "tentative", "needs-action")
_REQUESTS = (
    "draft", "active", "on-hold", "revoked", "completed", "entered-in-error", "unknown",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Record:
    """What every resource of care bears: its id and the identifiers of the business."""

    id: str
    identifiers: tuple[Identifier, ...]


@dataclass(frozen=True, slots=True)
class PractitionerRole(Record):
    """A practitioner in a role; `practitioner` is `NOBODY` where the role is vacant."""

    is_active: bool | None
    practitioner: Reference
    period: Period
    codes: tuple[Concept, ...]


@dataclass(frozen=True, slots=True)
class Participant:
    """Someone, or something, that takes part. `status` is "" where the resource has none."""

    actor: Reference
    status: str = ""


@dataclass(frozen=True, slots=True)
class Appointment(Record):
    """A booking. `on` is the partial date on which it begins, "" where not given."""

    status: str
    on: str
    participants: tuple[Participant, ...]

    def actors(self, *kinds: str) -> tuple[Reference, ...]:
        """Who takes part and is of one of these types of resource; each once, in order."""
        found = (one.actor for one in self.participants if one.actor.kind in kinds)
        return tuple(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class EpisodeOfCare(Record):
    """An episode of care. A finished one makes a former client from `period.end` on."""

    status: str
    state: CareState
    patient: Reference
    care_manager: Reference
    period: Period

    @property
    def began_on(self) -> str:
        """Partial date; "" where not recorded."""
        return self.period.start

    @property
    def terminated_on(self) -> str:
        """Partial date of the end of an episode that is over; "" where not recorded."""
        return self.period.end if self.state is CareState.OVER else ""


@dataclass(frozen=True, slots=True)
class Encounter(Record):
    """A session or another meeting."""

    status: str
    subject: Reference
    participants: tuple[Participant, ...]
    period: Period
    episodes: tuple[Reference, ...]

    @property
    def is_contact(self) -> bool:
        """Whether they met, or may have met."""
        return _CONTACTS[self.status]

    @property
    def on(self) -> str:
        """The last day of the meeting as a partial date; "" where not recorded."""
        return self.period.end or self.period.start


@dataclass(frozen=True, slots=True)
class ServiceRequest(Record):
    """A referral. `performers` are those who are asked to take the client."""

    status: str
    intent: str
    subject: Reference
    requester: Reference
    performers: tuple[Reference, ...]
    code: Concept


@dataclass(frozen=True, slots=True)
class LastContact:
    """The last professional contact that encounters tell of.

    `on` is a partial date, "" where none is dated. Not complete: one has no date, so the last
    contact may be later than `on`.
    """

    on: str
    is_complete: bool


def last_contact(encounters: Iterable[Encounter]) -> LastContact:
    """The latest day by what it can mean at the latest. No encounter at all gives ("", True)."""
    days = [one.on for one in encounters if one.is_contact]
    dated = [PartialDate(day) for day in days if day]
    latest = max(dated, key=lambda day: (day.last, day.first), default=None)
    return LastContact(latest.text if latest else "", all(days))


class _RecordSchema(Element):
    id = Text(load_default="")
    identifier = Parts(Part(IdentifierSchema))


class PractitionerRoleSchema(_RecordSchema):
    """PractitionerRole."""

    active = YesNo(load_default=None)
    practitioner = Part(ReferenceSchema, load_default=NOBODY)
    period = Part(PeriodSchema, load_default=Period())
    code = Parts(Part(ConceptSchema))

    @post_load
    def _make(self, parts: dict[str, Any], **_: Any) -> PractitionerRole:
        own = (parts["active"], parts["practitioner"], parts["period"], parts["code"])
        return PractitionerRole(*_record(parts), *own)


class _ParticipantSchema(Element):
    actor = Part(ReferenceSchema, load_default=NOBODY)
    status = Code(_ANSWERS, required=True)

    @post_load
    def _make(self, parts: dict[str, Any], **_: Any) -> Participant:
        return Participant(**parts)


class AppointmentSchema(_RecordSchema):
    """Appointment: status 1..1, participant 1..*."""

    status = Code(_APPOINTMENTS, required=True)
    start = Day(load_default="")
    participant = Parts(Part(_ParticipantSchema), required=True)

    @post_load
    def _make(self, parts: dict[str, Any], **_: Any) -> Appointment:
        return Appointment(*_record(parts), parts["status"], parts["start"], parts["participant"])


class _HistorySchema(Element):
    status = Code(tuple(_STATES), required=True)


class EpisodeOfCareSchema(_RecordSchema):
    """EpisodeOfCare: status and patient 1..1."""

    status = Code(tuple(_STATES), required=True)
    statusHistory = Parts(Part(_HistorySchema))
    patient = Part(ReferenceSchema, required=True)
    careManager = Part(ReferenceSchema, load_default=NOBODY)
    period = Part(PeriodSchema, load_default=Period())

    @post_load
    def _make(self, parts: dict[str, Any], **_: Any) -> EpisodeOfCare:
        status = parts["status"]
        had = {one["status"] for one in parts["statusHistory"]}
        state = CareState.OVER if status == "cancelled" and had & _BEGUN else _STATES[status]
        own = (parts["patient"], parts["careManager"], parts["period"])
        return EpisodeOfCare(*_record(parts), status, state, *own)


class _EncounterParticipantSchema(Element):
    individual = Part(ReferenceSchema, load_default=NOBODY)

    @post_load
    def _make(self, parts: dict[str, Any], **_: Any) -> Participant:
        return Participant(parts["individual"])


class EncounterSchema(_RecordSchema):
    """Encounter: status 1..1. Its class (1..1 in R4) is not needed and not asked for."""

    status = Code(tuple(_CONTACTS), required=True)
    subject = Part(ReferenceSchema, load_default=NOBODY)
    participant = Parts(Part(_EncounterParticipantSchema))
    period = Part(PeriodSchema, load_default=Period())
    episodeOfCare = Parts(Part(ReferenceSchema))

    @post_load
    def _make(self, parts: dict[str, Any], **_: Any) -> Encounter:
        own = (parts["subject"], parts["participant"], parts["period"], parts["episodeOfCare"])
        return Encounter(*_record(parts), parts["status"], *own)


class ServiceRequestSchema(_RecordSchema):
    """ServiceRequest: status, intent and subject 1..1."""

    status = Code(_REQUESTS, required=True)
    intent = Text(required=True)
    subject = Part(ReferenceSchema, required=True)
    requester = Part(ReferenceSchema, load_default=NOBODY)
    performer = Parts(Part(ReferenceSchema))
    code = Part(ConceptSchema, load_default=Concept())

    @post_load
    def _make(self, parts: dict[str, Any], **_: Any) -> ServiceRequest:
        own = (parts["subject"], parts["requester"], parts["performer"], parts["code"])
        return ServiceRequest(*_record(parts), parts["status"], parts["intent"], *own)


def _record(parts: dict[str, Any]) -> tuple[str, tuple[Identifier, ...]]:
    return parts["id"], identifiers(parts["identifier"])
