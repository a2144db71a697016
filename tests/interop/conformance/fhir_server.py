"""A small static FHIR server of the EHR's, on loopback: what it holds, and what it was asked."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.interop.conformance.hooks import RESOURCES, Json, bundle
from tests.services.loopback import Host, Received, web_server

MISSING: Json = {
    "resourceType": "OperationOutcome",
    "issue": [{"severity": "error", "code": "not-found"}],
}


@dataclass(frozen=True)
class Asked:
    """One request: its path below the base, and the credential it came with."""

    path: str
    authorization: str | None


@dataclass
class FhirServer:
    """Answers reads and searches by patient out of `resources`; anything else is not found."""

    host: Host
    resources: Mapping[str, Json] = field(default_factory=lambda: dict(RESOURCES))

    @property
    def url(self) -> str:
        """Its base URL."""
        return self.host.url("")

    @property
    def asked(self) -> list[Asked]:
        """Every request so far."""
        return [Asked(each.path, each.headers.get("authorization")) for each in self.host.received]

    def forget(self) -> None:
        """As if nothing had been asked."""
        self.host.received.clear()

    def answer(self, request: Received) -> tuple[int, bytes]:
        """The resource or the searchset."""
        status, found = found_in(self.resources, request.path)
        return status, json.dumps(found).encode()


def found_in(resources: Mapping[str, Json], path: str) -> tuple[int, Any]:
    """What a server of these resources answers to a read, or to a search by patient."""
    parts = urlsplit(path)
    name = unquote(parts.path).strip("/")
    if "/" in name:
        found = resources.get(name)
        return (404, MISSING) if found is None else (200, found)
    wanted = parse_qs(parts.query).get("patient", [""])[0].removeprefix("Patient/")
    kept = (each for key, each in resources.items() if key.startswith(f"{name}/"))
    return 200, bundle(*(each for each in kept if _is_of(each, wanted)))


def _is_of(resource: Json, patient: str) -> bool:
    subject = resource.get("patient", resource.get("subject", {}))
    return bool(subject.get("reference") == f"Patient/{patient}")


@contextmanager
def serving_fhir() -> Iterator[FhirServer]:
    """The server on a free port."""
    with web_server() as host:
        host.headers = {"Content-Type": "application/fhir+json"}
        server = FhirServer(host)
        host.answer = server.answer
        yield server
