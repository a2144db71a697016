"""The services we offer, one id per hook (CDS Hooks 2.0, "Discovery").

A client may key services by their address and keep the last one only, so ids are distinct. Prefetch
is the least a check needs, in templates that every client resolves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

VERSION = "1.0.0"
"""Of our services, not of the standard (semver; CDS Hooks 3.0 `version`)."""
_PATIENT = {"patient": "Patient/{{context.patientId}}"}
_RELATED = {"related": "RelatedPerson?patient={{context.patientId}}"}
_USER = {"user": "{{context.userId}}"}
_ENCOUNTER = {"encounter": "Encounter/{{context.encounterId}}"}


@dataclass(frozen=True, slots=True)
class Service:
    """One hook: what it asks of the client, and the purpose its checks have.

    `has_system_actions`: clients of the CRD profile expect that key in every answer to this hook.
    """

    hook: str
    hook_version: str
    title: str
    description: str
    purpose: str
    prefetch: Mapping[str, str]
    has_system_actions: bool = False

    @property
    def id(self) -> str:
        """The last part of its address."""
        return f"boundary-{self.hook}"

    def to_json(self) -> dict[str, Any]:
        """Its entry in the discovery document."""
        return {
            "hook": self.hook,
            "id": self.id,
            "title": self.title,
            "description": self.description,
            "prefetch": dict(self.prefetch),
            "usageRequirements": USAGE,
            "version": VERSION,
            "hookVersion": self.hook_version,
        }


USAGE = (
    "Register your issuer, your keys, and the identifiers of your practitioners and users. Report "
    "what was done with every card. An EHR may ignore a card: nothing here can block a step."
)
SERVICES: Mapping[str, Service] = {
    service.id: service
    for service in (
        Service(
            "patient-view",
            "1.0.0",
            "Boundary check on opening a chart",
            "Says whether an ethics code or law stands between the clinician and this client.",
            "session",
            {**_PATIENT, **_USER, **_RELATED},
        ),
        Service(
            "appointment-book",
            "1.0.0",
            "Boundary check on booking",
            "Checks every practitioner of the proposed appointments against the client.",
            "booking",
            {**_PATIENT, **_USER, **_RELATED},
            has_system_actions=True,
        ),
        Service(
            "order-dispatch",
            "1.0.0",
            "Boundary check on assigning a client",
            "Checks the practitioner an order is sent to against the client.",
            "assignment",
            {**_PATIENT, **_RELATED},
            has_system_actions=True,
        ),
        Service(
            "order-sign",
            "1.1.1",
            "Boundary check on referring a client",
            "Checks every performer of the referrals to be signed against the client.",
            "assignment",
            {**_PATIENT, **_USER, **_RELATED},
            has_system_actions=True,
        ),
        Service(
            "encounter-start",
            "1.0.0",
            "Boundary check at the start of a session",
            "Checks everybody who takes part in the encounter against the client.",
            "session",
            {**_PATIENT, **_USER, **_RELATED, **_ENCOUNTER},
        ),
        Service(
            "encounter-discharge",
            "1.0.0",
            "Boundary check at the end of care",
            "Checks everybody who takes part in the encounter, and says what binds after the end.",
            "session",
            {**_PATIENT, **_USER, **_RELATED, **_ENCOUNTER},
        ),
    )
}
"""By id, in the order of the discovery document."""


def discovery() -> dict[str, Any]:
    """The discovery document."""
    return {"services": [service.to_json() for service in SERVICES.values()]}
