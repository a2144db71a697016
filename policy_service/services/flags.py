"""The plain flags of a client: which questions there are, and what the practice decided."""

from __future__ import annotations

from sqlalchemy import select

from policy_service.database.tables.reviews import CaseRow
from policy_service.domain.answers import Flag
from policy_service.domain.outcomes import Outcome
from policy_service.domain.standings import NO_PURPOSE, Standing, advise
from policy_service.services.cases import standing_today
from policy_service.services.context import Context
from policy_service.services.parties import client_row


def client_flags(context: Context, client_id: str) -> list[Flag]:
    """Every question of the client with a standing, oldest first. NotFound for no such client."""
    client = client_row(context, client_id)
    while client.merged_into is not None:
        client = client_row(context, client.merged_into)
    rows = context.session.scalars(
        select(CaseRow)
        .where(CaseRow.client_id == client.id)
        .order_by(CaseRow.opened_at, CaseRow.clinician_id, CaseRow.kind)
    )
    flags = (_flag(context, row) for row in rows)
    return [flag for flag in flags if flag.standing is not Standing.NONE]


def _flag(context: Context, row: CaseRow) -> Flag:
    standing = standing_today(context, row)
    advice = advise(Outcome(row.outcome), standing, NO_PURPOSE)
    since = row.opened_at.date().isoformat()
    return Flag(row.clinician_id, row.kind, standing, advice, since)
