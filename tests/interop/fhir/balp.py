"""What BALP demands of each profile we claim, as a table of our own.

A profile validator can miss an absent nested element; this table asks for each by name.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

PROFILES = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit."
SOURCE, DESTINATION = "110153", "110152"
_EVENT = "http://terminology.hl7.org/CodeSystem/audit-event-type"
_DCM = "http://dicom.nema.org/resources/ontology/DCM"
_REST = "http://hl7.org/fhir/restful-interaction"
_LIFECYCLE = "http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle"
_AUTHORS = ("AUT", "INF", "CST")

# profile: type, subtype, action, role of the client, role of the server, types of a user.
_WANTED = {
    "Create": ((_EVENT, "rest"), (_REST, "create"), "C", SOURCE, DESTINATION, _AUTHORS),
    "Update": ((_EVENT, "rest"), (_REST, "update"), "U", SOURCE, DESTINATION, _AUTHORS),
    "Read": ((_EVENT, "rest"), (_REST, "read"), "R", DESTINATION, SOURCE, ("IRCP",)),
    "Query": ((_EVENT, "rest"), (_REST, "search"), "E", SOURCE, DESTINATION, ("IRCP",)),
    "PrivacyDisclosure.Source": (
        (_DCM, "110106"), (_LIFECYCLE, "disclose"), "R", DESTINATION, SOURCE, ("IRCP",),
    ),
}  # fmt: skip
PATIENT = {f"Patient{name}": name for name in ("Create", "Update", "Read", "Query")}


def wrong(event: dict[str, Any]) -> list[str]:
    """What is missing or wrong in an event, by the profile it claims; nothing without a claim."""
    claimed = event.get("meta", {}).get("profile", [])
    return [found for profile in claimed for found in _wrong(event, profile)]


def _wrong(event: dict[str, Any], profile: str) -> Iterator[str]:
    if not profile.startswith(PROFILES):
        yield f"profile {profile}"
        return
    name = profile.removeprefix(PROFILES)
    wanted = _WANTED.get(PATIENT.get(name, name))
    if wanted is None:
        yield f"profile {name}"
        return
    type_, subtype, action, client, server, users = wanted
    if _pair(event["type"]) != type_:
        yield "type"
    if subtype not in map(_pair, event["subtype"]):
        yield "subtype"
    if (event["action"], event["outcome"]) != (action, "0"):
        yield "action, outcome"
    yield from _agents(event, client, server, users)
    yield from _entities(event, name)


def _agents(
    event: dict[str, Any], client: str, server: str, users: tuple[str, ...]
) -> Iterator[str]:
    agents = event["agent"]
    for role in (client, server):
        found = [one for one in agents if _role(one) == role]
        if len(found) != 1:
            yield f"agent {role}"
        for one in found:
            if not one.get("who") or not one.get("network"):
                yield f"agent {role} who, network"
    served = next((one for one in agents if _role(one) == server), {})
    if served.get("who") != event["source"]["observer"]:
        yield "source.observer"
    for one in agents:
        is_user = _role(one) not in (client, server)
        is_sound = _role(one) in users and one["requestor"] is True and "network" not in one
        if is_user and not is_sound:
            yield "agent user"


def _entities(event: dict[str, Any], name: str) -> Iterator[str]:
    entities = event.get("entity", [])
    objects = [one for one in entities if one.get("type", {}).get("code") == "2"]
    patients = [one for one in entities if one.get("type", {}).get("code") == "1"]
    if len(objects) != 1:
        yield "entity data"
    elif "Query" in name:
        kept = objects[0]
        if kept["role"]["code"] != "24" or not kept.get("query") or {"what", "detail"} & set(kept):
            yield "entity query"
    elif objects[0]["role"]["code"] not in ("4", "3", "20") or not objects[0].get("what"):
        yield "entity data role, what"
    needs_patient = name in PATIENT or name.startswith("Privacy")
    if len(patients) != needs_patient:
        yield "entity patient"
    for one in patients:
        if one["role"]["code"] != "1" or one["what"].get("type") != "Patient":
            yield "entity patient role, what"


def _pair(coding: dict[str, str]) -> tuple[str, str]:
    return coding["system"], coding["code"]


def _role(agent: dict[str, Any]) -> str:
    return str(agent["type"]["coding"][0]["code"])
