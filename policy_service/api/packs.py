"""/v1/packs: which packs bind, new ones, what they would change. A person puts them in use."""

from __future__ import annotations

import re
from typing import Any

import orjson
from flask import Response
from flask_smorest import Blueprint

from policy_service.api import changes, door
from policy_service.api.schemas.packs import (
    ComparisonQuerySchema,
    OrderedReplaySchema,
    PackComparisonSchema,
    PackLineSchema,
    PackReplaySchema,
    PackUploadSchema,
    ProposalFormSchema,
    ProposalSchema,
    ReplayFormSchema,
    ShelfSchema,
    StoredPackSchema,
)
from policy_service.domain.principals import Scope
from policy_service.errors import NotFound
from policy_service.services import stored_responses
from policy_service.services.context import Context
from policy_service.services.pack_activation import ActivationForm, ask, examine_stored
from policy_service.services.pack_examination import Examination
from policy_service.services.pack_shelf import read_shelf
from policy_service.services.pack_storing import PackUpload, store_pack
from policy_service.services.packs import Mode
from policy_service.services.replay_orders import ReplayOrder, order_replay, read_replay

blueprint = Blueprint("packs", __name__, url_prefix="/v1/packs", description="What binds here")
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
_COUNTS = ("decisions", "changed", "unaffected", "erased", "cannot_tell", "table")


def _digest(text: str) -> str:
    """A digest of the address; whatever is none has nothing there."""
    if not _DIGEST.fullmatch(text):
        raise NotFound
    return text


@blueprint.get("")
@blueprint.response(200, ShelfSchema)
def list_packs() -> dict[str, Any]:
    """Every pack at hand: id, version, digest, and whether it binds."""
    caller = door.principal(Scope.PACKS_READ, Scope.PACKS_PROPOSE)
    with door.desk().reading(caller) as context:
        shelf = read_shelf(door.desk(), context)
    return {"number": shelf.number, "packs": [one.to_json() for one in shelf.packs]}


@blueprint.post("")
@blueprint.arguments(PackUploadSchema)
@blueprint.response(201, StoredPackSchema)
def store(asked: dict[str, Any]) -> Response:
    """Check a pack as strictly as a shipped one and store it. It binds nobody yet."""

    def change(context: Context) -> stored_responses.Response:
        pack = store_pack(door.desk(), context, PackUpload(**asked))
        body = {"digest": pack.digest, "pack": pack.id, "version": pack.version}
        return changes.made(f"/v1/packs/{pack.digest}", body)

    return changes.once(door.principal(Scope.PACKS_PROPOSE), change)


@blueprint.get("/<string:digest>")
@blueprint.response(200, PackLineSchema)
def get_pack(digest: str) -> dict[str, Any]:
    """One pack, and whether it binds."""
    caller = door.principal(Scope.PACKS_READ, Scope.PACKS_PROPOSE)
    with door.desk().reading(caller) as context:
        return read_shelf(door.desk(), context).of(_digest(digest)).to_json()


@blueprint.get("/<string:digest>/comparison")
@blueprint.arguments(ComparisonQuerySchema, **door.QUERY)
@blueprint.response(200, PackComparisonSchema)
def compare(query: dict[str, Any], digest: str) -> dict[str, Any]:
    """What would change against the pack that binds now, with proof or a counterexample."""
    caller = door.principal(Scope.PACKS_PROPOSE)
    with door.desk().reading(caller) as context:
        found = examine_stored(door.desk(), context, _digest(digest), Mode(query["mode"]))
    return _examined(found)


def _examined(found: Examination) -> dict[str, Any]:
    return {
        "digest": found.pack.digest,
        "mode": found.mode.value,
        "replaces": found.ends.digest if found.ends else None,
        "loosens": list(found.loosens),
        "needs_second_person": found.needs_second,
        "forbidden": found.forbidden,
        "comparison": found.comparison.to_json() if found.comparison else None,
        "certificate": found.certificate.to_json() if found.certificate else None,
    }


@blueprint.post("/<string:digest>/activation")
@blueprint.arguments(ProposalFormSchema)
@blueprint.response(202, ProposalSchema)
def propose(asked: dict[str, Any], digest: str) -> Response:
    """Ask an officer to put the pack in use. A key never does so itself."""

    def change(context: Context) -> stored_responses.Response:
        form = ActivationForm(_digest(digest), asked["reason"], Mode(asked["mode"]))
        found = ask(door.desk(), context, form)
        body = {
            "status": "waiting",
            "proposal_id": found.proposal_id,
            "loosens": list(found.loosens),
        }
        return stored_responses.Response(202, orjson.dumps(body))

    return changes.once(door.principal(Scope.PACKS_PROPOSE), change)


@blueprint.post("/<string:digest>/replays")
@blueprint.arguments(ReplayFormSchema)
@blueprint.response(202, OrderedReplaySchema)
def replay(asked: dict[str, Any], digest: str) -> Response:
    """Queue a replay of every recorded decision under the pack."""

    def change(context: Context) -> stored_responses.Response:
        with_digests = asked["with_digests"]
        wanted = _digest(digest)
        replay_id = order_replay(door.desk(), context, wanted, with_digests=with_digests)
        body = {"id": replay_id, "status": "queued"}
        location = f"/v1/packs/{wanted}/replays/{replay_id}"
        return stored_responses.Response(202, orjson.dumps(body), location)

    return changes.once(door.principal(Scope.PACKS_PROPOSE), change)


@blueprint.get("/<string:digest>/replays/<uuid:replay_id>")
@blueprint.response(200, PackReplaySchema)
def get_replay(digest: str, replay_id: Any) -> dict[str, Any]:
    """How many decisions would come out otherwise; which ones is for officers, in the console."""
    caller = door.principal(Scope.PACKS_PROPOSE)
    with door.desk().reading(caller) as context:
        order = read_replay(context, str(replay_id))
    if order.digest != _digest(digest):
        raise NotFound
    return _counted(order)


def _counted(order: ReplayOrder) -> dict[str, Any]:
    status = "queued" if order.report is None else "finished"
    counts = {name: order.report[name] for name in _COUNTS} if order.report else {}
    return {
        "id": order.id,
        "status": status,
        "digest": order.digest,
        "with_digests": order.with_digests,
        **counts,
    }
