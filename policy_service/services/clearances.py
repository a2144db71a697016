"""Days on which bars end: remembered with each decision that names one, told when they come."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from policy_service.database.tables.webhooks import ClearanceWatchRow
from policy_service.services.context import Context


def watch_clearances(context: Context, decision_id: str, body: Mapping[str, Any]) -> None:
    """Remember the days to come on which the bars of a decision end."""
    today = context.today.isoformat()
    for day in sorted(day for day in clearance_days(body) if day > today):
        context.session.add(
            ClearanceWatchRow(practice_id=context.practice_id, decision_id=decision_id, on_day=day)
        )


def clearance_days(body: Mapping[str, Any]) -> set[str]:
    """The days (ISO) on which the bars of a decision body end; a bar may end never."""
    clocks = (finding["clock"] for finding in body["findings"])
    ends = {clock["clears_on"] for clock in clocks if clock}
    return {day for day in ends if day is not None and _is_day(day)}


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
