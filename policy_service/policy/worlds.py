"""What closes the world: gaps read as what the record says while nobody stated otherwise."""

from __future__ import annotations

from collections.abc import Mapping

from policy_service.domain.facts import (
    NOT_APPLICABLE,
    Fact,
    FactGroup,
    Known,
    OneOf,
    Unknown,
)
from policy_service.domain.vocabulary import VOCABULARY

NO_TIE = "none"

_TIE_DETAILS = tuple(
    name for name, spec in VOCABULARY.items() if spec.group is FactGroup.TIE and name != "tie"
)
_WITHOUT_TIE: dict[str, Fact] = dict.fromkeys(_TIE_DETAILS, Known(NOT_APPLICABLE))
_CLOSABLE = tuple(
    (name, spec.none_value) for name, spec in VOCABULARY.items() if spec.none_value is not None
)


def normalise(facts: Mapping[str, Fact]) -> Mapping[str, Fact]:
    """Without a tie its details are not applicable, whatever the caller left open."""
    tie = facts.get("tie")
    if type(tie) is not Known or tie.value != NO_TIE:
        return facts
    return {**facts, **_WITHOUT_TIE}


def close_gaps(facts: Mapping[str, Fact]) -> Mapping[str, Fact]:
    """The same facts with gaps closed; the very same mapping when there are none.

    Only facts that have a word for "nothing stated" can be closed, and only while that word is
    still possible.
    """
    closed: dict[str, Fact] = {}
    for name, none_value in _CLOSABLE:
        fact = facts.get(name)
        if type(fact) is not Known and _is_closable(fact, none_value):
            closed[name] = Known(none_value)
    return normalise({**facts, **closed}) if closed else facts


def _is_closable(fact: Fact | None, none_value: str) -> bool:
    match fact:
        case Unknown(why):
            return why.is_gap
        case OneOf(values, why):
            return why.is_gap and none_value in values
        case _:
            return False
