"""Erasure of a person: grounds, states, and what stands in the way.

A legal hold and the retention floor win over every wish; what blocks is said with its last day.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from policy_service.domain.dates import plus_months

DEFAULT_FLOOR_YEARS = 6
"""HIPAA keeps required documentation for six years (45 CFR 164.316(b)(2)(i), 164.530(j))."""
LONGEST_FLOOR_YEARS = 99


class Ground(StrEnum):
    """Why a person is erased: a code, for free text might name somebody."""

    PERSON_ASKED = "person_asked"
    GUARDIAN_ASKED = "guardian_asked"
    COURT_ORDER = "court_order"
    PERIOD_OVER = "period_over"
    RECORDED_BY_MISTAKE = "recorded_by_mistake"


class ErasureState(StrEnum):
    """Where an erasure stands. `refused`: something blocked it when it was asked or carried out."""

    ASKED = "asked"
    REFUSED = "refused"
    DROPPED = "dropped"
    DONE = "done"


class BlockKind(StrEnum):
    """What forbids an erasure."""

    LEGAL_HOLD = "legal_hold"
    RETENTION_FLOOR = "retention_floor"
    IN_CARE = "in_care"
    CLINICIAN = "clinician"
    UPLOAD_RUNNING = "upload_running"


@dataclass(frozen=True, slots=True)
class Block:
    """One thing that forbids it; `until` is the first day without it, None where nobody knows."""

    kind: BlockKind
    until: date | None = None

    def to_json(self) -> dict[str, str | None]:
        """Kind and day, as entries and answers hold them."""
        return {"kind": self.kind.value, "until": self.until.isoformat() if self.until else None}


def blocks_to_text(blocks: Iterable[Block]) -> str:
    """As a row keeps them: "legal_hold retention_floor:2032-03-02"."""
    return " ".join(
        f"{one.kind.value}:{one.until.isoformat()}" if one.until else one.kind.value
        for one in blocks
    )


def blocks_from_text(text: str) -> tuple[Block, ...]:
    """Inverse of `blocks_to_text`."""
    parts = (word.partition(":") for word in text.split())
    return tuple(
        Block(BlockKind(kind), date.fromisoformat(day) if day else None) for kind, _, day in parts
    )


def floor_block(last_day: date | None, years: int, today: date) -> Block | None:
    """The retention floor, counted from the last care or decision; None where it is over.

    The first day on which the person may be erased is the same day `years` later.
    """
    if last_day is None:
        return None
    until = plus_months(last_day, 12 * years)
    return Block(BlockKind.RETENTION_FLOOR, until) if today < until else None
