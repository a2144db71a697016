"""GET /metrics: figures for a Prometheus-like monitor, in its text format.

Counts alone, over all practices, and only for a monitor that shows the token: whoever sees figures
move while a check is made could tell what the check itself does not say (design, "Who sees what").
Without a token in the settings there is nothing under this address.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from itertools import groupby

from flask import Blueprint, Response, current_app, request

from policy_service.api import door
from policy_service.errors import NotFound, Unauthenticated
from policy_service.services.figures import MEANINGS, Figure, figures
from policy_service.settings import Settings

blueprint = Blueprint("metrics", __name__)
_TEXT = "text/plain; version=0.0.4; charset=utf-8"


@blueprint.get("/metrics")
def metrics() -> Response:
    """Every figure with its meaning and type."""
    _require_token()
    return Response("".join(_lines(figures(door.desk()))), content_type=_TEXT)


def _require_token() -> None:
    settings: Settings = current_app.extensions["policy_service_settings"]
    if not settings.metrics_token:
        raise NotFound
    given = request.headers.get("Authorization", "")
    if not hmac.compare_digest(given.encode(), f"Bearer {settings.metrics_token}".encode()):
        raise Unauthenticated


def _lines(found: list[Figure]) -> Iterator[str]:
    for name, gauges in groupby(found, key=lambda one: one.name):
        yield f"# HELP {name} {MEANINGS[name]}\n# TYPE {name} gauge\n"
        for one in gauges:
            label = f'{{{one.label[0]}="{one.label[1]}"}}' if one.label else ""
            yield f"{name}{label} {one.value:g}\n"
