"""Read back what a hook call left out, from the client's own FHIR server and nowhere else.

The server must be the one registered for the client, word for word: the address in a request is the
caller's, and a token sent to another host is a token given away (SMART App Launch, "token theft").
All of one call together takes at most `BUDGET` seconds. Nothing here raises: what was not had is
None, and the caller says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Any
from urllib.parse import quote

import orjson

from policy_service.interop.cds.contexts import Grant
from policy_service.services.outbound import Outbound, OutboundError, Request

BUDGET = 0.3
"""Seconds for everything that one hook call reads back."""
_LEAST = 0.005
_MOST_BYTES = 2 * 1024 * 1024


@dataclass(slots=True)
class Fetcher:
    """Reads for one hook call. `server` is the registered base URL, None where there is none."""

    outbound: Outbound
    server: str | None
    grant: Grant | None
    _left: float = field(default=BUDGET, init=False)

    @property
    def may_fetch(self) -> bool:
        """Whether a token came along for the server that is registered."""
        return self.grant is not None and self.server == self.grant.server

    def read(self, kind: str, resource_id: str) -> Mapping[str, Any] | None:
        """A resource by its id."""
        return self._get(f"{kind}/{quote(resource_id, safe='')}")

    def search(self, query: str) -> Mapping[str, Any] | None:
        """The first page of a search: `RelatedPerson?patient=7`."""
        return self._get(query)

    def page(self, url: str) -> Mapping[str, Any] | None:
        """A further page, if its address is on the same server."""
        prefix = f"{self.server}/"
        return self._get(url.removeprefix(prefix)) if url.startswith(prefix) else None

    def _get(self, path: str) -> Mapping[str, Any] | None:
        if not self.may_fetch or self.grant is None or self._left < _LEAST:
            return None
        began = monotonic()
        headers = {
            "Authorization": f"Bearer {self.grant.token}",
            "Accept": "application/fhir+json",
        }
        url = f"{self.server}/{path}"
        request = Request(url, headers=headers, seconds=self._left, most_bytes=_MOST_BYTES)
        try:
            answer = self.outbound.fetch(request)
            found = orjson.loads(answer.body) if answer.status == 200 else None
        except (OutboundError, orjson.JSONDecodeError):
            found = None
        finally:
            self._left -= monotonic() - began
        return found if isinstance(found, dict) else None
