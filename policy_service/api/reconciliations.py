"""POST /v1/reconciliations: what did an EHR ask that never came, and what never reached it?"""

from __future__ import annotations

from typing import Any

import orjson
from flask import Response
from flask_smorest import Blueprint

from policy_service.api import door
from policy_service.api.schemas.reconciliations import (
    AnswersListedSchema,
    ReconciledPageSchema,
    ReconciledQuerySchema,
    ReconciledSchema,
)
from policy_service.domain.principals import Scope
from policy_service.services import stored_responses
from policy_service.services.context import Context
from policy_service.services.once import change_once
from policy_service.services.reconciliations import (
    Listed,
    ReconciliationOrder,
    read_reconciliation,
    reconcile,
)

blueprint = Blueprint(
    "reconciliations",
    __name__,
    url_prefix="/v1/reconciliations",
    description="What was asked and never came, what was answered and never arrived",
)


@blueprint.post("")
@blueprint.arguments(AnswersListedSchema)
@blueprint.response(201, ReconciledSchema)
def create_reconciliation(asked: dict[str, Any]) -> Response:
    """List what you asked; learn what never reached us, and which answers never reached you."""
    caller = door.principal(Scope.DECISION_FULL, Scope.DECISION_BRIEF)
    order = ReconciliationOrder(
        tuple(Listed(**line) for line in asked["listed"]),
        asked.get("since"),
        asked.get("until"),
        door.acting_user(asked.get("acting_user")),
    )
    desk = door.desk()

    def record(context: Context) -> stored_responses.Response:
        made = reconcile(desk, context, order)
        return stored_responses.Response(
            201, orjson.dumps(made), f"/v1/reconciliations/{made['id']}"
        )

    return door.send(change_once(desk, caller, door.idempotency_key(caller), record))


@blueprint.get("/<uuid:reconciliation_id>")
@blueprint.arguments(ReconciledQuerySchema, **door.QUERY)
@blueprint.response(200, ReconciledPageSchema)
def get_reconciliation(query: dict[str, Any], reconciliation_id: Any) -> dict[str, Any]:
    """A page of the answers that never reached you, with the standing of today."""
    caller = door.principal(Scope.DECISION_FULL, Scope.DECISION_BRIEF)
    with door.desk().reading(caller) as context:
        return read_reconciliation(
            context,
            str(reconciliation_id),
            door.acting_from_query(query),
            query.get("cursor"),
            query["limit"],
        )
