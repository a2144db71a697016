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


def normalise(facts: Mapping[str, Fact]) -> Mapping[str, Fact]:
    """Without a tie its details are not applicable, whatever the caller left open."""
    tie = facts.get("tie")
    if tie != Known(NO_TIE):
        return facts
    return {**facts, **dict.fromkeys(_TIE_DETAILS, Known(NOT_APPLICABLE))}


def close_gaps(facts: Mapping[str, Fact]) -> Mapping[str, Fact]:
    """The same facts with gaps closed; the very same mapping when there are none."""
    closed = {name: value for name, fact in facts.items() if (value := _closed(name, fact))}
    return normalise({**facts, **closed}) if closed else facts


def _closed(name: str, fact: Fact) -> Fact | None:
    """What a gap closes to. Only facts that have a word for "nothing stated" can be closed, and
    only while that word is still possible.
    """
    none_value = VOCABULARY[name].none_value
    if none_value is None:
        return None
    match fact:
        case Unknown(why) if why.is_gap:
            return Known(none_value)
        case OneOf(values, why) if why.is_gap and none_value in values:
            return Known(none_value)
        case _:
            return None
