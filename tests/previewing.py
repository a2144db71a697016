"""Ask for previews in a world, as the clinician does at an EHR that signs clinicians in."""

from __future__ import annotations

from typing import Any

import orjson

from policy_service.domain.answers import PreviewAnswer
from policy_service.domain.previews import Contemplated
from policy_service.domain.principals import ActingRole, ActingUser, Principal, Role, Scope
from policy_service.errors import NotFound
from policy_service.policy.preview_words import render_preview
from policy_service.services.packs import packs_named
from policy_service.services.preview_reading import open_own_preview, open_shared_preview
from policy_service.services.previews import PreviewDoor, PreviewRequest, Render, run_preview
from policy_service.services.stored_responses import IdempotencyKey, Response
from tests.cast import World


def ehr(world: World, *scopes: Scope) -> Principal:
    """An EHR that may speak for clinicians, unless told otherwise."""
    known = world.ids.setdefault("ehr", world.desk.new_id())
    held = frozenset(scopes or {Scope.PREVIEW_OWN})
    return Principal(world.practice_id, known, "EHR", frozenset({Role.EHR}), held)


def account(world: World, clinician_id: str, *more: Role) -> Principal:
    """The clinician's own account in the console."""
    return world.account(
        Role.CLINICIAN, *more, name=f"c{clinician_id[:4]}", clinician_id=clinician_id
    )


def signed_in(clinician_id: str) -> ActingUser:
    """The clinician at the EHR's keyboard."""
    return ActingUser(ActingRole.CLINICIAN, clinician_id)


def render(world: World) -> Render:
    """Words of the packs at hand."""
    return lambda body: render_preview(packs_named(world.desk, world.cleo, body), body)


def ask(
    world: World,
    clinician_id: str,
    kind: Contemplated,
    *,
    key: IdempotencyKey | None = None,
    **how: Any,
) -> dict[str, Any]:
    """The whole answer. `how`: client_id or stated, on, location_of_service, principal, acting."""
    principal = how.pop("principal", None) or ehr(world)
    how.setdefault("acting", signed_in(clinician_id))
    request = PreviewRequest(clinician_id, kind, **how)
    door = PreviewDoor(render(world), lambda body, _id: Response(201, orjson.dumps(body)), key)
    answer: dict[str, Any] = orjson.loads(run_preview(world.desk, principal, request, door).body)
    return answer


def read(
    world: World, who: Principal, preview_id: str, acting: ActingUser | None = None
) -> PreviewAnswer:
    """The preview as `who` may read it: as its clinician, or as an officer."""
    at = acting or ActingUser()
    with world.reading(who) as context:
        try:
            return open_own_preview(context, preview_id, at, render(world))
        except NotFound:
            pass
    with world.writing(who) as context:
        return open_shared_preview(context, preview_id, at, render(world))


def code_of(answer: dict[str, Any], pack: str) -> dict[str, Any]:
    """What one code says."""
    [found] = [code for code in answer["codes"] if code["pack"] == pack]
    return dict(found)
