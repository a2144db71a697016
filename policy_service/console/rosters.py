"""Rosters in the console: bring a file, see what it would change, apply or discard it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, request
from werkzeug.wrappers import Response

from policy_service.console import door
from policy_service.console.door import Refusal, blueprint, form_text
from policy_service.domain.principals import Role
from policy_service.errors import FieldError, InvalidRequest, StateConflict
from policy_service.importers.roster import RosterKind
from policy_service.services.context import Context
from policy_service.services.imports.roster_drops import (
    DropSource,
    DropState,
    confirm_drop,
    discard_drop,
    list_drops,
    open_drop,
    take_drop,
)
from policy_service.services.imports.run import RosterFile

Answer = Response | tuple[str, int]
KEEPERS = (Role.COMPLIANCE, Role.ADMIN)
"""Whoever keeps the practice's records; a preview names nobody."""


@blueprint.get("/rosters")
def rosters() -> str:
    """Files that were dropped, and the form to bring one."""
    return _rosters_page(None)


def _rosters_page(refusal: Refusal | None) -> str:
    with door.desk().reading(door.principal(*KEEPERS)) as context:
        drops, follow = list_drops(context, request.args.get("after") or None, 50)
        return door.page(
            "rosters.html",
            drops=drops,
            follow=follow,
            kinds=[kind.value for kind in RosterKind],
            most_bytes=door.most_bytes_of_an_upload(),
            refusal=refusal,
        )


@blueprint.post("/rosters")
def bring_roster() -> Answer:
    """Read a file. No record is changed before it is confirmed."""
    who = door.principal(*KEEPERS)
    try:
        drop_id, is_new = take_drop(door.desk(), who, _file(), DropSource.CONSOLE)
    except InvalidRequest as error:
        refusal = Refusal(_named(error), request.form.to_dict(), "roster")
        return _rosters_page(refusal), error.status
    if not is_new:
        flash("This very file was brought before. Nothing was done again.")
    return door.see("console.roster", drop_id=drop_id)


def _named(error: InvalidRequest) -> InvalidRequest:
    """A header's refusals (`/1/given_name`) belong to the field of the file."""
    return InvalidRequest(
        errors=[
            one if one.pointer in ("/file", "/kind") else FieldError("/file", one.detail)
            for one in error.errors[:1]
        ]
    )


def _file() -> RosterFile:
    kind, file = form_text("kind"), request.files.get("file")
    if kind not in list(RosterKind):
        allowed = tuple(one.value for one in RosterKind)
        raise InvalidRequest(errors=[FieldError("/kind", "Say what the file lists.", allowed)])
    raw = file.read() if file else b""
    if not raw:
        raise InvalidRequest(errors=[FieldError("/file", "Choose a file that is not empty.")])
    return RosterFile(RosterKind(kind), raw)


@blueprint.get("/rosters/<uuid:drop_id>")
def roster(drop_id: Any) -> str:
    """What one file would change, or what came of it."""
    return _roster_page(str(drop_id), None)


def _roster_page(drop_id: str, refusal: Refusal | None) -> str:
    with door.desk().reading(door.principal(*KEEPERS)) as context:
        drop = open_drop(context, drop_id)
        return door.page(
            "roster.html",
            drop=drop,
            row=drop.row,
            shown=drop.preview,
            is_waiting=drop.row.state == DropState.WAITING,
            refusal=refusal,
        )


@blueprint.post("/rosters/<uuid:drop_id>/apply")
def apply_roster(drop_id: Any) -> Answer:
    """Have the worker apply it; one that is held only by somebody who says they looked."""
    why = form_text("confirm") or None
    said = "Being applied. You need not wait on this page."
    return _decide(str(drop_id), lambda context, one: confirm_drop(context, one, why), said)


@blueprint.post("/rosters/<uuid:drop_id>/discard")
def discard_roster(drop_id: Any) -> Answer:
    """Apply nothing of it."""
    return _decide(str(drop_id), discard_drop, "Discarded. Nothing was changed.")


def _decide(drop_id: str, step: Callable[[Context, str], None], said: str) -> Answer:
    try:
        with door.desk().writing(door.principal(*KEEPERS)) as context:
            step(context, drop_id)
    except (InvalidRequest, StateConflict) as error:
        return _roster_page(drop_id, Refusal(error, request.form.to_dict(), "apply")), error.status
    flash(said)
    return door.see("console.roster", drop_id=drop_id)
