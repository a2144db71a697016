"""The timeline of a recorded check: its stored facts and body, read again with what packs say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from policy_service.database.tables.decisions import DecisionRow
from policy_service.database.tables.registry import ClientRow
from policy_service.domain.answers import TimelineAnswer
from policy_service.domain.facts import Facts, facts_from_json
from policy_service.domain.timelines import Timeline
from policy_service.ledger.canonical import parse_strict
from policy_service.services.context import Context
from policy_service.services.decisions import Recorded, own_findings, own_ties

Draw = Callable[[Mapping[str, Any], Facts], Timeline]
"""How the door makes a timeline of a decision body and its facts: the packs are the door's."""


def timeline_of(context: Context, recorded: Recorded, draw: Draw) -> TimelineAnswer:
    """The whole timeline of a check, to be redacted. KeyNotHeld after erasure."""
    facts = read_facts(context, recorded)
    return TimelineAnswer(
        recorded.id,
        recorded.at,
        draw(recorded.body, facts),
        draw({**recorded.body, "findings": own_findings(recorded)}, facts),
        own_ties(recorded),
    )


def read_facts(context: Context, recorded: Recorded) -> Facts:
    """The facts a decision stood on."""
    row = context.session.get_one(DecisionRow, (context.practice_id, recorded.id))
    client = context.session.get_one(ClientRow, (context.practice_id, row.client_id))
    where = ("decision", row.id, "facts")
    raw = context.keyring.open(context.session, client.person_id, row.sealed_facts, where)
    known: Any = parse_strict(raw)
    return facts_from_json(known)
