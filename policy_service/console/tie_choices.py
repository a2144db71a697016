"""The kinds of tie a form offers, in words and by category."""

from __future__ import annotations

from functools import cache

from policy_service.domain.ties import SEXED_CODES, TIE_KINDS

_LABELS = {
    "partner": "Partners",
    "ex_partner": "Former partners",
    "relative": "Relatives",
    "guardian": "Guardianship",
    "friend": "Friends",
    "acquaintance": "Acquaintances",
    "neighbour": "Neighbours",
    "room_mate": "Room-mates",
    "co_member": "Clubs and communities",
    "colleague": "Work",
    "business": "Work",
    "employer": "Work",
    "employee": "Work",
    "supervisor": "Work",
    "supervisee": "Work",
    "teacher": "Teaching",
    "student": "Teaching",
    "other": "Other",
}


@cache
def tie_choices() -> dict[str, tuple[tuple[str, str], ...]]:
    """Group label → (code, words): plain kinds with their female and male words."""
    offered = {kind.neutral for kind in TIE_KINDS.values()} | set(SEXED_CODES.values())
    groups: dict[str, list[tuple[str, str]]] = {label: [] for label in _LABELS.values()}
    for code in offered - {"ONESELF"}:
        kind = TIE_KINDS[code]
        groups[_LABELS[kind.category.value]].append((code, kind.words))
    return {
        label: tuple(sorted(kinds, key=lambda kind: kind[1]))
        for label, kinds in groups.items()
        if kinds
    }
