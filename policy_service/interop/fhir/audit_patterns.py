"""Which audit event an action of the log is, by the last word of the action.

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
        "added asked decided disclosed made placed proposed reported recorded registered stated "
        "stored uploaded proposed received imported opened created shared ordered answered queued "
        "batch_stored undo_asked duplicates_asked report_asked replay_asked verification_asked "
        "consulted noted raised issued"
    ),
    Kind.UPDATE: (
        "batch_undone changed classified confirmed corrected deactivated disabled dropped ended "
        "judged key_withdrawn keys_rotated lapsed lifted merged moved refused removed resolved "
        "reviewed revised roles_changed set split undone used withdrawn activated closed reopened "
        "verified model_used key_changed key_retired switched retired rotated replayed"
    ),
    Kind.READ: "examined read report_read shadow_read",
    Kind.QUERY: "counted duplicates_listed listed searched",
    Kind.DISCLOSURE: "accounted bundled exported fetched",
}
_OF_VERB = {verb: kind for kind, verbs in _VERBS.items() for verb in verbs.split()}
_OF_ACTION = {
    "audit.exported": Kind.DISCLOSURE,
    "release.recorded": Kind.DISCLOSURE,
    "release.accounted": Kind.QUERY,
    "session.opened": Kind.LOGIN,
    "session.closed": Kind.LOGIN,
    "log.created": Kind.ACTIVITY,
    "clock.moved": Kind.ACTIVITY,
    "person.erased": Kind.ACTIVITY,
    "person.erased_again": Kind.ACTIVITY,
    "demo.founded": Kind.ACTIVITY,
}
_DOORS = ("ehr:", "account:")
"""Actors that came through a door; the others are the service itself and its operator."""


def is_known(action: str) -> bool:
    """Whether the kind of this action was chosen for it. An unknown one is shown as activity."""
    return action in _OF_ACTION or action.rpartition(".")[2] in _OF_VERB


def pattern_of(action: str, actor_ref: str | None) -> Pattern:
    """How an entry of this action, by this actor, is shown."""
    if actor_ref is None or not actor_ref.startswith(_DOORS):
        return PATTERNS[Kind.ACTIVITY]
    kind = _OF_ACTION.get(action) or _OF_VERB.get(action.rpartition(".")[2], Kind.ACTIVITY)
    return PATTERNS[kind]
