"""The engine against CEL: the same rules hold, on the same ties, with the same outcome."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from policy_service.domain.dates import PartialDate, plus_months
from policy_service.domain.decisions import Truth, decide
from policy_service.domain.facts import (
    NOT_APPLICABLE,
    Fact,
    FactGroup,
    Facts,
    FactType,
    Known,
    On,
    TieFacts,
)
from policy_service.domain.vocabulary import VOCABULARY
from policy_service.policy.engine import evaluate
from policy_service.policy.registry import load_shipped_packs

from .cel_packs import ANCHORS, Answer, CelPacks, Kinds, month_day, read_rules

AS_OF = date(2026, 6, 15)
PACKS = tuple(load_shipped_packs())
FOLDER = Path(str(resources.files("policy_service.policy").joinpath("packs")))
TIE_FACTS = [name for name, spec in VOCABULARY.items() if spec.group is FactGroup.TIE]
BASE_FACTS = [name for name in VOCABULARY if name not in TIE_FACTS]

Plain = Mapping[str, Any]

LIKELY = {
    "client_status": "former",
    "service": "ended",
    "event_kind": "sexual_contact",
    "event_party": "client",
    "tie": "partner",
    "tie_via": "self",
}
"""Words drawn more often, so that rules with many conditions hold in some of the situations."""


def _of_type(*types: FactType) -> frozenset[str]:
    return frozenset(name for name, spec in VOCABULARY.items() if spec.type in types)


KINDS = Kinds(
    days=_of_type(FactType.DATE),
    numbers=_of_type(FactType.COUNT, FactType.AMOUNT),
    words=_of_type(FactType.ENUM),
    of_tie=frozenset(TIE_FACTS),
)


@pytest.fixture(scope="module")
def oracle() -> CelPacks:
    """CEL over every shipped pack."""
    folders = [entry for entry in sorted(FOLDER.iterdir()) if entry.joinpath("pack.yaml").is_file()]
    return CelPacks([rule for folder in folders for rule in read_rules(folder, KINDS)], KINDS)


def _number(chance: random.Random, name: str) -> int | None:
    if chance.random() < 0.3:
        return None
    near = (0, 1, 2, 3, 4999, 5000, 5001) if VOCABULARY[name].type is FactType.AMOUNT else range(7)
    return chance.choice(near)


def _day(chance: random.Random, ended: date) -> date | None:
    """Often a day next to the end of a whole period after care."""
    draw = chance.random()
    if draw < 0.15:
        return None
    if draw < 0.6:
        months = plus_months(ended, chance.choice((0, 6, 12, 24, 36, 60)))
        return months + timedelta(days=chance.choice((-1, 0, 1)))
    return AS_OF - timedelta(days=chance.randrange(-30, 9000))


def _value(chance: random.Random, name: str, ended: date) -> Any:
    spec = VOCABULARY[name]
    if spec.type is FactType.ENUM:
        is_likely = name in LIKELY and chance.random() < 0.3
        return LIKELY[name] if is_likely else chance.choice(spec.values)
    return _day(chance, ended) if spec.type is FactType.DATE else _number(chance, name)


def situations(count: int, seed: int) -> Iterator[tuple[date, Plain, dict[str, Plain]]]:
    """Random situations in which everything is known and care has an end, leap days among them."""
    chance = random.Random(seed)
    for _ in range(count):
        ended = AS_OF - timedelta(days=chance.randrange(0, 4000))
        ended = chance.choice((ended, ended, ended, date(2020, 2, 29), date(2024, 2, 29)))
        as_of = _day(chance, ended) or AS_OF
        base = {name: _value(chance, name, ended) for name in BASE_FACTS}
        base |= dict.fromkeys(ANCHORS) | {chance.choice(ANCHORS): ended}
        base |= {name: None for name in TIE_FACTS if VOCABULARY[name].type is not FactType.ENUM}
        base |= {"tie": "none", "tie_state": NOT_APPLICABLE, "tie_via": NOT_APPLICABLE}
        ties = {
            f"t{n}": {name: _value(chance, name, ended) for name in TIE_FACTS}
            for n in range(chance.choice((0, 1, 1, 2)))
        }
        yield as_of, base, ties


def _fact(value: Any) -> Fact:
    if isinstance(value, date):
        return On(PartialDate.of(value))
    return Known(NOT_APPLICABLE if value is None else value)


def _facts(as_of: date, base: Plain, ties: Mapping[str, Plain]) -> Facts:
    def told(plain: Plain) -> dict[str, Fact]:
        return {name: _fact(value) for name, value in plain.items()}

    return Facts(as_of, told(base), tuple(TieFacts(ref, told(tie)) for ref, tie in ties.items()))


def ours(facts: Facts) -> Answer:
    """What our engine says, in the same shape."""
    readings = evaluate(PACKS, facts)
    assert all(reading.closed is reading.open is Truth.TRUE for reading in readings)
    holds = frozenset((reading.facets.rule, reading.tie) for reading in readings)
    return Answer(holds, decide(readings, ()).outcome.value)


def _differences(oracle: CelPacks, count: int, seed: int) -> tuple[int, Counter[str]]:
    """How often the two disagree, and how often each rule held."""
    different, held = 0, Counter[str]()
    for as_of, base, ties in situations(count, seed):
        answer = ours(_facts(as_of, base, ties))
        different += answer != oracle.ask(as_of, base, ties)
        held.update(rule for rule, _ in answer.holds)
    return different, held


def test_cel_reads_every_rule_that_our_engine_reads(oracle: CelPacks) -> None:
    read = {rule.id for pack in PACKS for rule in pack.rules if rule.status.is_read}
    assert {rule.id for rule in oracle.rules} == read


def test_cel_and_the_engine_agree_on_two_thousand_situations(oracle: CelPacks) -> None:
    different, held = _differences(oracle, 2_000, seed=1)
    assert different == 0
    assert len(held) > 0.8 * len(oracle.rules)


def test_a_rule_off_by_one_day_is_noticed(oracle: CelPacks) -> None:
    """Negative control: the comparison is able to fail."""
    shifted = [
        replace(rule, expression=rule.expression.replace("+ 6000", "+ 6001"))
        for rule in oracle.rules
    ]
    different, _ = _differences(CelPacks(shifted, KINDS), 2_000, seed=1)
    assert different > 0


def test_the_thirty_first_plus_months_is_the_first_of_the_month_after() -> None:
    """Why `_m` needs no calendar: both ways of counting agree on every day of four years."""
    for start in (date(2023, 1, 1) + timedelta(days=n) for n in range(1461)):
        for months in (1, 6, 12, 24, 60):
            free = plus_months(start, months)
            assert month_day(free - timedelta(days=1)) < month_day(start) + months * 100
            assert month_day(free) >= month_day(start) + months * 100


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(2, 6))
def test_cel_and_the_engine_agree_on_a_hundred_thousand_situations(
    oracle: CelPacks, seed: int
) -> None:
    different, held = _differences(oracle, 25_000, seed)
    assert different == 0
    assert {rule.id for rule in oracle.rules} == held.keys()
