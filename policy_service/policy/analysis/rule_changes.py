"""Which rules two versions of a pack share, and in what they differ."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from policy_service.policy.analysis.full_conditions import full
from policy_service.policy.pack import Pack
from policy_service.policy.rule import Rule

_WORDS = ("title", "because", "citations", "verification", "to_confirm", "authority")
_DUTIES = ("obligations", "clock", "kind")
_FORCE = ("status", "in_force", "outcome", "waivable", "if_unknown", "exception_to")


@dataclass(frozen=True, slots=True)
class RuleChange:
    """A rule both versions have, and the fields in which they differ."""

    rule: str
    fields: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Canonical-JSON-safe form."""
        return {"rule": self.rule, "fields": list(self.fields)}


@dataclass(frozen=True, slots=True)
class RuleChanges:
    """Rule ids by what became of them. Tests do not count: they are not what a pack says."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[RuleChange, ...]

    @classmethod
    def between(cls, old: Pack, new: Pack) -> RuleChanges:
        """What became of the rules."""
        before, after = _by_id(old.rules), _by_id(new.rules)
        both = sorted(before.keys() & after.keys())
        changed = (RuleChange(name, tuple(_fields(old, new, name))) for name in both)
        return cls(
            added=tuple(sorted(after.keys() - before.keys())),
            removed=tuple(sorted(before.keys() - after.keys())),
            changed=tuple(change for change in changed if change.fields),
        )

    def to_json(self) -> dict[str, Any]:
        """Canonical-JSON-safe form."""
        return {
            "added": list(self.added),
            "removed": list(self.removed),
            "changed": [change.to_json() for change in self.changed],
        }


def _by_id(rules: Iterable[Rule]) -> dict[str, Rule]:
    return {rule.id: rule for rule in rules}


def _fields(old: Pack, new: Pack, name: str) -> Iterator[str]:
    before, after = old.rule(name), new.rule(name)
    if full(before, old.rules) != full(after, new.rules):
        yield "condition"
    for field in (*_FORCE, *_DUTIES, *_WORDS):
        if getattr(before, field) != getattr(after, field):
            yield field
