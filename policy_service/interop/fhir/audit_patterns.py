"""Which audit event an action of the log is, by the last word of it: `ehr_client.keys_rotated`.

IHE's Basic Audit Log Patterns (BALP) describe what a client did over REST. An action is shown in
one of them only where a client or a person did it through a door; what the service did by itself,
and what is no such interaction, is shown without a claim. Nothing here is ever deleted, so no
action is a Delete: an erasure destroys a key.

Who is source and who is destination follows BALP: of a create, an update and a query the client is
the source; of a read the server is.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

REST = ("http://terminology.hl7.org/CodeSystem/audit-event-type", "rest", "Restful Operation")
DICOM = "http://dicom.nema.org/resources/ontology/DCM"
INTERACTION = "http://hl7.org/fhir/restful-interaction"
LIFECYCLE = "http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle"
PARTICIPATION = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
PROFILES = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit."


class Coded(NamedTuple):
    """System, code and display."""

    system: str
    code: str
    display: str


SOURCE = Coded(DICOM, "110153", "Source Role ID")
DESTINATION = Coded(DICOM, "110152", "Destination Role ID")
AUTHOR = Coded(PARTICIPATION, "AUT", "author (originator)")
RECIPIENT = Coded(PARTICIPATION, "IRCP", "information recipient")


class Kind(StrEnum):
    """What happened, in BALP's terms."""

    CREATE = "create"
    UPDATE = "update"
    READ = "read"
    QUERY = "query"
    DISCLOSURE = "disclosure"
    LOGIN = "login"
    ACTIVITY = "activity"
    """The service's own, or anything that has no pattern."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """The coded parts of an event. `profile` "" claims none.

    `client`, `server`: the roles of whoever asked and of this service. `user`: that of a person.
    """

    kind: Kind
    type: Coded
    subtype: Coded | None
    action: str
    client: Coded = SOURCE
    server: Coded = DESTINATION
    user: Coded = AUTHOR
    profile: str = ""
    patient_profile: str = ""


PATTERNS = {
    one.kind: one
    for one in (
        Pattern(
            Kind.CREATE,
            Coded(*REST),
            Coded(INTERACTION, "create", "create"),
            "C",
            profile="Create",
            patient_profile="PatientCreate",
        ),
        Pattern(
            Kind.UPDATE,
            Coded(*REST),
            Coded(INTERACTION, "update", "update"),
            "U",
            profile="Update",
            patient_profile="PatientUpdate",
        ),
        Pattern(
            Kind.READ,
            Coded(*REST),
            Coded(INTERACTION, "read", "read"),
            "R",
            client=DESTINATION,
            server=SOURCE,
            user=RECIPIENT,
            profile="Read",
            patient_profile="PatientRead",
        ),
        Pattern(
            Kind.QUERY,
            Coded(*REST),
            Coded(INTERACTION, "search", "search"),
            "E",
            user=RECIPIENT,
            profile="Query",
            patient_profile="PatientQuery",
        ),
        Pattern(
            Kind.DISCLOSURE,
            Coded(DICOM, "110106", "Export"),
            Coded(LIFECYCLE, "disclose", "Disclose Record Lifecycle Event"),
            "R",
            client=DESTINATION,
            server=SOURCE,
            user=RECIPIENT,
            patient_profile="PrivacyDisclosure.Source",
        ),
        Pattern(Kind.LOGIN, Coded(DICOM, "110114", "User Authentication"), None, "E"),
        Pattern(Kind.ACTIVITY, Coded(DICOM, "110100", "Application Activity"), None, "E"),
    )
}

_VERBS = {
    Kind.CREATE: (
        "added answered asked created decided deliberated imported made noted opened placed "
        "proposed raised received recorded registered rendered replayed reported shared stated "
        "stored uploaded"
    ),
    Kind.UPDATE: (
        "activated applicable applied applying approved assigned changed chosen classified "
        "closed confirmed corrected deactivated disabled discarded disposed done dropped "
        "ended escalated expired judged lapsed lifted measured merged moved overdue paused "
        "refiled refused reminded removed reopened resolved resumed retired reviewed revised "
        "rotated set settled split unanswered undone used verified waiting withdrawn"
    ),
    Kind.READ: "examined read reconciled tailed",
    Kind.QUERY: "accounted counted listed searched",
    Kind.DISCLOSURE: "bundled exported fetched",
    Kind.ACTIVITY: "again erased founded",
}
_OF_VERB = {verb: kind for kind, verbs in _VERBS.items() for verb in verbs.split()}
_OF_ACTION = {
    "release.recorded": Kind.DISCLOSURE,
    "session.opened": Kind.LOGIN,
    "session.closed": Kind.LOGIN,
    "log.created": Kind.ACTIVITY,
    "clock.moved": Kind.ACTIVITY,
}
_DOORS = ("ehr:", "account:")
"""Actors that came through a door; the others are the service itself and its operator."""


def is_known(action: str) -> bool:
    """Whether the kind of this action was chosen for it. An unknown one is shown as activity."""
    return _kind(action) is not None


def _kind(action: str) -> Kind | None:
    last_word = action.replace("_", ".").rpartition(".")[2]
    return _OF_ACTION.get(action) or _OF_VERB.get(last_word)


def pattern_of(action: str, actor_ref: str | None) -> Pattern:
    """How an entry of this action, by this actor, is shown."""
    if actor_ref is None or not actor_ref.startswith(_DOORS):
        return PATTERNS[Kind.ACTIVITY]
    return PATTERNS[_kind(action) or Kind.ACTIVITY]
