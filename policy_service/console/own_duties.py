"""The clinician's own duties: one page each, and the form that proves it."""

from __future__ import annotations

from typing import Any

from flask import flash
from werkzeug.wrappers import Response

from policy_service.console import door
from policy_service.console.door import Refusal, blueprint
from policy_service.console.duties import duty_page, proof_of_form, refusal_of
from policy_service.domain.principals import ActingUser, Role
from policy_service.errors import InvalidRequest, StateConflict
from policy_service.services.duty_files import find_duty
from policy_service.services.duty_proofs import prove
from policy_service.services.own_page import own_viewer

Answer = Response | tuple[str, int]


@blueprint.get("/me/duties/<uuid:duty_id>")
def own_duty(duty_id: Any) -> str:
    """One duty of the clinician."""
    return _page(str(duty_id), None)


def _page(duty_id: str, refusal: Refusal | None) -> str:
    with door.desk().reading(door.principal(Role.CLINICIAN)) as context:
        return duty_page(context, own_viewer(context), duty_id, refusal)


@blueprint.post("/me/duties/<uuid:duty_id>/proof")
def take_own_proof(duty_id: Any) -> Answer:
    """The clinician proves a duty of their own."""
    try:
        with door.desk().writing(door.principal(Role.CLINICIAN)) as context:
            find_duty(context, own_viewer(context), str(duty_id))
            prove(context, ActingUser(), str(duty_id), proof_of_form())
    except (InvalidRequest, StateConflict) as error:
        return _page(str(duty_id), refusal_of(error, "proof")), error.status
    flash("The duty is done. Your proof is kept.")
    return door.see("console.own")
