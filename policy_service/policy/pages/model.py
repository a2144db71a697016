"""The page of a rule: all that a reader may ask of it, in words, ready for any door to lay out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from policy_service.domain.decisions import Citation
from policy_service.domain.outcomes import Outcome
from policy_service.policy.pack import Pack
from policy_service.policy.pages.sentences import Sentence
from policy_service.policy.pages.ways import Row as ConditionRow
from policy_service.policy.rule import Rule
from policy_service.policy.sources import Row


@dataclass(frozen=True, slots=True)
class OtherRule:
    """A rule of the same pack that another page names."""

    id: str
    title: str


@dataclass(frozen=True, slots=True)
class Exceptions:
    """Where the rule gives way, and to which rules it is an exception itself."""

    gives_way_to: tuple[OtherRule, ...]
    excepts: tuple[OtherRule, ...]


@dataclass(frozen=True, slots=True)
class Verified:
    """Who saw the rule's text, where and how. `row` is None for rules of our own."""

    tag: str
    meaning: str
    source: str
    row: Row | None
    read_on: str
    reviewed_by: str
    to_confirm: str


@dataclass(frozen=True, slots=True)
class GivenLine:
    """One test: what differs from the first one, in words by fact, and what the rule says."""

    changed: Mapping[str, str]
    as_of: str
    expect: Outcome
    could_become: Outcome | None


@dataclass(frozen=True, slots=True)
class GivenTable:
    """The tests of a rule. The first is told in full, so that the others show what matters."""

    start: Mapping[str, str]
    as_of: str
    lines: tuple[GivenLine, ...]


@dataclass(frozen=True, slots=True)
class Version:
    """A version of the pack that holds the rule. `same` compares it with the page's own."""

    version: str
    edition: str
    digest: str
    in_force: str
    same: bool


@dataclass(frozen=True, slots=True)
class RulePage:
    """One rule of one pack, in words. `condition` holds the exceptions as well."""

    pack: Pack
    rule: Rule
    binds: str
    condition: Sentence
    table: tuple[ConditionRow, ...]
    outcome: str
    if_unknown: str
    kind: str
    clock: str
    in_force: str
    obligations: tuple[str, ...]
    exceptions: Exceptions
    verified: Verified
    tests: GivenTable
    history: tuple[Version, ...]

    @property
    def citations(self) -> tuple[Citation, ...]:
        """Code, section and edition of each authority."""
        return self.rule.citations
