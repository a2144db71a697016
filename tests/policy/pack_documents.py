"""Packs as the second engine reads them: from their documents, not from what the first made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from typing import Any

from policy_service.audit.evidence import rederive
from policy_service.domain.facts import Facts, facts_to_json
from policy_service.ledger.canonical import canonical_bytes
from policy_service.policy.grammar import condition_to_json
from policy_service.policy.pack import Pack
from policy_service.policy.registry import shipped_texts
from policy_service.policy.rule import InForce, Rule


def decision_body(packs: Iterable[Pack], facts: Facts, bodies: Iterable[str] = ()) -> Any:
    """The decision body on these facts, from docs/semantics.md alone."""
    rules = [rule for pack in packs for rule in rules_of(pack)]
    return rederive.decide(rules, {"candidates": [], **facts_to_json(facts)}, bodies)


def rules_of(pack: Pack) -> list[rederive.Rule]:
    """The rules of a pack as the second engine reads them."""
    if pack.digest in shipped_texts():
        return _shipped(pack.digest)
    made = rederive.read_pack(canonical_bytes(document_of(pack)))
    return [replace(rule, digest=pack.digest) for rule in made]


@cache
def _shipped(digest: str) -> list[rederive.Rule]:
    return rederive.read_pack(shipped_texts()[digest].document)


def document_of(pack: Pack) -> dict[str, Any]:
    """The document of a pack that was made in memory."""
    header = {
        "pack": pack.id,
        "edition": pack.edition,
        "semantics": pack.semantics,
        "fact_schema": pack.fact_schema,
    }
    return {"pack": header, "rules": [_rule(rule) for rule in pack.rules], "cases": []}


def _rule(rule: Rule) -> dict[str, Any]:
    clock = rule.clock and {
        "anchor": rule.clock.anchor,
        "period": rule.clock.period.text if rule.clock.period else "never",
        "then": rule.clock.then.value,
    }
    said = {
        "id": rule.id,
        "cite": [citation.to_json() for citation in rule.citations],
        "in_force": _in_force(rule.in_force),
        "status": rule.status.value,
        "trigger": {words.fact: {"in": list(words.words)} for words in rule.trigger},
        "when": condition_to_json(rule.when),
        "outcome": rule.outcome.value,
        "waivable": rule.waivable,
        "if_unknown": rule.if_unknown.value,
        "obligations": list(rule.obligations),
        "clock": clock,
        "kind": rule.kind.value if rule.kind else "by_tie",
        "to_confirm": rule.to_confirm,
        "exception_to": list(rule.exception_to),
    }
    return {name: value for name, value in said.items() if value is not None}


def _in_force(force: InForce) -> dict[str, str]:
    ends = {"from": force.first, "to": force.until, "seen_in_force_on": force.seen_on}
    return {name: day.text for name, day in ends.items() if day is not None}
