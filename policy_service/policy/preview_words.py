"""A preview in words, for the doors. Nothing here is stored: bodies hold no wording."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from policy_service.domain.outcomes import Outcome
from policy_service.domain.previews import Closes
from policy_service.domain.timelines import When
from policy_service.policy.pack import PackSet
from policy_service.policy.render import (
    draft_in_words,
    obligation_in_words,
    outcome_in_words,
    question_in_words,
)

_NOT_BARRED = {
    Outcome.NO_FINDING: "No rule matched; that is not permission.",
    Outcome.ADVISE: "Not barred. Bear it in mind.",
    Outcome.MONITOR: "Not barred. Tell, record and watch.",
    Outcome.DELIBERATE: "Not barred, but to be thought through on paper first.",
    Outcome.PROHIBIT: "Barred.",
}
_ONLY_DRAFTS = " So far only drafts say so, whose sources were not read."
_CLOSES = {
    Closes.FOR_EVER: "Once the tie exists, the way (back) into your care is closed for ever.",
    Closes.FOR_A_TIME: "Once the tie exists, the way (back) into your care is closed for a time.",
    Closes.WHILE_IT_LASTS: "While the tie lasts, the way (back) into your care is closed.",
    Closes.MAY_BE_CLOSED: "Once the tie exists, the way (back) into your care may be closed: "
    "it depends on what is not known.",
    Closes.NEEDS_DELIBERATION: "Once the tie exists, coming (back) into your care would need to be "
    "thought through on paper first.",
    Closes.TO_BE_WATCHED: "Once the tie exists, coming (back) into your care would have to be "
    "recorded and watched.",
    Closes.NO_RULE_MATCHED: "No rule speaks of coming (back) into your care after this tie; that "
    "is not permission.",
}


def render_preview(packs: PackSet, body: Mapping[str, Any]) -> dict[str, Any]:
    """The body with titles, sentences, questions and obligations said.

    KeyError if a pack it names is not at hand.
    """
    return {
        **body,
        "summary": f"{says(body, body)} {closes_in_words(body['closes'])}",
        "first": _obligations(body["first"]),
        "ask": [_ask(item) for item in body["ask"]],
        "codes": [_code(packs, code, body) for code in body["codes"]],
    }


def says(part: Mapping[str, Any], body: Mapping[str, Any]) -> str:
    """How long a code (or all of them together) bars the tie; if not at all, what it asks."""
    days = part["barred"]
    if days is None:
        draft = _ONLY_DRAFTS if part["rests_on_drafts"] else ""
        return _NOT_BARRED[Outcome(part["outcome"])] + draft
    return bar_in_words(days, body["as_of"], care_goes_on=body["care_ended"] is None)


def bar_in_words(days: Mapping[str, Any], today: str, *, care_goes_on: bool = False) -> str:
    """Until when, as exactly as it is known. The day named is the first that is free."""
    earliest, latest = days["earliest"], days["latest"]
    is_open = earliest == today
    match When(days["when"]):
        case When.NEVER:
            return "Barred for ever."
        case When.ON:
            return f"Barred until {earliest}."
        case When.BETWEEN if is_open:
            return f"Possibly barred, until {latest} at the latest."
        case When.BETWEEN:
            return f"Barred until {earliest} at least, and until {latest} at most."
        case When.UNDECIDED:
            return "Barred while care goes on."
        case When.NOT_BEFORE if care_goes_on:
            return f"Barred while care goes on, and before {earliest} even if it ended today."
        case When.NOT_BEFORE if is_open:
            return "Possibly barred: it depends on what is not known."
        case When.NOT_BEFORE:
            return f"Barred until {earliest}, and possibly longer: it depends on what is not known."


def closes_in_words(word: str) -> str:
    """What the tie does to the way (back) into care."""
    return _CLOSES[Closes(word)]


def _code(packs: PackSet, code: Mapping[str, Any], body: Mapping[str, Any]) -> dict[str, Any]:
    def periods(of: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        return [_period(packs, period) for period in of]

    return {
        **code,
        "title": packs.by_digest(code["pack_digest"]).title,
        "says": says(code, body),
        "closes_says": closes_in_words(code["closes"]),
        "first": _obligations(code["first"]),
        "ask": [_ask(item) for item in code["ask"]],
        "periods": periods(code["periods"]),
        "after_care": periods(code["after_care"]),
        "closings": [
            {
                **closing,
                "says": closes_in_words(closing["closes"])
                + (_ONLY_DRAFTS if closing["rests_on_drafts"] else ""),
                "while_it_lasts": periods(closing["while_it_lasts"]),
                "after_it_is_over": periods(closing["after_it_is_over"]),
            }
            for closing in code["closings"]
        ],
    }


def _period(packs: PackSet, period: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **period,
        "says": outcome_in_words(Outcome(period["outcome"])),
        "findings": [
            {**item, "title": packs.by_digest(item["pack_digest"]).rule(item["rule"]).title}
            for item in period["findings"]
        ],
        "obligations": _obligations(period["obligations"]),
        "ask": [_ask(item) for item in period["ask"]],
        "unverified": [
            {**item, "title": draft_in_words(packs, item).title} for item in period["unverified"]
        ],
    }


def _obligations(items: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [{**item, "text": obligation_in_words(item["obligation"])} for item in items]


def _ask(item: Mapping[str, Any]) -> dict[str, Any]:
    question, who_may_know = question_in_words(item["fact"])
    return {**item, "question": question, "who_may_know": list(who_may_know)}
