"""Facts against the vocabulary: a misspelt fact or word is refused before any rule is read."""

from __future__ import annotations

from collections.abc import Mapping

from policy_service.domain.facts import (
    NOT_APPLICABLE,
    Between,
    Fact,
    FactGroup,
    Facts,
    FactSpec,
    FactType,
    Known,
    On,
    OneOf,
    Unknown,
)
from policy_service.domain.vocabulary import JURISDICTION, LICENCE, VOCABULARY, spec_of
from policy_service.policy.faults import FactsFault, unknown_word

_WORDS = {name: frozenset(spec.values) for name, spec in VOCABULARY.items()}
_words_of = _WORDS.get
_NUMBERS = frozenset(
    name for name, spec in VOCABULARY.items() if spec.type in (FactType.COUNT, FactType.AMOUNT)
)
_DATES = frozenset(name for name, spec in VOCABULARY.items() if spec.type is FactType.DATE)


def check_facts(facts: Facts) -> None:
    """Raise FactsFault unless every fact is a word of the vocabulary with a value it can have."""
    _check_all(facts.base)
    if facts.candidates:
        _check_doubt(facts.base)
    refs = [tie.ref for tie in facts.ties]
    if len(set(refs)) != len(refs):
        raise FactsFault("tie", "two ties share a ref")
    for tie in facts.ties:
        _check_all(tie.facts)
        for name in tie.facts:
            if spec_of(name).group is not FactGroup.TIE:
                raise FactsFault(name, "is no fact of a tie, so it belongs to the base")


def _check_all(facts: Mapping[str, Fact]) -> None:
    for name, fact in facts.items():
        if type(fact) is Known:
            value = fact.value
            if type(value) is str:
                if value in _words_of(name, ()):
                    continue  # a word of its fact: nearly all there is, so asked first
            elif type(value) is int and value >= 0 and name in _NUMBERS:
                continue
        elif type(fact) is On and name in _DATES:
            continue
        _check_with_care(name, fact)


def _check_with_care(name: str, fact: Fact) -> None:
    if name not in VOCABULARY and name not in JURISDICTION:
        raise FactsFault(name, unknown_word("fact", name, {*VOCABULARY, *JURISDICTION}))
    _check(spec_of(name), fact)


def _check_doubt(base: Mapping[str, Fact]) -> None:
    """Packs that may bind without anything left to find out could never be decided."""
    if all(isinstance(base.get(name), Known) for name in JURISDICTION):
        raise FactsFault(LICENCE, "packs may bind, but licence and location are both stated")


def _check(spec: FactSpec, fact: Fact) -> None:
    match fact:
        case Unknown():
            return
        case Known(str() as word):
            _check_words(spec, (word,))
        case OneOf(values) if spec.type is FactType.ENUM and values:
            _check_words(spec, tuple(sorted(values)))
        case Known(int() as number) if spec.name in _NUMBERS and number >= 0:
            return
        case Between(low, high) if spec.name in _NUMBERS and 0 <= low <= high:
            return
        case On() if spec.type is FactType.DATE:
            return
        case _:
            raise FactsFault(spec.name, f"{fact} is not a value of type {spec.type.value}")


def _check_words(spec: FactSpec, words: tuple[str, ...]) -> None:
    for word in words:
        if word not in spec.values:
            allowed = spec.values or (NOT_APPLICABLE,)
            raise FactsFault(spec.name, unknown_word("value", word, allowed))
