"""Read back from a FHIR R4 server: Patient, Appointment, Encounter, EpisodeOfCare."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from policy_service.domain.people import PersonRecord
from policy_service.errors import FieldError, InvalidRequest
from policy_service.interop.fhir.reading import (
    Appointment,
    CareState,
    Encounter,
    EpisodeOfCare,
    Patient,
    PractitionerRole,
    Reference,
    read,
)
from policy_service.interop.webhooks.records import Episode, EpisodePart, Fetcher, Meeting

_OFF = frozenset({"cancelled", "noshow", "entered-in-error"})
_TREATING = ("Practitioner", "PractitionerRole")


@dataclass(frozen=True, slots=True)
class FhirReader:
    """Reads the resources of one server. A reference to another server is never followed."""

    fetcher: Fetcher

    def client(self, record_id: str) -> PersonRecord:
        """Patient, with the contacts it names."""
        return read(self.fetcher.get("Patient", record_id), Patient).record

    def appointment(self, record_id: str) -> Meeting:
        """Every patient with every practitioner of the appointment, unless it is off."""
        found = read(self.fetcher.get("Appointment", record_id), Appointment)
        if found.status in _OFF:
            return Meeting((), (), "booking")
        patients = self._ids(found.actors("Patient"), "/participant")
        return Meeting(patients, self._clinicians(found.actors(*_TREATING)), "booking")

    def encounter(self, record_id: str) -> Meeting:
        """The patient with every practitioner of the session, if they met."""
        found = read(self.fetcher.get("Encounter", record_id), Encounter)
        if not found.is_contact:
            return Meeting((), (), "session")
        actors = [one.actor for one in found.participants if one.actor.kind in _TREATING]
        return Meeting(self._ids([found.subject], "/subject"), self._clinicians(actors), "session")

    def episode(self, record_id: str) -> Episode:
        """The patient and the care manager. InvalidRequest where nobody can say how it stands."""
        found = read(self.fetcher.get("EpisodeOfCare", record_id), EpisodeOfCare)
        if found.state is CareState.UNKNOWN:
            said = "Nobody can say whether care ever began: correct it at the EHR."
            raise InvalidRequest(errors=[FieldError("/status", said)])
        managers = [found.care_manager] if found.care_manager.kind else []
        return Episode(
            clients=tuple(map(EpisodePart, self._ids([found.patient], "/patient"))),
            clinicians=tuple(map(EpisodePart, self._clinicians(managers))),
            began_on=found.began_on or None,
            terminated_on=found.terminated_on or None,
            is_open=found.state is CareState.OPEN,
            is_begun=found.state is not CareState.NOT_BEGUN,
            is_void=found.state is CareState.VOID,
        )

    def _clinicians(self, actors: Iterable[Reference]) -> tuple[str, ...]:
        """Ids of Practitioners; a PractitionerRole is read for whose it is."""
        return tuple(dict.fromkeys(self._practitioners(actors)))

    def _practitioners(self, actors: Iterable[Reference]) -> Iterator[str]:
        for actor in actors:
            [record_id] = self._ids([actor], "/participant")
            if actor.kind == "PractitionerRole":
                role = read(self.fetcher.get("PractitionerRole", record_id), PractitionerRole)
                [record_id] = self._ids([role.practitioner], "/practitioner")
            yield record_id

    def _ids(self, references: Iterable[Reference], pointer: str) -> tuple[str, ...]:
        return tuple(self._id(reference, pointer) for reference in references)

    def _id(self, reference: Reference, pointer: str) -> str:
        if reference.base not in ("", self.fetcher.source.base_url):
            said = "A record of the same server is expected."
            raise InvalidRequest(errors=[FieldError(f"{pointer}/reference", said)])
        if not reference.id:
            said = "A reference with the id of a record is expected."
            raise InvalidRequest(errors=[FieldError(f"{pointer}/reference", said)])
        return reference.id
