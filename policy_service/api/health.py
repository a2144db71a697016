"""Probes: alive (no database) and ready (writes a probe)."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify
from sqlalchemy import text

from policy_service.api import door
from policy_service.errors import NotReady, ServiceError
from policy_service.services.refiling import practices_being_filed
from policy_service.services.witnesses import witnesses_in_trouble

blueprint = Blueprint("health", __name__)


@blueprint.get("/livez")
def livez() -> Response:
    """The process answers."""
    return jsonify(status="alive")


@blueprint.get("/readyz")
def readyz() -> tuple[Response, int]:
    """A write transaction can be opened and committed now; without that no answer is given.

    `filing_anew`: in so many practices people are still being filed by the keys of this release.
    `witnesses`: how many refuse a log's heads, or cannot be reached. Neither makes it unready.
    """
    try:
        with door.desk().database.directory(write=True) as session:
            session.execute(text("UPDATE readiness_probe SET checked = checked + 1"))
        unfinished = practices_being_filed(door.desk())
        witnesses = witnesses_in_trouble(door.desk())
    except (NotReady, ServiceError):
        return jsonify(status="not ready"), NotReady.status
    return jsonify(status="ready", filing_anew=unfinished, witnesses=witnesses), 200
