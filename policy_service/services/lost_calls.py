"""Hook calls that arrived and could not be answered: kept, so that nothing that arrived is lost.

Each is the question of somebody who did not get an answer. An officer reads it, asks it by hand or
has the cause mended, and settles it. The same call that comes again and again is one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from policy_service.audit.log import Owned
from policy_service.database.tables.prompts import LostCallRow
from policy_service.domain.principals import Principal, Role
from policy_service.errors import NotAllowed, NotFound
from policy_service.ledger.canonical import Json
from policy_service.services.context import Context
from policy_service.services.desk import Desk
from policy_service.vault.keys import Purpose

KEPT, READ, SETTLED = "call.not_answered", "call.read", "call.settled"
LONGEST = 256 * 1024
"""Bytes of a body that are kept; the digest of the whole stands beside them."""


@dataclass(frozen=True, slots=True)
class LostCall:
    """A call as it arrived, and why it was not answered."""

    service: str
    status: int
    body: bytes
    why: str


def keep_lost(desk: Desk, principal: Principal, call: LostCall) -> bool:
    """Keep a call and say so in the log; False if it is kept already."""
    try:
        with desk.writing(principal) as context:
            return _keep(context, call)
    except IntegrityError:
        return False  # its twin was faster


def _keep(context: Context, call: LostCall) -> bool:
    digest = hashlib.sha256(call.body).hexdigest()
    said = f"{context.principal.id}\n{call.service}\n{digest}"
    keyed = context.keyring.digest(Purpose.BODY_DIGEST, f"lost call\n{said}")
    call_id = str(UUID(bytes=keyed[:16], version=4))
    if context.session.get(LostCallRow, (context.practice_id, call_id)) is not None:
        return False
    body = call.body[:LONGEST].decode("utf-8", "replace")
    raw = orjson.dumps({"body": body, "why": call.why, "digest": digest})
    where = ("lost_call", call_id, "sealed")
    context.session.add(
        LostCallRow(
            practice_id=context.practice_id,
            id=call_id,
            at=context.now,
            ehr_client_id=context.principal.id,
            service=call.service,
            status=call.status,
            sealed=context.keyring.seal(context.session, None, raw, where),
        )
    )
    context.session.flush()
    noted: dict[str, Json] = {"call": call_id, "service": call.service, "status": call.status}
    context.log(KEPT, {"call": Owned(noted)})
    return True


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A kept call, opened for an officer."""

    id: str
    at: datetime
    ehr_client_id: str
    service: str
    status: int
    said: Mapping[str, Any]


def unanswered_calls(context: Context, most: int = 50) -> list[Unanswered]:
    """The newest calls that nobody settled."""
    rows = context.session.scalars(
        select(LostCallRow)
        .where(LostCallRow.settled_at.is_(None))
        .order_by(LostCallRow.at.desc(), LostCallRow.id)
        .limit(most)
    )
    return [_opened(context, row) for row in rows.all()]


def read_calls(context: Context) -> list[Unanswered]:
    """The same for an officer; that they were read is an entry."""
    found = unanswered_calls(context)
    if found:
        read: list[Json] = [one.id for one in found]
        context.log(READ, {"read": Owned({"calls": read})})
    return found


def _opened(context: Context, row: LostCallRow) -> Unanswered:
    where = ("lost_call", row.id, "sealed")
    said = orjson.loads(context.keyring.open(context.session, None, row.sealed, where))
    return Unanswered(row.id, row.at, row.ehr_client_id, row.service, row.status, said)


def settle_call(context: Context, call_id: str) -> None:
    """An officer has seen to a call. NotFound for one that is not kept."""
    if not context.principal.has(Role.COMPLIANCE, Role.OPERATOR):
        raise NotAllowed("This needs a compliance officer.")
    row = context.session.get(LostCallRow, (context.practice_id, call_id))
    if row is None:
        raise NotFound
    if row.settled_at is None:
        row.settled_at, row.settled_by = context.now, context.principal.actor_ref
        context.session.flush()
        context.log(SETTLED, {"call": Owned({"call": row.id})})
