"""What an attestation covers and how long."""

from __future__ import annotations

from datetime import date

from policy_service.domain.attestations import (
    COVERS,
    AttestationKind,
    uncovered_categories,
    valid_until,
)
from policy_service.domain.ties import TieCategory


def test_every_tie_category_is_covered_by_exactly_one_kind() -> None:
    covered = [category for kinds in COVERS.values() for category in kinds]
    assert sorted(covered) == sorted(TieCategory)


def test_what_is_not_attested_stays_possible() -> None:
    left = uncovered_categories(set(AttestationKind) - {AttestationKind.FRIENDS})
    assert left == COVERS[AttestationKind.FRIENDS]
    assert uncovered_categories(AttestationKind) == frozenset()
    assert uncovered_categories([]) == frozenset(TieCategory)


def test_an_attestation_of_a_leap_day_covers_a_whole_year() -> None:
    assert valid_until(date(2024, 2, 29), 12) == date(2025, 2, 28)
    assert valid_until(date(2025, 6, 1), 12) == date(2026, 5, 31)
