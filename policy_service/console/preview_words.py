"""How the console says the words of a preview: calmly, and without telling how to get round it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any

KINDS = {
    "friendship": "a friendship",
    "romance": "a romance or sexual relationship",
    "business": "doing business together",
    "employment": "one employing the other",
    "personal_connection": "connecting on a personal or mixed account",
    "professional_connection": "connecting on a professional account",
}
STATUSES = {"current": "in care with me", "former": "formerly in care with me"}
REASONS = {
    "planned": "as planned",
    "client_choice": "the client's choice",
    "clinician_choice": "my choice",
    "transfer": "transfer to somebody else",
    "lost_contact": "contact was lost",
    "to_begin_personal_relationship": "to begin a personal relationship",
    "to_begin_business_relationship": "to begin a business relationship",
    "other": "another reason",
}
CLOSES = {
    "closed_for_ever": ("●", "Closed for ever"),
    "closed_for_a_time": ("◕", "Closed for a time"),
    "closed_while_it_lasts": ("◕", "Closed while it lasts"),
    "may_be_closed": ("◑", "May be closed"),
    "needs_deliberation": ("◔", "Only after deliberation"),
    "to_be_watched": ("◔", "To be recorded and watched"),
    "no_rule_matched": ("○", "No rule matched"),
}
MARKS = {
    "closed_for_ever": "prohibit",
    "closed_for_a_time": "prohibit",
    "closed_while_it_lasts": "prohibit",
    "may_be_closed": "deliberate",
    "needs_deliberation": "deliberate",
    "to_be_watched": "monitor",
    "no_rule_matched": "no_finding",
}
"""The colour of each, by the outcome that it is like."""


def span(period: Mapping[str, Any]) -> str:
    """The days of a period; its last day is the one before the next period begins."""
    if period["until"] is None:
        return f"from {period['from']} on"
    return f"from {period['from']} until {period['until']}"


def closings(code: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What a code closes, a line a verdict, with every rule that says so, each once.

    Each line: closes, rests_on_drafts, first, until (None: no end), findings, drafts.
    """
    lines = []
    for closes, group in groupby(code["closings"], key=lambda one: one["closes"]):
        alike = list(group)
        periods = [
            each[-1] for one in alike for each in (one["while_it_lasts"], one["after_it_is_over"])
        ]
        lines.append(
            {
                "closes": closes,
                "rests_on_drafts": all(one["rests_on_drafts"] for one in alike),
                "first": alike[0]["if_begun_from"],
                "until": alike[-1]["if_begun_until"],
                "findings": _each_once(item for p in periods for item in p["findings"]),
                "drafts": _each_once(item for p in periods for item in p["unverified"]),
            }
        )
    return lines


def _each_once(items: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return list({item["rule"]: item for item in items}.values())
