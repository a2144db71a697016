"""POST /v1/audit/bundles: evidence that a stranger checks offline (docs/evidence.md)."""

from __future__ import annotations

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from policy_service.api import door
from policy_service.api.schemas.bundles import ALL, BundleOrderSchema
from policy_service.domain.principals import Scope
from policy_service.domain.releases import Recipient, RecipientKind
from policy_service.services.audit_filters import EntryFilter
from policy_service.services.bundle_choice import Choice, Chosen, Matching, Range
from policy_service.services.evidence_bundles import Bundle, BundleForm, make_bundle

blueprint = Blueprint(
    "bundles", __name__, url_prefix="/v1/audit", description="Evidence for outsiders"
)
ZIP = "application/zip"
_FILE = {"type": "string", "format": "binary"}


@blueprint.post("/bundles")
@blueprint.arguments(BundleOrderSchema)
@blueprint.response(200, _FILE, content_type=ZIP)
def make(asked: dict[str, Any]) -> Response:
    """Entries with proofs, rule packs and the programs that check them, as a zip.

    The making is itself an entry of the log.
    """
    caller = door.principal(Scope.AUDIT_RELEASE)
    opened = frozenset(asked.get("open", ()))
    form = BundleForm(
        choice=_choice(asked),
        purpose=asked["purpose"],
        groups=None if ALL in opened else opened,
        recipient=_recipient(asked.get("recipient")),
        previous=asked.get("previous"),
    )
    return send_bundle(make_bundle(door.desk(), caller, form))


def send_bundle(made: Bundle) -> Response:
    """A bundle as a file to be saved."""
    sent = Response(made.content, mimetype=ZIP)
    sent.headers["Content-Disposition"] = f'attachment; filename="{made.file_name}"'
    return sent


def _choice(asked: dict[str, Any]) -> Choice:
    if "ids" in asked:
        return Chosen(tuple(asked["ids"]))
    if "entries" in asked:
        return Matching(EntryFilter(**asked["entries"]))
    return Range(asked.get("first", 0), asked.get("last"))


def _recipient(given: dict[str, str] | None) -> Recipient | None:
    if given is None:
        return None
    return Recipient(RecipientKind(given["kind"]), given["name"], given.get("address", ""))
