"""What the shadows said beside what was decided: read from the entries, where it was committed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from policy_service.database.tables.audit import OpeningRow
from policy_service.database.tables.decisions import DecisionRow
from policy_service.domain.outcomes import Outcome
from policy_service.ledger.commitments import Opening
from policy_service.services.context import Context
from policy_service.services.shadows import SHADOW
from policy_service.vault.errors import KeyNotHeld

MOST_CHANGES = 200
CHUNK = 1_000
_FIRST = "00000000-0000-0000-0000-000000000000"


@dataclass(slots=True)
class ShadowReport:
    """Decisions a shadow took part in, by what was decided and what it would have been."""

    digest: str
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    erased: int = 0
    changes: list[tuple[str, str, str]] = field(default_factory=list)
    """Decision id, decided, in shadow."""

    @property
    def decisions(self) -> int:
        """All it took part in and that can still be read."""
        return self.outcomes.total()

    @property
    def changed(self) -> int:
        """Those that would have come out otherwise."""
        return sum(n for (old, new), n in self.outcomes.items() if old != new)

    def to_json(self) -> dict[str, Any]:
        """Canonical-JSON-safe form."""
        ordered = sorted(
            self.outcomes.items(), key=lambda one: [-Outcome(word).rank for word in one[0]]
        )
        return {
            "digest": self.digest,
            "decisions": self.decisions,
            "changed": self.changed,
            "erased": self.erased,
            "table": [{"old": old, "new": new, "decisions": n} for (old, new), n in ordered],
            "changes": [
                {"decision_id": decision, "old": old, "new": new}
                for decision, old, new in self.changes
            ],
            "changes_left_out": self.changed - len(self.changes),
        }


def shadow_report(context: Context, digest: str) -> ShadowReport:
    """Everything the shadow of this digest said so far."""
    report = ShadowReport(digest)
    for decision_id, old, said in _said(context, report):
        if digest not in said["packs"]:
            continue
        new = said["decision"]["outcome"]
        report.outcomes[old, new] += 1
        if old != new and len(report.changes) < MOST_CHANGES:
            report.changes.append((decision_id, old, new))
    return report


def _said(context: Context, report: ShadowReport) -> Iterator[tuple[str, str, Any]]:
    """(decision id, outcome, the opened group) of each decision that shadows took part in."""
    after = _FIRST
    while rows := context.session.execute(_page(context, after)).all():
        owners = {row.owner_person_id for row in rows}
        context.keyring.load_person_keys(context.session, sorted(owners))
        for row in rows:
            where = ("audit_opening", row.entry_id, SHADOW)
            try:
                raw = context.keyring.open(context.session, row.owner_person_id, row.sealed, where)
            except KeyNotHeld:
                report.erased += 1
                continue
            yield row.entry_id, row.outcome, Opening.from_bytes(raw).value
        after = rows[-1].entry_id


def _page(context: Context, after: str) -> Any:
    entry = (DecisionRow.practice_id == OpeningRow.practice_id) & (
        DecisionRow.entry_id == OpeningRow.entry_id
    )
    return (
        select(
            OpeningRow.entry_id, OpeningRow.owner_person_id, OpeningRow.sealed, DecisionRow.outcome
        )
        .join(DecisionRow, entry)
        .where(
            OpeningRow.practice_id == context.practice_id,
            OpeningRow.name == SHADOW,
            OpeningRow.entry_id > after,
        )
        .order_by(OpeningRow.entry_id)
        .limit(CHUNK)
    )
