"""Decisions: what the rules said of the facts, merged so that the strictest rule wins.

Everything here is a pure function of its arguments; ids, times, receipts and wording are added
by others, so that a decision body replays byte for byte.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

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


@dataclass(frozen=True, slots=True)
class ClockReading:
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
            "then": self.then.value,
        }


@dataclass(frozen=True, slots=True)
class Missing:
    """A fact that is not a single value and whose value can change the answer."""

    fact: str
    tie: str | None
    why: Why


@dataclass(frozen=True, slots=True)
class FactUsed:
    """A fact a rule looked at, as canonical JSON of its value."""

    name: str
    value: dict[str, Any] = field(hash=False)


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


@dataclass(frozen=True, slots=True)
class RuleReading:
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


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule in force that holds, or that evidence leaves undecided."""

    reading: RuleReading

    @property
    def undecided(self) -> bool:
        """True when the rule may or may not hold, and evidence points at it."""
        return self.reading.closed is not Truth.TRUE

    @property
    def outcome(self) -> Outcome:
        """What this finding asks for now."""
        return contribution(self.reading)

    def to_json(self) -> dict[str, Any]:
        """Canonical-JSON-safe form, without wording."""
        facets = self.reading.facets
        return {
            "kind": facets.kind.value,
            "rule": facets.rule,
            "pack": facets.pack,
            "pack_digest": facets.pack_digest,
            "outcome": self.outcome.value,
            "could_become": worst(self.reading).value,
            "undecided": self.undecided,
            "waivable": facets.waivable,
            "tie": self.reading.tie,
            "citations": [citation.to_json() for citation in facets.citations],
            "facts": [{"fact": used.name, **used.value} for used in self.reading.facts],
            "clock": self.reading.clock.to_json() if self.reading.clock else None,
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


@dataclass(frozen=True, slots=True)
class Decision:
    """The merged answer."""

    outcome: Outcome
    could_become: Outcome
    complete: bool
    ask: tuple[Ask, ...]
    findings: tuple[Finding, ...]
    obligations: tuple[dict[str, Any], ...]
    unverified: tuple[RuleReading, ...]
    not_consulted: tuple[NotConsulted, ...]

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
    unique = {(r.facets.pack_digest, r.facets.rule, r.tie or ""): r for r in readings}
    spoken = [r for key, r in sorted(unique.items()) if _speaks(r)]
    in_force = [r for r in spoken if not r.facets.is_draft]
    ask = _ask(spoken)
    return Decision(
        outcome=strictest(*map(contribution, spoken)),
        could_become=strictest(*map(worst, spoken)),
        complete=not ask and not not_consulted and not any(map(_is_broken, spoken)),
        ask=ask,
        findings=_by_gravity(r for r in in_force if r.closed is not Truth.FALSE),
        obligations=_obligations(in_force),
        unverified=tuple(r for r in spoken if r.facets.is_draft),
        not_consulted=tuple(sorted(set(not_consulted), key=lambda body: body.body)),
    )


def _is_broken(reading: RuleReading) -> bool:
    return Truth.BROKEN in (reading.closed, reading.open)


def _speaks(reading: RuleReading) -> bool:
    return (reading.closed, reading.open) != (Truth.FALSE, Truth.FALSE)


def contribution(reading: RuleReading) -> Outcome:
    """What a reading adds to `outcome`: a gap advises, a draft never goes above deliberate."""
    facets = reading.facets
    if _is_broken(reading):
        return Outcome.DELIBERATE
    if reading.closed is Truth.FALSE:
        return min(Outcome.ADVISE, facets.outcome)
    asked = facets.outcome if reading.closed is Truth.TRUE else facets.if_unknown
    return min(asked, Outcome.DELIBERATE) if facets.is_draft else asked


def worst(reading: RuleReading) -> Outcome:
    """The worst a reading still allows. A broken rule might have said anything."""
    return Outcome.PROHIBIT if _is_broken(reading) else reading.facets.outcome


def _by_gravity(readings: Iterable[RuleReading]) -> tuple[Finding, ...]:
    findings = [Finding(reading) for reading in readings]
    findings.sort(key=lambda f: (-f.outcome.rank, f.reading.facets.rule, f.reading.tie or ""))
    return tuple(findings)


def _obligations(in_force: Sequence[RuleReading]) -> tuple[dict[str, Any], ...]:
    """Union over the findings, each with the rules that ask for it."""
    asked: dict[str, set[str]] = {}
    for reading in in_force:
        if reading.closed is not Truth.FALSE:
            for code in reading.facets.obligations:
                asked.setdefault(code, set()).add(reading.facets.rule)
    return tuple({"obligation": code, "rules": sorted(asked[code])} for code in sorted(asked))


def _ask(spoken: Sequence[RuleReading]) -> tuple[Ask, ...]:
    """What to find out, most decisive first: the gravest, then what settles most rules."""
    undecided = [r for r in spoken if Truth.UNKNOWN in (r.closed, r.open)]
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
