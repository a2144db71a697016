"""Attestations: "nothing more to disclose as of", for the kinds asked.

A tie fact may be read as `none` only for categories an attestation in force covers (design,
"What closes the world").
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from enum import StrEnum

from policy_service.domain.dates import plus_months
from policy_service.domain.ties import TieCategory


class AttestationKind(StrEnum):
    """What a clinician is asked about, in the words of the form."""

    RELATIVES = "relatives"
    PARTNERS = "partners"
    FRIENDS = "friends"
    WORK = "work"
    SOCIAL_MEDIA = "social_media"


COVERS: dict[AttestationKind, frozenset[TieCategory]] = {
    AttestationKind.RELATIVES: frozenset({TieCategory.RELATIVE, TieCategory.GUARDIAN}),
    AttestationKind.PARTNERS: frozenset({TieCategory.PARTNER, TieCategory.EX_PARTNER}),
    AttestationKind.FRIENDS: frozenset(
        {
            TieCategory.FRIEND,
            TieCategory.ACQUAINTANCE,
            TieCategory.NEIGHBOUR,
            TieCategory.ROOM_MATE,
            TieCategory.CO_MEMBER,
            TieCategory.OTHER,
        }
    ),
    AttestationKind.WORK: frozenset(
        {
            TieCategory.COLLEAGUE,
            TieCategory.BUSINESS,
            TieCategory.EMPLOYER,
            TieCategory.EMPLOYEE,
            TieCategory.SUPERVISOR,
            TieCategory.SUPERVISEE,
            TieCategory.TEACHER,
            TieCategory.STUDENT,
        }
    ),
    AttestationKind.SOCIAL_MEDIA: frozenset(),
}


def valid_until(as_of: date, months: int) -> date:
    """Last day an attestation is in force: the day before the same day `months` later."""
    end = plus_months(as_of, months)
    return date.fromordinal(end.toordinal() - 1)


def uncovered_categories(kinds: Iterable[AttestationKind]) -> frozenset[TieCategory]:
    """Tie categories that no attested kind covers: each may exist unstated."""
    covered: frozenset[TieCategory] = frozenset().union(*(COVERS[kind] for kind in kinds))
    return frozenset(TieCategory) - covered
