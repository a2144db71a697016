"""Words for the doors: how a finding, a question or an obligation is said.

Decision bodies hold no wording. A finding names its rule and the digest of its pack, and that is
enough to say it again, in the words of that very pack, for as long as the pack is at hand.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from policy_service.domain.facts import NOT_APPLICABLE, FactType, fact_from_json
from policy_service.domain.outcomes import Outcome
from policy_service.domain.vocabulary import spec_of
from policy_service.policy.clocks import CARE_ENDED, NEVER, care_ended
from policy_service.policy.obligations import OBLIGATIONS
from policy_service.policy.pack import PackSet
from policy_service.policy.rule_form import CLEARS_ON

NOT_KNOWN = "not known"

_OUTCOMES = {
    Outcome.NO_FINDING: "No rule in these packs matched.",
    Outcome.ADVISE: "Bear this in mind.",
    Outcome.MONITOR: "Tell, record and watch.",
    Outcome.DELIBERATE: "Think it through on paper before going on.",
    Outcome.PROHIBIT: "Do not go on.",
}
_WORDS = {
    "ex_partner": "former partner",
    "co_member": "fellow member",
    "room_mate": "room-mate",
    "business": "business partner",
    "none": "none",
    NOT_APPLICABLE: "not applicable",
    "self": "the client",
}


@dataclass(frozen=True, slots=True)
class Wording:
    """A finding, or a draft that spoke, in words."""

    title: str
    because: str
    clears_on: str
    obligations: tuple[str, ...]


def finding_in_words(packs: PackSet, finding: Mapping[str, Any]) -> Wording:
    """Words for one item of `findings` of a decision body. KeyError if its pack is not at hand."""
    rule = packs.by_digest(finding["pack_digest"]).rule(finding["rule"])
    names = _names(finding)
    return Wording(
        title=rule.title,
        because=_sentence(rule.because.format_map(_Words(names))),
        clears_on=_clears_on(finding.get("clock")),
        obligations=tuple(OBLIGATIONS[code] for code in rule.obligations),
    )


def draft_in_words(packs: PackSet, unverified: Mapping[str, Any]) -> Wording:
    """Words for one item of `unverified`: its title, and what must be read to confirm it."""
    rule = packs.by_digest(unverified["pack_digest"]).rule(unverified["rule"])
    return Wording(rule.title, f"Not verified. {rule.to_confirm}", "", ())


def question_in_words(fact: str) -> tuple[str, tuple[str, ...]]:
    """The question that finds a fact out, and who may know. KeyError for an unknown fact."""
    spec = spec_of(fact)
    return spec.question, spec.who_may_know


def obligation_in_words(code: str) -> str:
    """What an obligation asks. KeyError for an unknown code."""
    return OBLIGATIONS[code]


def outcome_in_words(outcome: Outcome) -> str:
    """What an outcome asks for, in one sentence."""
    return _OUTCOMES[outcome]


class _Words(dict[str, str]):
    """Whatever a template names but the finding does not know is said to be not known."""

    def __missing__(self, name: str) -> str:
        return NOT_KNOWN


def _names(finding: Mapping[str, Any]) -> dict[str, str]:
    used = {item["fact"]: item for item in finding["facts"]}
    names = {name: _fact_in_words(name, item) for name, item in used.items()}
    names[CARE_ENDED] = _care_ended(used.values())
    names[CLEARS_ON] = _clears_on(finding.get("clock")) or NOT_KNOWN
    return names


def _fact_in_words(name: str, item: Mapping[str, Any]) -> str:
    if "value" in item:
        return _value_in_words(name, item["value"])
    if "on" in item:
        return str(item["on"])
    if "one_of" in item:
        return " or ".join(word_in_words(word) for word in item["one_of"])
    if "between" in item:
        low, high = (_value_in_words(name, end) for end in item["between"])
        return f"between {low} and {high}"
    return NOT_KNOWN


def _value_in_words(name: str, value: str | int) -> str:
    if isinstance(value, str):
        return word_in_words(value)
    if spec_of(name).type is FactType.AMOUNT:
        return f"{value // 100}.{value % 100:02d} dollars"
    return str(value)


def word_in_words(word: str) -> str:
    """A word of the vocabulary as people say it: "former partner" for `ex_partner`."""
    return _WORDS.get(word, word.replace("_", " "))


def _care_ended(items: Iterable[Mapping[str, Any]]) -> str:
    """The end of care if the finding's facts tell the day, else not known."""
    facts = {
        item["fact"]: fact_from_json({key: item[key] for key in item if key != "fact"})
        for item in items
    }
    ended = care_ended(facts)
    return ended.first.isoformat() if ended and ended.is_day else NOT_KNOWN


def _clears_on(clock: Mapping[str, Any] | None) -> str:
    """The first day that is free, "never", or nothing without a clock or while undecided."""
    if clock is None or clock["clears_on"] is None:
        return ""
    return NEVER if clock["clears_on"] == NEVER else str(clock["clears_on"])


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
