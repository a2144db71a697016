"""What an analysis has to say, one item each: where, about which rule, in one sentence."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from policy_service.policy.faults import PackFault
from policy_service.policy.pack import Pack
from policy_service.policy.rule import Rule


class Gravity(StrEnum):
    """A fault must be mended; a note is for a reviewer to know and perhaps to leave as it is."""

    FAULT = "fault"
    NOTE = "note"


class Topic(StrEnum):
    """What an item is about."""

    LOAD = "load"
    DEAD = "dead"
    SHADOWED = "shadowed"
    OVERLAP = "overlap"
    GAP = "gap"
    MISSING_TEST = "missing_test"
    MUTATION = "mutation"


@dataclass(frozen=True, slots=True)
class Item:
    """One thing found. `rule` is empty where it concerns the pack; `others` are rule ids."""

    gravity: Gravity
    topic: Topic
    pack: str
    rule: str
    file: str
    line: int
    sentence: str
    others: tuple[str, ...] = ()

    @classmethod
    def of_rule(cls, topic: Topic, pack: Pack, rule: Rule, sentence: str) -> Item:
        """A note about a rule."""
        return cls(Gravity.NOTE, topic, pack.id, rule.id, rule.file, rule.line, sentence)

    @classmethod
    def of_fault(cls, pack: str, fault: PackFault) -> Item:
        """What kept a pack from loading."""
        return cls(Gravity.FAULT, Topic.LOAD, pack, "", fault.file, fault.line, fault.message)

    def to_json(self) -> dict[str, Any]:
        """Canonical-JSON-safe form."""
        return {
            "gravity": self.gravity.value,
            "topic": self.topic.value,
            "pack": self.pack,
            "rule": self.rule,
            "file": self.file,
            "line": self.line,
            "sentence": self.sentence,
            "others": list(self.others),
        }
