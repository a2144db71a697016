"""Probes: alive (no database), ready (writes a probe), and the health of the logs."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, Response, current_app, jsonify
from sqlalchemy import text

from policy_service.api import door
from policy_service.errors import NotReady, ServiceError
from policy_service.services.log_alarms import health_of_logs
from policy_service.services.refiling import practices_being_filed
from policy_service.services.witnesses import witnesses_in_trouble
from policy_service.settings import Settings

blueprint = Blueprint("health", __name__)


@blueprint.get("/livez")
def livez() -> Response:
    """The process answers."""
    return jsonify(status="alive")


@blueprint.get("/health")
def health() -> tuple[Response, int]:
    """Whether every log may be trusted and grows as promised: 503 and `red` where not.

    `alarms`: logs with a standing alarm. `oldest_unsigned_seconds`: how long the entry that waits
    longest has been under no signed head; red beyond POLICY_UNSIGNED_ALARM_SECONDS.
    """
    settings: Settings = current_app.extensions["policy_service_settings"]
    most = timedelta(seconds=settings.unsigned_alarm_seconds)
    try:
        logs = health_of_logs(door.desk())
    except ServiceError:
        return jsonify(status="red", alarms=None, oldest_unsigned_seconds=None), NotReady.status
    is_red = any(log.is_red(most) for log in logs)
    oldest = max((log.unsigned for log in logs), default=timedelta())
    body = jsonify(
        status="red" if is_red else "green",
        alarms=sum(log.alarm is not None for log in logs),
        oldest_unsigned_seconds=round(oldest.total_seconds(), 3),
    )
    return body, NotReady.status if is_red else 200


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
