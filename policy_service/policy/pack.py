"""A pack: the rules of one body in one edition, whom they bind, and the digest that names it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from policy_service.domain.facts import Fact, Facts, TieFacts
from policy_service.domain.outcomes import Outcome
from policy_service.policy.rule import Rule

SEMANTICS = 1
"""The meaning of packs, docs/semantics.md; a number once supported stays supported."""


class Layer(StrEnum):
    """Where a pack stands; for people to read, as the strictest rule wins whatever its layer."""

    LAW = "law"
    PROFESSION = "profession"
    PRACTICE = "practice"
    BASELINE = "baseline"


class Profession(StrEnum):
    """The professions packs are written for."""

    COUNSELLOR = "counsellor"
    MARRIAGE_AND_FAMILY_THERAPIST = "marriage_and_family_therapist"
    EDUCATIONAL_PSYCHOLOGIST = "educational_psychologist"
    PSYCHIATRIST = "psychiatrist"
    PSYCHOLOGIST = "psychologist"
    SOCIAL_WORKER = "social_worker"


@dataclass(frozen=True, slots=True, order=True)
class LicenceScope:
    """A licence that binds its holder to a pack: ("US-TX", "LPC")."""

    jurisdiction: str
    licence: str


@dataclass(frozen=True, slots=True)
class Scope:
    """Whom a pack binds: everyone, members of a body, or holders of a licence."""

    every: bool = False
    membership: tuple[str, ...] = ()
    licences: tuple[LicenceScope, ...] = ()


@dataclass(frozen=True, slots=True)
class Expected:
    """What a case demands of the merged decision; None leaves a part open."""

    outcome: Outcome
    could_become: Outcome | None
    complete: bool | None
    findings: tuple[str, ...] | None
    unverified: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Case:
    """A situation for whole packs: `base` and `ties` are laid over an attested stranger."""

    name: str
    as_of: date
    packs: tuple[str, ...]
    base: Mapping[str, Fact]
    ties: tuple[Mapping[str, Fact], ...]
    expect: Expected
    file: str
    line: int

    def facts(self) -> Facts:
        """The situation as the engine reads it; its ties are named tie-1, tie-2, …"""
        ties = tuple(TieFacts(f"tie-{n}", facts) for n, facts in enumerate(self.ties, start=1))
        return Facts(self.as_of, self.base, ties)


@dataclass(frozen=True, slots=True)
class Pack:
    """A loaded pack. Equal digests mean equal packs.

    `stands_for_board` is false for law that binds a licence beside its board's rules: having read
    it is not having asked the board.
    """

    id: str
    title: str
    body: str
    edition: str
    version: str
    semantics: int
    fact_schema: str
    layer: Layer
    scope: Scope
    professions: tuple[Profession, ...]
    rules: tuple[Rule, ...]
    cases: tuple[Case, ...]
    digest: str
    stands_for_board: bool = True

    def rule(self, rule_id: str) -> Rule:
        """The rule of that id; KeyError if this pack has none."""
        for rule in self.rules:
            if rule.id == rule_id:
                return rule
        raise KeyError(rule_id)


@dataclass(frozen=True, slots=True)
class PackSet:
    """The packs at hand, found by id (for decisions) and by digest (for replay and wording)."""

    packs: tuple[Pack, ...]
    several_versions: bool = False
    """A library: one id may stand there in several versions, and is then found by digest only."""
    _by_id: Mapping[str, Pack] = field(init=False, repr=False, compare=False)
    _by_digest: Mapping[str, Pack] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_id", {pack.id: pack for pack in self.packs})
        object.__setattr__(self, "_by_digest", {pack.digest: pack for pack in self.packs})
        if len(self._by_id) != len(self.packs) and not self.several_versions:
            raise ValueError("two packs share an id")

    def __iter__(self) -> Iterator[Pack]:
        return iter(self.packs)

    def by_id(self, pack_id: str) -> Pack:
        """The pack of that id; KeyError if there is none, or if there may be several."""
        if self.several_versions:
            raise KeyError(pack_id)
        return self._by_id[pack_id]

    def with_pack(self, pack: Pack) -> PackSet:
        """The same packs with this one in the place of its id."""
        others = tuple(other for other in self.packs if other.id != pack.id)
        return PackSet((*others, pack))

    def without(self, pack_id: str) -> PackSet:
        """The same packs without that id."""
        return PackSet(tuple(pack for pack in self.packs if pack.id != pack_id))

    def by_digest(self, digest: str) -> Pack:
        """The pack of that digest; KeyError if there is none."""
        return self._by_digest[digest]

    def by_digests(self, digests: Sequence[str]) -> tuple[Pack, ...]:
        """The packs of those digests, for replay; KeyError names the first that is not at hand."""
        return tuple(self.by_digest(digest) for digest in digests)


@dataclass(frozen=True, slots=True)
class PacksInUse:
    """`active` bind; `shadows` decide along and bind nobody.

    `number` is that of the newest activation; 0 means that nothing was ever activated here and the
    packs shipped with the software bind.
    """

    number: int
    active: PackSet
    shadows: tuple[Pack, ...] = ()

    @property
    def are_shipped(self) -> bool:
        """True while the practice has activated nothing and is bound by what the software ships."""
        return self.number == 0
