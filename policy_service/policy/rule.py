"""A rule as the engine holds it: parsed, checked, compiled and unchangeable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from policy_service.domain.dates import PartialDate
from policy_service.domain.decisions import Citation, FindingKind
from policy_service.domain.facts import Fact
from policy_service.domain.outcomes import Outcome
from policy_service.policy.clocks import Clock
from policy_service.policy.conditions import Compiled, Condition, Words


class Status(StrEnum):
    """Whether a rule speaks. Only rules in force and drafts are read; all are listed."""

    IN_FORCE = "in_force"
    DRAFT = "draft"
    SUPERSEDED = "superseded"
    STRUCK_DOWN = "struck_down"

    @property
    def is_read(self) -> bool:
        """False for rules kept only so that their ids and history stay."""
        return self in (Status.IN_FORCE, Status.DRAFT)


@dataclass(frozen=True, slots=True)
class InForce:
    """When a rule binds, half open. Without `first` it binds up to `until`, or always."""

    first: PartialDate | None
    until: PartialDate | None
    seen_on: PartialDate | None

    @property
    def days(self) -> tuple[date, date | None]:
        """The first day on which it may bind, and the first on which it does no more."""
        first = date.min if self.first is None else self.first.first
        return first, None if self.until is None else self.until.last


@dataclass(frozen=True, slots=True)
class Verification:
    """Who saw the rule's text, where: copied from its row of sources.yaml."""

    tag: str
    source: str
    read_on: PartialDate
    reviewed_by: str | None


@dataclass(frozen=True, slots=True)
class RuleTest:
    """One situation and what this rule alone makes of it. Facts not given are not asked."""

    given: Mapping[str, Fact]
    as_of: date
    expect: Outcome
    could_become: Outcome | None
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `kind` None means: by the category of the tie. `facts` are all it may look at.

    `compiled` is one conjunction: the words of the trigger first, then `when`, then exceptions.
    """

    id: str
    title: str
    because: str
    citations: tuple[Citation, ...]
    in_force: InForce
    status: Status
    authority: str | None
    trigger: tuple[Words, ...]
    when: Condition
    compiled: Compiled
    outcome: Outcome
    waivable: bool
    if_unknown: Outcome
    obligations: tuple[str, ...]
    clock: Clock | None
    kind: FindingKind | None
    verification: Verification
    to_confirm: str
    exception_to: tuple[str, ...]
    tests: tuple[RuleTest, ...]
    facts: tuple[str, ...] = field(default=())
    is_tied: bool = False
    file: str = ""
    line: int = 0

    @property
    def is_draft(self) -> bool:
        """True while the rule's text has not been read at its source."""
        return self.status is Status.DRAFT
