"""The history of a case, opened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from policy_service.database.tables.registry import ClientRow
from policy_service.database.tables.reviews import CaseMoveRow, CaseRow
from policy_service.domain.reviews import MoveKind
from policy_service.ledger.canonical import parse_strict
from policy_service.services.context import Context


@dataclass(frozen=True, slots=True)
class Move:
    """One move. `words` depends on the kind; `actor` is as in the audit log."""

    number: int
    kind: MoveKind
    old_state: str | None
    new_state: str
    actor: str
    at: datetime
    words: Mapping[str, Any]

    @property
    def login_id(self) -> str:
        """The account, or EHR client, that moved."""
        return self.actor.rpartition(":")[2]


def moves_of(context: Context, case: CaseRow) -> list[Move]:
    """All moves, oldest first."""
    client = context.session.get_one(ClientRow, (context.practice_id, case.client_id))
    rows = context.session.scalars(
        select(CaseMoveRow).where(CaseMoveRow.case_id == case.id).order_by(CaseMoveRow.number)
    )
    return [_opened(context, row, client.person_id) for row in rows]


def _opened(context: Context, row: CaseMoveRow, owner: str) -> Move:
    where = ("case_move", f"{row.case_id}/{row.number}", "sealed")
    words: Any = parse_strict(context.keyring.open(context.session, owner, row.sealed, where))
    return Move(
        row.number,
        MoveKind(row.kind),
        row.old_state,
        row.new_state,
        row.actor,
        row.at,
        words,
    )
