"""The REST door: one file per resource; doors translate and nothing else."""

from __future__ import annotations

from flask import Flask
from flask_smorest import Api

from policy_service.api import checks, door, health, problems

RESOURCES = (checks.blueprint,)

for _resource in RESOURCES:
    # Once, at import: a process may make several applications of the same resources.
    _resource.before_request(door.require_caller)


def register_rest(app: Flask, api: Api) -> None:
    """Hang every resource, its error handling and the probes on the application."""
    app.config.setdefault("READS_MEDIA_TYPES", {})
    for blueprint in RESOURCES:
        api.register_blueprint(blueprint)
    app.register_blueprint(health.blueprint)
    problems.register(app)
