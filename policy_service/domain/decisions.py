"""Decisions: what the rules said of the facts, merged so that the strictest rule wins.

Everything here is a pure function of its arguments; ids, times, receipts and wording are added
by others, so that a decision body replays byte for byte.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from policy_service.domain.facts import Why
from policy_service.domain.outcomes import Outcome, strictest


class FindingKind(StrEnum):
    """What a finding is about; one open case exists per kind, clinician and client."""

    RELATIVE = "relative"
    FRIEND = "friend"
    COLLEAGUE = "colleague"
    EX_PARTNER = "ex_partner"
    SOCIAL_CONNECTION = "social_connection"
    FORMER_CLIENT = "former_client"
    EVENT = "event"
    OTHER = "other"


class Truth(StrEnum):
    """Strong Kleene truth, and `broken` for a rule that raised: it must never vanish."""

    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Citation:
    """Code, section and edition of an authority; never its text."""

    code: str
    section: str
    edition: str

    def to_json(self) -> dict[str, Any]:
        """Canonical-JSON-safe form."""
        return {"code": self.code, "section": self.section, "edition": self.edition}


class ClockReading(NamedTuple):
    """Until when a rule bars. `clears_on` is an ISO date, "never", or None while undecided."""

    anchor: str
    anchor_on: str | None
    period: str
    clears_on: str | None
    then: Outcome

    def to_json(self) -> dict[str, Any]:
        """Canonical-JSON-safe form."""
        return {
            "anchor": self.anchor,
            "anchor_on": self.anchor_on,
            "period": self.period,
            "clears_on": self.clears_on,
            "then": self.then.word,
        }


class Missing(NamedTuple):
    """A fact that is not a single value and whose value can change the answer."""

    fact: str
    tie: str | None
    why: Why


class FactUsed(NamedTuple):
    """A fact a rule looked at, as canonical JSON of its value."""

    name: str
    value: dict[str, Any]


@dataclass(frozen=True, slots=True)
class RuleFacets:
    """What a decision needs to know of the rule that spoke, besides its truth."""

    rule: str
    pack: str
    pack_digest: str
    kind: FindingKind
    outcome: Outcome
    if_unknown: Outcome
    waivable: bool
    citations: tuple[Citation, ...]
    obligations: tuple[str, ...]
    is_draft: bool
    to_confirm: str
    """For a draft: what must be read to confirm it. Empty for a rule in force."""
    adds: Outcome = field(init=False, repr=False, compare=False)
    """What the rule adds to `outcome` when it holds: a draft never more than deliberate."""
    said: Mapping[str, Any] = field(init=False, repr=False, compare=False)
    """What the JSON of a finding says of the rule whatever the facts."""
    cited: tuple[Mapping[str, Any], ...] = field(init=False, repr=False, compare=False)
    """The citations as JSON."""

    def __post_init__(self) -> None:
        adds = min(self.outcome, Outcome.DELIBERATE) if self.is_draft else self.outcome
        said = {
            "kind": self.kind.value,
            "rule": self.rule,
            "pack": self.pack,
            "pack_digest": self.pack_digest,
            "waivable": self.waivable,
        }
        cited = tuple(citation.to_json() for citation in self.citations)
        for name, value in (("adds", adds), ("said", said), ("cited", cited)):
            object.__setattr__(self, name, value)


class RuleReading(NamedTuple):
    """One rule read against one evaluation (base, or one tie).

    `closed` reads gap facts (design: "A clinician's gap is not the client's gap") as what the
    record says while nobody stated otherwise; `open` leaves them unknown. A rule whose `closed`
    truth is unknown has evidence behind it; one that is only open-world unknown has none.
    """

    facets: RuleFacets
    tie: str | None
    closed: Truth
    open: Truth
    missing: tuple[Missing, ...] = ()
    facts: tuple[FactUsed, ...] = ()
    clock: ClockReading | None = None


@dataclass(frozen=True, slots=True)
class NotConsulted:
    """A body whose pack we do not have, so its rules were not asked."""

    body: str

    def to_json(self) -> dict[str, Any]:
        """Canonical-JSON-safe form."""
        return {"body": self.body}


class Finding(NamedTuple):
    """A rule in force that holds, or that evidence leaves undecided."""

    reading: RuleReading
    outcome: Outcome
    """What this finding asks for now."""

    @property
    def undecided(self) -> bool:
        """True when the rule may or may not hold, and evidence points at it."""
        return self.reading.closed is not Truth.TRUE

    def to_json(self) -> dict[str, Any]:
        """Canonical-JSON-safe form, without wording."""
        reading = self.reading
        facets, clock = reading.facets, reading.clock
        return {
            **facets.said,
            "citations": list(map(dict, facets.cited)),
            "outcome": self.outcome.word,
            "could_become": worst(reading).word,
            "undecided": reading.closed is not Truth.TRUE,
            "tie": reading.tie,
            "facts": [{"fact": name, **value} for name, value in reading.facts],
            "clock": None if clock is None else clock.to_json(),
        }


@dataclass(frozen=True, slots=True)
class Ask:
    """A fact to find out: how many rules it settles and the worst they could say."""

    fact: str
    tie: str | None
    why: Why
    settles: int
    could_become: Outcome

    def to_json(self) -> dict[str, Any]:
        """Canonical-JSON-safe form."""
        return {
            "fact": self.fact,
            "tie": self.tie,
            "why": self.why.value,
            "settles": self.settles,
            "could_become": self.could_become.value,
        }


class Decision(NamedTuple):
    """The merged answer."""

    outcome: Outcome
    could_become: Outcome
    complete: bool
    ask: tuple[Ask, ...] = ()
    findings: tuple[Finding, ...] = ()
    obligations: tuple[dict[str, Any], ...] = ()
    unverified: tuple[RuleReading, ...] = ()
    not_consulted: tuple[NotConsulted, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The decision body: canonical-JSON-safe, no ids, times, receipt or wording."""
        return {
            "outcome": self.outcome.value,
            "could_become": self.could_become.value,
            "complete": self.complete,
            "ask": [ask.to_json() for ask in self.ask],
            "findings": [finding.to_json() for finding in self.findings],
            "obligations": list(self.obligations),
            "unverified": [_unverified_to_json(reading) for reading in self.unverified],
            "not_consulted": [body.to_json() for body in self.not_consulted],
        }


def decide(readings: Iterable[RuleReading], not_consulted: Sequence[NotConsulted]) -> Decision:
    """Merge all readings. Associative, commutative and idempotent in the readings."""
    spoken = _spoken(readings)
    bodies = tuple(sorted(set(not_consulted), key=lambda body: body.body))
    if not spoken:
        return Decision(Outcome.NO_FINDING, Outcome.NO_FINDING, not bodies, not_consulted=bodies)
    added = [contribution(reading) for reading in spoken]
    findings = [
        Finding(reading, outcome)
        for reading, outcome in zip(spoken, added, strict=True)
        if reading.closed is not Truth.FALSE and not reading.facets.is_draft
    ]
    unsure = [r for r in spoken if r.closed is not Truth.TRUE or r.open is not Truth.TRUE]
    ask = _ask(unsure) if unsure else ()
    return Decision(
        outcome=strictest(*added),
        could_become=strictest(*map(worst, spoken)),
        complete=not ask and not bodies and not any(map(_is_broken, unsure)),
        ask=ask,
        findings=tuple(sorted(findings, key=_gravity)),
        obligations=_obligations(findings),
        unverified=tuple(reading for reading in spoken if reading.facets.is_draft),
        not_consulted=bodies,
    )


def _spoken(readings: Iterable[RuleReading]) -> list[RuleReading]:
    """The readings that say anything, once each, in an order of their own."""
    unique = {
        (reading.facets.pack_digest, reading.facets.rule, reading.tie or ""): reading
        for reading in readings
        if reading.closed is not Truth.FALSE or reading.open is not Truth.FALSE
    }
    return [unique[key] for key in sorted(unique)]


def _is_broken(reading: RuleReading) -> bool:
    return reading.closed is Truth.BROKEN or reading.open is Truth.BROKEN


def contribution(reading: RuleReading) -> Outcome:
    """What a reading adds to `outcome`: a gap advises, a draft never goes above deliberate."""
    facets = reading.facets
    if reading.closed is Truth.TRUE:
        return facets.adds
    if _is_broken(reading):
        return Outcome.DELIBERATE
    if reading.closed is Truth.FALSE:
        return min(Outcome.ADVISE, facets.outcome)
    return min(facets.adds, facets.if_unknown)


def worst(reading: RuleReading) -> Outcome:
    """The worst a reading still allows. A broken rule might have said anything."""
    if reading.closed is Truth.BROKEN or reading.open is Truth.BROKEN:
        return Outcome.PROHIBIT
    return reading.facets.outcome


def _gravity(finding: Finding) -> tuple[int, str, str]:
    reading = finding.reading
    return -finding.outcome.rank, reading.facets.rule, reading.tie or ""


def _obligations(findings: Sequence[Finding]) -> tuple[dict[str, Any], ...]:
    """Union over the findings, each with the rules that ask for it."""
    asked: dict[str, list[str]] = {}
    for finding in findings:
        facets = finding.reading.facets
        for code in facets.obligations:
            if code in asked:
                asked[code].append(facets.rule)
            else:
                asked[code] = [facets.rule]
    return tuple({"obligation": code, "rules": sorted(set(asked[code]))} for code in sorted(asked))


def _ask(spoken: Sequence[RuleReading]) -> tuple[Ask, ...]:
    """What to find out, most decisive first: the gravest, then what settles most rules."""
    undecided = [r for r in spoken if r.closed is Truth.UNKNOWN or r.open is Truth.UNKNOWN]
    wanted: dict[Missing, list[RuleReading]] = {}
    for reading in undecided:
        for missing in reading.missing:
            wanted.setdefault(missing, []).append(reading)
    asks = [
        Ask(m.fact, m.tie, m.why, len(readings), strictest(*map(worst, readings)))
        for m, readings in wanted.items()
        if not _waits_for_the_tie(m, wanted)
    ]
    asks.sort(key=lambda a: (-a.could_become.rank, -a.settles, a.fact, a.tie or ""))
    return tuple(asks)


def _waits_for_the_tie(missing: Missing, wanted: Iterable[Missing]) -> bool:
    """How near or how long is asked only once it is known that there is a tie at all."""
    if not missing.fact.startswith("tie_"):
        return False
    return any(other.fact == "tie" and other.tie == missing.tie for other in wanted)


def _unverified_to_json(reading: RuleReading) -> dict[str, Any]:
    facets = reading.facets
    return {
        "rule": facets.rule,
        "kind": facets.kind.value,
        "pack": facets.pack,
        "pack_digest": facets.pack_digest,
        "would_be": facets.outcome.value,
        "undecided": reading.closed is not Truth.TRUE,
        "tie": reading.tie,
        "source": [citation.to_json() for citation in facets.citations],
        "to_confirm": facets.to_confirm,
    }
