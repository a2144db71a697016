"""A pack as parsed: header, rules and cases, and what its digest covers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from policy_service.policy.canonical import canonical_json
from policy_service.policy.nodes import Node

MAX_RULES = 300
MAX_BYTES = 1_000_000
"""Of the canonical JSON. The largest shipped pack has a tenth of it."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """The parsed parts of a pack; nothing is checked yet but shape and size."""

    header: Node
    rules: tuple[Node, ...]
    cases: Node

    def plain(self) -> dict[str, Any]:
        """What the digest covers: header, rules by id, cases; not the order of the files."""
        rules = [rule.plain() for rule in self.rules]
        return {
            "pack": self.header.plain(),
            "rules": sorted(rules, key=_rule_id),
            "cases": self.cases.plain(),
        }

    def document(self) -> bytes:
        """The canonical JSON of `plain`. PackFault unless a pack may be that large."""
        if not 0 < len(self.rules) <= MAX_RULES:
            raise self.header.fault(f"a pack has 1 to {MAX_RULES} rules, not {len(self.rules)}")
        try:
            raw = canonical_json(self.plain())
        except ValueError as error:
            raise self.header.fault(str(error)) from error
        if len(raw) > MAX_BYTES:
            raise self.header.fault(f"larger than {MAX_BYTES} bytes as canonical JSON")
        return raw


def _rule_id(rule: Any) -> str:
    """Rules that are no mappings are refused later; here they must only have an order."""
    return str(rule.get("id")) if isinstance(rule, dict) else ""
