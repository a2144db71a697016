"""The body of a request, whole or refused, for every door."""

from __future__ import annotations

from flask import request

from policy_service.errors import TooLarge


def whole_body() -> bytes:
    """Werkzeug silently cuts a body of unknown length at the limit; a cut one is too large."""
    raw = request.get_data(cache=True)
    limit = request.max_content_length
    if limit is not None and request.content_length is None and len(raw) >= limit:
        raise TooLarge.over(limit)
    return raw
