"""Invented records for the policy benches, and the sixty rules they are run through.

Two kinds of record, both fully known. *Practice*: what a practice asks in a week, where most ties
are none and nothing contradicts anything. *Random*: every fact is any value it may have, so that
several rules hold in each record; harder than anything a practice can ask.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta

from policy_service.domain.dates import PartialDate
from policy_service.domain.facts import (
    NOT_APPLICABLE,
    Fact,
    FactGroup,
    Facts,
    FactSpec,
    FactType,
    Known,
    On,
    OneOf,
    TieFacts,
    Unknown,
    Why,
)
from policy_service.domain.vocabulary import CONNECTION_STATES, EVENT_KINDS, NO_EVENT, VOCABULARY
from policy_service.policy.case_form import attested_stranger
from policy_service.policy.pack import Pack, PackSet
from policy_service.policy.rule import Status

AS_OF = date(2026, 6, 15)
RULES = 60
PACKS = ("baseline", "aca-2014", "us-tx-lpc", "us-tx-lmft", "aamft-2015")
"""What binds a counsellor and family therapist in Texas who is a member of ACA and AAMFT."""

TIES = [name for name, spec in VOCABULARY.items() if spec.group is FactGroup.TIE]
OTHERS = [name for name in VOCABULARY if name not in TIES]
NO_TIE: dict[str, Fact] = {name: Known(NOT_APPLICABLE) for name in TIES} | {"tie": Known("none")}


def sixty_rules(packs: PackSet, wanted: int = RULES) -> tuple[Pack, ...]:
    """The first `wanted` rules in force of PACKS, in the order of the packs."""
    chosen = []
    for pack in map(packs.by_id, PACKS):
        rules = tuple(rule for rule in pack.rules if rule.status is Status.IN_FORCE)[:wanted]
        wanted -= len(rules)
        chosen.append(replace(pack, rules=rules))
    if wanted:
        raise ValueError(f"{wanted} more rules in force are needed")
    return tuple(pack for pack in chosen if pack.rules)


def random_record(rng: random.Random, ties: int = 0) -> Facts:
    """Every fact any value it may have; the last contact is a day."""
    base = {name: _any_value(rng, VOCABULARY[name]) for name in OTHERS}
    base["last_professional_contact_on"] = _day(rng)
    found = [{name: _any_value(rng, VOCABULARY[name]) for name in TIES} for _ in range(ties)]
    return Facts(AS_OF, base | NO_TIE, tuple(TieFacts(f"t{n}", t) for n, t in enumerate(found)))


def practice_record(rng: random.Random) -> Facts:
    """What an EHR asks: mostly strangers, now and then an event, a tie or a connection."""
    status = rng.choices(("prospective", "current", "former"), (5, 4, 2))[0]
    base = attested_stranger() | _care(rng, status)
    if status == "current" and rng.random() < 0.5:
        base |= _event(rng)
    if rng.random() < 0.1:
        base["personal_connection"] = Known(rng.choice(CONNECTION_STATES))
    if rng.random() < 0.02:
        base["intimacy_before_care"] = Known("yes")
    ties = (TieFacts("t0", _tie(rng)),) if rng.random() < 0.3 else ()
    return Facts(AS_OF, base, ties)


def with_unknowns(rng: random.Random, facts: Facts, count: int) -> Facts:
    """The same record with `count` base facts not known, for reasons that are evidence."""
    names = rng.sample(OTHERS, count)
    return replace(facts, base={**facts.base, **dict.fromkeys(names, Unknown(Why.DECLINED))})


def blurred(rng: random.Random, name: str, fact: Fact) -> Fact:
    """Less knowledge of the same truth, for any reason there is: the truth stays possible."""
    why = rng.choice(tuple(Why))
    if isinstance(fact, On) and rng.random() < 0.5:
        return On(PartialDate(fact.when.text[: rng.choice((4, 7))]), why)
    spec = VOCABULARY[name]
    if isinstance(fact, Known) and spec.type is FactType.ENUM and rng.random() < 0.5:
        return OneOf(frozenset({str(fact.value), *rng.sample(spec.values, 2)}), why)
    return Unknown(why)


def records(seed: int, count: int, kind: str) -> Iterator[Facts]:
    """`count` records of a kind, the same for a seed."""
    rng = random.Random(seed)
    for _ in range(count):
        yield practice_record(rng) if kind == "practice" else random_record(rng)


def _any_value(rng: random.Random, spec: FactSpec) -> Fact:
    if spec.type is FactType.ENUM:
        return Known(rng.choice(spec.values))
    if rng.random() < 0.5:
        return Known(NOT_APPLICABLE)
    if spec.type is FactType.DATE:
        return _day(rng)
    return Known(rng.randint(0, 9000 if spec.type is FactType.AMOUNT else 8))


def _day(rng: random.Random, most: int = 9000) -> Fact:
    return On(PartialDate.of(AS_OF - timedelta(days=rng.randint(0, most))))


def _care(rng: random.Random, status: str) -> Mapping[str, Fact]:
    if status == "prospective":
        return {}
    care = {"client_status": Known(status), "practice_client_status": Known(status)}
    knows: dict[str, Fact] = {**care, "clinician_knows_practice_client": Known("yes")}
    if status == "current":
        return knows | {
            "purpose": Known("session"),
            "service": Known("ongoing"),
            "care_began_on": _day(rng),
        }
    ended = _day(rng)
    return knows | {
        "purpose": Known("re_enrolment"),
        "last_professional_contact_on": ended,
        "relationship_ended_on": ended,
        "terminated_on": ended,
        "termination_reason": Known("planned"),
    }


def _event(rng: random.Random) -> Mapping[str, Fact]:
    kind = rng.choice(EVENT_KINDS)
    direction = rng.choice(("clinician_to_client", "client_to_clinician", "mutual"))
    amount = Known(rng.randint(0, 9000)) if kind in ("gift", "loan") else Known(NOT_APPLICABLE)
    return NO_EVENT | {
        "purpose": Known("event"),
        "event_kind": Known(kind),
        "event_direction": Known(direction),
        "event_party": Known("client"),
        "event_on": _day(rng, 30),
        "event_amount": amount,
        "gift_total": amount if kind == "gift" else Known(0),
    }


def _tie(rng: random.Random) -> Mapping[str, Fact]:
    categories = [word for word in VOCABULARY["tie"].values if word != "none"]
    return {
        "tie": Known(rng.choice(categories)),
        "tie_degree": Known(NOT_APPLICABLE),
        "tie_state": Known(rng.choice(("current", "ended"))),
        "tie_via": Known(rng.choice(("self", "self", "partner", "relative"))),
        "tie_began_on": _day(rng),
        "tie_ended_on": Known(NOT_APPLICABLE),
    }
