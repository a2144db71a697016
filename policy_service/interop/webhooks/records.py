"""What is read back from an EHR, whatever it speaks: clients, meetings and episodes by its ids."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote

from policy_service.domain.people import PersonRecord
from policy_service.errors import FieldError, InvalidRequest
from policy_service.services.outbound import Outbound, Request
from policy_service.services.webhooks.sources import Source

PATIENCE = 10.0
"""Seconds the EHR has for each record."""
MOST_BYTES = 1024 * 1024


class NotReadBack(Exception):
    """The EHR did not give the record, this time. The message is a status, never a body."""


class Gone(Exception):
    """The EHR has no such record any more."""


@dataclass(frozen=True, slots=True)
class Meeting:
    """An appointment or a session: whom to check with whom, and what for. Nobody, if it is off."""

    clients: tuple[str, ...]
    clinicians: tuple[str, ...]
    purpose: str


@dataclass(frozen=True, slots=True)
class EpisodePart:
    """Somebody's part in an episode. `role` "" for the usual one; dates are partial."""

    id: str
    role: str = ""
    last_contact_on: str | None = None


@dataclass(frozen=True, slots=True)
class Episode:
    """An episode of care. `is_begun` False: it is only planned; `is_void`: it never was."""

    clients: tuple[EpisodePart, ...]
    clinicians: tuple[EpisodePart, ...]
    began_on: str | None = None
    terminated_on: str | None = None
    termination_reason: str | None = None
    is_open: bool = True
    is_begun: bool = True
    is_void: bool = False


class Reader(Protocol):
    """Reads the records of one source. Raises Gone, NotReadBack, OutboundError, InvalidRequest."""

    def client(self, record_id: str) -> PersonRecord:
        """Who the client is."""

    def appointment(self, record_id: str) -> Meeting:
        """Who meets whom."""

    def encounter(self, record_id: str) -> Meeting:
        """Who met whom."""

    def episode(self, record_id: str) -> Episode:
        """Who treats whom."""


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Reads JSON of one source, below its address and nowhere else."""

    outbound: Outbound
    source: Source
    accept: str

    def get(self, *path: str) -> Mapping[str, Any]:
        """One record. Its id is one part of the path, whatever it holds."""
        parts = "/".join(quote(part, safe="") for part in path)
        headers = {"Accept": self.accept}
        if self.source.token:
            headers["Authorization"] = f"Bearer {self.source.token}"
        url = f"{self.source.base_url}/{parts}"
        asked = Request(url, "GET", headers, None, PATIENCE, MOST_BYTES)
        answer = self.outbound.fetch(asked)
        if answer.status in (404, 410):
            raise Gone
        if answer.status != 200:
            raise NotReadBack(f"HTTP {answer.status}")
        return _object(answer.body)


def _object(raw: bytes) -> Mapping[str, Any]:
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        raise NotReadBack("no JSON") from None
    if not isinstance(value, Mapping):
        raise InvalidRequest(errors=[FieldError("", "An object is expected.")])
    return value
