"""Carry out what arrived: read the record back, write it by the usual services, check.

The event says which record changed; what it says now is asked of the EHR itself. A record that
cannot be read is asked for again, later each time; one that makes no sense, or names a clinician
nobody registered, waits for a person. Nothing that arrived is lost.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from policy_service.errors import InvalidRequest, NotFound, ServiceError, StateConflict
from policy_service.interop.webhooks.fhir_source import FhirReader
from policy_service.interop.webhooks.records import (
    Episode,
    Fetcher,
    Gone,
    Meeting,
    NotReadBack,
    Reader,
)
from policy_service.interop.webhooks.rest_source import RestReader
from policy_service.jobs.queue import Work
from policy_service.services.context import Context
from policy_service.services.desk import Desk
from policy_service.services.outbound import OutboundError
from policy_service.services.webhooks.arrivals import (
    Event,
    Subject,
    fail_arrival,
    finish_arrival,
    waiting_event,
)
from policy_service.services.webhooks.messenger import messenger
from policy_service.services.webhooks.registering import (
    EpisodeValues,
    Pair,
    Registrar,
    check_pairs,
)
from policy_service.services.webhooks.sources import Reads, Source, source_in_use

_log = structlog.get_logger()
_MEDIA = {Reads.REST: "application/json", Reads.FHIR: "application/fhir+json"}


@dataclass(frozen=True, slots=True)
class _Errand:
    """One arrival on its way."""

    desk: Desk
    arrival_id: str
    source: Source
    reader: Reader
    registrar: Registrar


def take_arrival(desk: Desk, practice_id: str, work: Work) -> bool:
    """Carry out one arrival; True if it is done. May run twice: what was done is found done."""
    service, arrival_id = messenger(practice_id), work.body["arrival"]
    with desk.reading(service) as context:
        found = waiting_event(context, arrival_id)
        source = _source(context, found[0]) if found else None
    if found is None:
        return False
    if source is None:
        with desk.writing(service) as context:
            fail_arrival(context, arrival_id, "the source was removed", for_good=True)
        return False
    errand = _Errand(desk, arrival_id, source, reader_of(desk, source), Registrar(desk, source))
    said, is_final, is_done = _carry_out(errand, found[1])
    with desk.writing(service) as context:
        if is_done:
            finish_arrival(context, arrival_id, said)
        else:
            fail_arrival(context, arrival_id, said, for_good=is_final)
    return is_done


def _source(context: Context, source_id: str) -> Source | None:
    try:
        return source_in_use(context, source_id)
    except NotFound:
        return None


def reader_of(desk: Desk, source: Source) -> Reader:
    """What reads the records of a source."""
    fetcher = Fetcher(desk.outbound, source, _MEDIA[source.reads])
    return FhirReader(fetcher) if source.reads is Reads.FHIR else RestReader(fetcher)


def _carry_out(errand: _Errand, event: Event) -> tuple[str, bool, bool]:
    """What to say, whether it is final, whether it is done."""
    try:
        return _TAKE[event.subject](errand, event.record_id), True, True
    except Gone:
        return "the record is gone at the source", True, True
    except (InvalidRequest, StateConflict) as error:
        return _named(error), True, False
    except (OutboundError, NotReadBack, ServiceError) as error:
        said = str(error) if isinstance(error, NotReadBack) else type(error).__name__
        return said, False, False
    except Exception as error:  # whatever it is, the arrival is kept and tried again
        _log.warning("arrival failed", arrival=errand.arrival_id, error=type(error).__name__)
        return type(error).__name__, False, False


def _named(error: ServiceError) -> str:
    """The fields that were refused, and why, in words of ours; never a value."""
    fields = (f"{each.pointer or 'record'}: {each.detail}" for each in error.errors)
    return "; ".join(fields) or error.title


def _client(errand: _Errand, record_id: str) -> str:
    record = errand.reader.client(record_id)
    return errand.registrar.put_client(record_id, record)


def _appointment(errand: _Errand, record_id: str) -> str:
    return _meet(errand, errand.reader.appointment(record_id))


def _encounter(errand: _Errand, record_id: str) -> str:
    return _meet(errand, errand.reader.encounter(record_id))


def _meet(errand: _Errand, meeting: Meeting) -> str:
    if not meeting.clients:
        return "nothing to check"
    pairs = _pairs(errand, meeting.clients, meeting.clinicians)
    return _check(errand, pairs, meeting.purpose)


def _episode(errand: _Errand, record_id: str) -> str:
    episode = errand.reader.episode(record_id)
    if episode.is_void:
        return errand.registrar.withdraw_episode(record_id)
    clients = [part.id for part in episode.clients]
    pairs = _pairs(errand, clients, [part.id for part in episode.clinicians])
    said = "episode not begun"
    if episode.is_begun and pairs:
        said = errand.registrar.put_episode(record_id, _parts(episode))
    return f"{said}; {_check(errand, pairs, 'assignment')}"


def _pairs(errand: _Errand, clients: Sequence[str], clinicians: Sequence[str]) -> list[Pair]:
    """Every clinician with every client, by our ids. A client we never heard of is read first."""
    ours = [_known_client(errand, external_id) for external_id in clients]
    treating = [errand.registrar.clinician_id(external_id) for external_id in clinicians]
    return [Pair(clinician, client) for clinician in treating for client in ours]


def _known_client(errand: _Errand, external_id: str) -> str:
    known = errand.registrar.client_id(external_id)
    if known is None:
        errand.registrar.put_client(external_id, errand.reader.client(external_id))
        known = errand.registrar.client_id(external_id)
    if known is None:
        raise NotReadBack("the client was registered and is not there")
    return known


def _check(errand: _Errand, pairs: Sequence[Pair], purpose: str) -> str:
    made = check_pairs(errand.desk, errand.source, errand.arrival_id, pairs, purpose)
    return f"{made} checked" if made else "no clinician named, nothing checked"


def _parts(episode: Episode) -> list[EpisodeValues]:
    """As the lines of an episode roster: each names one client and one clinician."""
    return [
        {
            "client_id": client.id,
            "clinician_id": clinician.id,
            "client_role": client.role or None,
            "clinician_role": clinician.role or None,
            "began_on": episode.began_on,
            "client_began_on": None,
            "client_ended_on": None,
            "clinician_began_on": None,
            "clinician_ended_on": None,
            "last_contact_on": clinician.last_contact_on,
            "terminated_on": episode.terminated_on,
            "termination_reason": episode.termination_reason,
            "is_open": episode.is_open,
        }
        for client in episode.clients
        for clinician in episode.clinicians
    ]


_TAKE: dict[Subject, Callable[[_Errand, str], str]] = {
    Subject.CLIENT: _client,
    Subject.APPOINTMENT: _appointment,
    Subject.ENCOUNTER: _encounter,
    Subject.EPISODE: _episode,
}
