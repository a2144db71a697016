"""A clinic's address, a shelter's phone: what many people state is no home of one household."""

from __future__ import annotations

from dataclasses import replace

from policy_service.matching.frequencies import Frequencies
from policy_service.matching.normalise import Features

HOUSEHOLD_LIMIT = 20
"""A home or phone that more people than this state belongs to an institution."""


def without_institutions(query: Features, frequencies: Frequencies) -> Features:
    """The query without the homes and phones that too many people share to tell of anybody."""

    def is_private(value: str) -> bool:
        return frequencies.counts.get(value, 0) <= HOUSEHOLD_LIMIT

    places = tuple(one for one in query.places if is_private(f"dwelling:{one.dwelling}"))
    phones = frozenset(one for one in query.phones if is_private(f"phone:{one}"))
    if len(places) == len(query.places) and len(phones) == len(query.phones):
        return query
    return replace(query, places=places, phones=phones)
