"""The moves of packs: bring one in, put it in use, approve, refuse, order a replay."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import request
from werkzeug.wrappers import Response

from policy_service.console import door
from policy_service.console.door import Refusal, blueprint, form_text
from policy_service.console.packs import change_page, done, packs_page, typed
from policy_service.domain.principals import Role
from policy_service.errors import (
    Conflict,
    FieldError,
    InvalidRequest,
    NotAllowed,
    PackRefused,
    StaleVersion,
    StateConflict,
)
from policy_service.policy.files import CASES, HEADER, README
from policy_service.services.context import Context
from policy_service.services.pack_activation import ActivationForm, Asked, approve, ask, refuse
from policy_service.services.pack_shelf import waiting_proposals
from policy_service.services.pack_storing import PackUpload, store_pack
from policy_service.services.packs import Mode
from policy_service.services.replay_orders import order_replay

Answer = Response | tuple[str, int]
_REFUSALS = (InvalidRequest, NotAllowed, PackRefused, StaleVersion, StateConflict, Conflict)


@blueprint.post("/packs")
def bring_in() -> Answer:
    """Store a pack from its files: README.md, pack.yaml, cases.yaml and the rules."""
    who = door.principal(Role.COMPLIANCE)
    try:
        files = _files()
        with door.desk().writing(who) as context:
            pack = store_pack(door.desk(), context, PackUpload(files=files))
    except _REFUSALS as error:
        return packs_page(Refusal(error, {}, "bring_in")), error.status
    said = f"Version {pack.version} of {pack.title} is stored. It binds nobody yet."
    return _see(done(said, "console.pack", digest=pack.digest))


def _files() -> dict[str, str]:
    """The files that were chosen, by the names they have in a pack's folder."""
    found: dict[str, str] = {}
    for file in request.files.getlist("files"):
        name = (file.filename or "").replace("\\", "/").rpartition("/")[2]
        if name:
            known = name in (README, HEADER, CASES)
            found[name if known else f"rules/{name}"] = _text(name, file.read())
    if not found:
        raise InvalidRequest(errors=[FieldError("/files", "Choose the files of the pack.")])
    return found


def _text(name: str, raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        said = f"{name} is not UTF-8 text."
        raise InvalidRequest(errors=[FieldError("/files", said)]) from None


def _see(response: Any) -> Response:
    seen: Response = response
    return seen


@blueprint.post("/packs/<digest>/change")
def put_in_use(digest: str) -> Answer:
    """Put the pack in use, or ask a second person to."""
    mode = Mode(form_text("mode")) if form_text("mode") in set(Mode) else Mode.ACTIVE
    form = ActivationForm(digest, form_text("reason"), mode, door.form_version())

    def step(context: Context) -> Asked:
        return ask(door.desk(), context, form)

    asked = _take(digest, mode, step)
    if not isinstance(asked, Asked):
        refused: Answer = asked
        return refused
    if asked.proposal_id:
        said = "This loosens what was forbidden, so an approver must agree. It waits in the list."
        return _see(done(said, "console.pack_change", digest=digest, mode=mode.value))
    return _see(done(_DONE[mode], "console.pack", digest=digest))


_DONE = {
    Mode.ACTIVE: "The pack binds from now on. Every pair is asked about again.",
    Mode.SHADOW: "The pack runs along from now on and binds nobody.",
    Mode.RETIRED: "The pack is no longer in use. It stays at hand for replay.",
}


def _take(digest: str, mode: Mode, step: Callable[[Context], Any]) -> Any:
    """Make the move in one transaction. A refusal shows the page again with what was typed."""
    try:
        with door.desk().writing(door.principal()) as context:
            return step(context)
    except _REFUSALS as error:
        return change_page(digest, mode, Refusal(error, typed(), "change")), error.status


@blueprint.post("/packs/proposals/<uuid:proposal_id>")
def decide_proposal(proposal_id: Any) -> Answer:
    """The second person approves, or somebody refuses."""
    wanted, reason = str(proposal_id), form_text("reason")
    agrees = form_text("verdict") == "approve"
    with door.desk().reading(door.principal()) as context:
        found = next((one for one in waiting_proposals(context) if one.id == wanted), None)
    if found is None:
        raise StateConflict("This was decided already.")

    def step(context: Context) -> None:
        if agrees:
            approve(door.desk(), context, wanted, reason)
        else:
            refuse(door.desk(), context, wanted, reason)

    mode = Mode(found.mode)
    refused = _take(found.digest, mode, step)
    if refused is not None:
        answer: Answer = refused
        return answer
    said = _DONE[mode] if agrees else "The proposal is refused; nothing changed."
    return _see(done(said, "console.pack", digest=found.digest))


@blueprint.post("/packs/<digest>/replays")
def ask_replay(digest: str) -> Answer:
    """Queue a replay of the whole log under the pack."""
    with door.desk().writing(door.principal()) as context:
        whole = form_text("with_digests") == "1"
        replay_id = order_replay(door.desk(), context, digest, with_digests=whole)
    said = "The replay is queued; the worker carries it out."
    return _see(done(said, "console.pack_replay", replay_id=replay_id))
