"""Request a client's registered JWKS address, through the one place that opens connections out.

https only, no redirects, no private addresses, bounded in size and time: `services/outbound.py`.
"""

from __future__ import annotations

from policy_service.auth.jwks import Fetch, Fetched, KeySetRefused
from policy_service.services.outbound import Outbound, Request

_SECONDS = 2.0
_MOST_BYTES = 64 * 1024


def fetch_through(outbound: Outbound) -> Fetch:
    """What asks a JWKS address; raises where it does not answer 200."""

    def fetch(url: str) -> Fetched:
        asked = Request(
            url,
            headers={"Accept": "application/json"},
            seconds=_SECONDS,
            most_bytes=_MOST_BYTES,
        )
        answer = outbound.fetch(asked)
        if answer.status != 200:
            raise KeySetRefused(f"the JWKS address answered {answer.status}")
        return Fetched(answer.body, answer.headers.get("cache-control", ""))

    return fetch
