"""Which kind of finding a tie leads to, for rules whose kind is `by_tie`."""

from __future__ import annotations

from policy_service.domain.decisions import FindingKind
from policy_service.domain.facts import Fact, Known, OneOf

_KINDS = {
    FindingKind.EX_PARTNER: ("partner", "ex_partner"),
    FindingKind.RELATIVE: ("relative", "guardian"),
    FindingKind.FRIEND: ("friend", "acquaintance", "neighbour", "room_mate", "co_member"),
    FindingKind.COLLEAGUE: (
        "colleague",
        "employer",
        "employee",
        "supervisor",
        "supervisee",
        "teacher",
        "student",
    ),
    FindingKind.OTHER: ("business", "other"),
}
KIND_OF_TIE = {tie: kind for kind, ties in _KINDS.items() for tie in ties}


def kind_of_tie(tie: Fact) -> FindingKind:
    """The one kind that all the words the tie may be lead to; `other` when they differ."""
    match tie:
        case Known(word):
            return KIND_OF_TIE.get(str(word), FindingKind.OTHER)
        case OneOf(words):
            kinds = {KIND_OF_TIE[word] for word in words if word in KIND_OF_TIE}
            return kinds.pop() if len(kinds) == 1 else FindingKind.OTHER
        case _:
            return FindingKind.OTHER
