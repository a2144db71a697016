"""A whole decision body with its words, for the doors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from policy_service.policy.pack import PackSet
from policy_service.policy.render import (
    draft_in_words,
    finding_in_words,
    obligation_in_words,
    question_in_words,
)


def render_decision(packs: PackSet, body: Mapping[str, Any]) -> dict[str, Any]:
    """The body with titles, sentences, questions and obligations said."""
    return {
        **body,
        "findings": [_finding(packs, item) for item in body["findings"]],
        "ask": [_ask(item) for item in body["ask"]],
        "obligations": [
            {**item, "text": obligation_in_words(item["obligation"])}
            for item in body["obligations"]
        ],
        "unverified": [_draft(packs, item) for item in body["unverified"]],
    }


def _finding(packs: PackSet, item: Mapping[str, Any]) -> dict[str, Any]:
    words = finding_in_words(packs, item)
    return {**item, "title": words.title, "because": words.because}


def _draft(packs: PackSet, item: Mapping[str, Any]) -> dict[str, Any]:
    return {**item, "title": draft_in_words(packs, item).title}


def _ask(item: Mapping[str, Any]) -> dict[str, Any]:
    question, who_may_know = question_in_words(item["fact"])
    return {**item, "question": question, "who_may_know": list(who_may_know)}


def rule_words(packs: PackSet, pack_digest: str, rule_id: str) -> dict[str, Any]:
    """Pack, title and citations of a rule; without words where its pack is not at hand."""
    try:
        pack = packs.by_digest(pack_digest)
        rule = pack.rule(rule_id)
    except KeyError:
        return {"pack": "", "title": "", "citations": []}
    citations = [cite.to_json() for cite in rule.citations]
    return {"pack": pack.id, "title": rule.title, "citations": citations}
