"""Comparisons, proofs and replays, laid out for pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from policy_service.domain.outcomes import Outcome
from policy_service.services.pack_examination import Examination

_OUTCOMES = tuple(outcome.value for outcome in reversed(Outcome))


def examined(found: Examination) -> dict[str, Any]:
    """What the page of a change shows of it."""
    comparison = found.comparison.to_json() if found.comparison else None
    certificate = found.certificate.to_json() if found.certificate else None
    return {
        "found": found,
        "comparison": comparison,
        "certificate": certificate,
        "share": _share(comparison["known"]) if comparison else "",
    }


def _share(known: Mapping[str, Any]) -> str:
    """The share of combinations that change, as people read it."""
    per_million = int(known["changed_per_million"])
    if not int(known["changed"]):
        return "none"
    if per_million == 0:
        return "less than one in a million"
    return f"{per_million / 10_000:.2f} %"


def merged_table(report: Mapping[str, Any]) -> dict[str, Any]:
    """Old by new as rows and columns, the gravest first; only outcomes that occur."""
    counts = {(line["old"], line["new"]): line["decisions"] for line in report["table"]}
    rows = [word for word in _OUTCOMES if any(old == word for old, _ in counts)]
    columns = [word for word in _OUTCOMES if any(new == word for _, new in counts)]
    return {"rows": rows, "columns": columns, "counts": counts}
