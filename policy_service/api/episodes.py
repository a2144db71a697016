"""/v1/episodes: open, read, revise, withdraw."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response
from flask_smorest import Blueprint

from policy_service.api import changes, door, shapes
from policy_service.api.schemas.clients import (
    EpisodeFormSchema,
    EpisodeRevisionSchema,
    EpisodeSchema,
)
from policy_service.api.schemas.lists import ReasonSchema, RecordedSchema
from policy_service.domain.principals import Scope
from policy_service.services import episodes, stored_responses
from policy_service.services.context import Context
from policy_service.services.episodes import Episode, EpisodeForm

blueprint = Blueprint("episodes", __name__, url_prefix="/v1/episodes", description="Episodes")
_OWN = (
    "id", "revision", "is_withdrawn", "external_id", "began_on", "terminated_on",
    "termination_reason", "is_open",
)  # fmt: skip
_CLIENT = ("client_id", "role", "began_on", "ended_on")
_CLINICIAN = ("clinician_id", "role", "began_on", "ended_on", "last_contact_on", "known_since")


@blueprint.post("")
@blueprint.arguments(EpisodeFormSchema)
@blueprint.response(201, EpisodeSchema)
def open_episode(form: EpisodeForm) -> Response:
    """Record an episode of care, open or over."""

    def change(context: Context) -> stored_responses.Response:
        made = episodes.open_episode(context, form)
        shown = _shape(episodes.read_episode(context, made))
        return changes.made(f"/v1/episodes/{made}", shown)

    return changes.once(door.principal(Scope.REGISTRY_WRITE), change)


@blueprint.get("/<uuid:episode_id>")
@blueprint.response(200, EpisodeSchema)
def read(episode_id: UUID) -> dict[str, Any]:
    """An episode as it stands."""
    with door.desk().reading(door.principal(Scope.REGISTRY_READ)) as context:
        return _shape(episodes.read_episode(context, str(episode_id)))


@blueprint.put("/<uuid:episode_id>")
@blueprint.arguments(EpisodeRevisionSchema)
@blueprint.response(200, EpisodeSchema)
def revise(asked: dict[str, Any], episode_id: UUID) -> Response:
    """Put the episode right: another client, a new clinician, an end."""

    def change(context: Context) -> stored_responses.Response:
        episodes.revise_episode(context, str(episode_id), asked["episode"], asked["reason"])
        return changes.changed(_shape(episodes.read_episode(context, str(episode_id))))

    return changes.once(door.principal(Scope.REGISTRY_WRITE), change)


@blueprint.post("/<uuid:episode_id>/withdrawal")
@blueprint.arguments(ReasonSchema)
@blueprint.response(200, RecordedSchema)
def withdraw(asked: dict[str, Any], episode_id: UUID) -> Response:
    """The episode never was."""

    def change(context: Context) -> stored_responses.Response:
        episodes.withdraw_episode(context, str(episode_id), asked["reason"])
        return changes.recorded(context, str(episode_id))

    return changes.once(door.principal(Scope.REGISTRY_WRITE), change)


def _shape(episode: Episode) -> dict[str, Any]:
    return shapes.columns(episode.row, *_OWN) | {
        "clients": [shapes.columns(part, *_CLIENT) for part in episode.clients],
        "clinicians": [shapes.columns(part, *_CLINICIAN) for part in episode.clinicians],
    }
