"""Comparing two packs: counts equal brute force, witnesses hold, regions add up."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from policy_service.domain.facts import NOT_APPLICABLE, Fact, FactGroup, FactType, Known
from policy_service.domain.vocabulary import VOCABULARY
from policy_service.policy.analysis import compare
from policy_service.policy.analysis.full_conditions import read_rules
from policy_service.policy.analysis.levels import Level, level_by_engine
from policy_service.policy.analysis.records import Record
from policy_service.policy.canonical import canonical_json
from policy_service.policy.clocks import ANCHOR_FACTS, CARE_ENDED, care_ended, on_day
from policy_service.policy.conditions import (
    AS_OF,
    Atom,
    Day,
    Number,
    World,
    compile_condition,
    variables,
)
from policy_service.policy.loader import load_pack
from policy_service.policy.pack import Pack
from policy_service.policy.registry import load_shipped_packs

from ..example_pack import RULES, example_pack, write_pack
from .random_packs import mutated, random_pack

# Days from which each period ends near each constant, and some long before and after all.
_ENDS = [
    day + timedelta(days=n)
    for day in (
        date(2018, 1, 1),
        date(2020, 6, 1),
        date(2021, 1, 1),
        date(2023, 6, 1),
        date(2022, 10, 3),
        date(2025, 3, 3),
    )
    for n in (-2, -1, 0, 1, 2)
] + [date(2010, 1, 1), date(2035, 1, 1)]
_FEW = ("service", "loan_recorded", "gift_total", "event_on")
_TIED = ("tie", "tie_via", "service")


def _signature(atoms: list[Atom], record: Record) -> tuple[object, ...]:
    """The truth of every comparison of days, and which dates are not applicable."""
    world = World(record.facts, record.as_of, care_ended(record.facts))
    states = [
        record.facts[name] == Known(NOT_APPLICABLE)
        for name in sorted(record.facts)
        if name not in ANCHOR_FACTS
    ]
    truths = [compile_condition(atom).test(world) for atom in atoms if isinstance(atom, Day)]
    return (*states, *truths, world.care_ended is None)


def _every_record(atoms: list[Atom]) -> Iterator[Record]:
    """One record for each combination that is to be counted, found by trying many."""
    named = sorted({name for atom in atoms for name in variables(atom)} - {CARE_ENDED, AS_OF})
    dated = [name for name in named if VOCABULARY[name].type is FactType.DATE]
    others = {name: list(_values(name, atoms)) for name in named if name not in dated}
    orders = {_signature(atoms, one): one for one in _every_order(atoms, dated)}
    for order in orders.values():
        for values in itertools.product(*others.values()):
            facts = {**order.facts, **dict(zip(others, values, strict=True))}
            if not _has_details_without_tie(facts):
                yield Record(order.as_of, facts)


def _every_order(atoms: list[Atom], dated: list[str]) -> Iterator[Record]:
    counted = any(CARE_ENDED in variables(atom) for atom in atoms)
    for ended in [None, *_ENDS] if counted else [None]:
        anchors: dict[str, Fact] = dict.fromkeys(ANCHOR_FACTS, Known(NOT_APPLICABLE))
        if ended is not None:
            anchors["terminated_on"] = on_day(ended)
        days = sorted(_days(atoms, ended))
        for as_of in days if any(AS_OF in _sides(atom) for atom in atoms) else days[:1]:
            around = {*days, *(as_of + timedelta(days=n) for n in (-1, 0, 1))}
            choices = [Known(NOT_APPLICABLE), *map(on_day, sorted(around))]
            for values in itertools.product(choices, repeat=len(dated)):
                facts = dict(zip(dated, values, strict=True))
                yield Record(as_of, {**facts, **(anchors if counted else {})})


def _sides(atom: Atom) -> tuple[str, ...]:
    if not isinstance(atom, Day):
        return ()
    return (atom.left, AS_OF) if atom.right is None else (atom.left,)


def _days(atoms: list[Atom], ended: date | None) -> set[date]:
    marks = {date(2026, 6, 15)}
    for atom in atoms:
        if isinstance(atom, Day) and atom.right is not None:
            if isinstance(atom.right, date):
                marks.add(atom.right)
            elif ended is not None:
                marks.add(atom.right.plus.after(ended))
    return {mark + timedelta(days=n) for mark in marks for n in (-2, -1, 0, 1, 2)}


def _values(name: str, atoms: list[Atom]) -> Iterator[Fact]:
    spec = VOCABULARY[name]
    if spec.type is FactType.ENUM:
        yield from map(Known, spec.values)
        return
    yield Known(NOT_APPLICABLE)
    own = [atom for atom in atoms if isinstance(atom, Number) and atom.fact == name]
    near = {atom.limit + n for atom in own for n in (-1, 0, 1)}
    numbers = sorted({0, *(number for number in near if number > 0)}, reverse=True)
    told_apart = {_truths(own, name, Known(number)): Known(number) for number in numbers}
    yield from told_apart.values()


def _truths(atoms: list[Number], name: str, fact: Fact) -> tuple[object, ...]:
    world = World({name: fact}, date(2026, 6, 15), None)
    return tuple(compile_condition(atom).test(world) for atom in atoms)


def _has_details_without_tie(facts: Mapping[str, Fact]) -> bool:
    details = (
        fact != Known(NOT_APPLICABLE)
        for name, fact in facts.items()
        if VOCABULARY[name].group is FactGroup.TIE and name != "tie"
    )
    return facts.get("tie") == Known("none") and any(details)


def _by_brute_force(old: Pack, new: Pack) -> tuple[int, Counter[tuple[Level, Level]]]:
    atoms = sorted(
        {atom for pack in (old, new) for read in read_rules(pack.rules) for atom in read.atoms()},
        key=repr,
    )
    total, changed = 0, Counter[tuple[Level, Level]]()
    for record in _every_record(atoms):
        total += 1
        levels = level_by_engine(old, record), level_by_engine(new, record)
        if levels[0] is not levels[1]:
            changed[levels] += 1
    return total, changed


@pytest.mark.parametrize("facts", [_FEW, _TIED], ids=["dates and numbers", "ties"])
@pytest.mark.parametrize("seed", [0, 1, 2, 3, 4, 7])
def test_counts_equal_brute_force_with_the_engine(seed: int, facts: tuple[str, ...]) -> None:
    rng = random.Random(seed)
    old = random_pack(rng, 2, facts)
    new = mutated(rng, old)
    counted = compare(old, new).known
    total, changed = _by_brute_force(old, new)
    assert counted.combinations == total
    assert {(one, other): n for one, other, n in counted.by_levels} == dict(changed)


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Pack, Pack]:
    """A pack, and the same where a relative is no longer asked about."""
    return (
        example_pack(tmp_path / "old"),
        example_pack(tmp_path / "new", RULES.replace("{in: [friend, relative]}", "friend")),
    )


def test_a_dropped_word_is_counted_exactly(pair: tuple[Pack, Pack]) -> None:
    known = compare(*pair).known
    silent_elsewhere = known.combinations // len(VOCABULARY["tie"].values)
    assert [(old.word, new.word) for old, new, _ in known.by_levels] == [
        ("deliberate", "no_finding"),
        ("deliberate", "monitor"),
    ]
    assert 0 < known.changed < silent_elsewhere, "where contact is prohibited nothing changes"


def test_nothing_changes_from_a_pack_to_itself(pair: tuple[Pack, Pack]) -> None:
    same = compare(pair[0], pair[0])
    assert (same.known.changed, same.rules.changed, same.witnesses) == (0, (), ())


def test_regions_and_what_lies_beyond_make_up_the_change(pair: tuple[Pack, Pack]) -> None:
    found = compare(*pair)
    assert sum(one.combinations for one in found.regions) + found.beyond == found.known.changed
    assert found.regions[0].facts == ("tie: relative",)


@pytest.mark.parametrize("seed", range(8))
def test_regions_never_count_more_than_changes(seed: int) -> None:
    rng = random.Random(seed)
    old = random_pack(rng, 4)
    found = compare(old, mutated(rng, old))
    assert found.beyond >= 0


def test_rules_are_listed_by_what_became_of_them(pair: tuple[Pack, Pack]) -> None:
    old, new = pair
    rest = replace(new, rules=new.rules[:1])
    changes = compare(old, new).rules
    assert [(one.rule, one.fields) for one in changes.changed] == [
        ("example.tie.friend", ("condition",))
    ]
    assert compare(old, rest).rules.removed == ("example.event.gift", "example.tie.friend")
    assert compare(rest, old).rules.added == ("example.event.gift", "example.tie.friend")


def test_a_witness_loads_as_a_test_of_the_stricter_version_and_holds_there(
    pair: tuple[Pack, Pack], tmp_path: Path
) -> None:
    for number, witness in enumerate(compare(*pair).witnesses):
        assert witness.confirmed
        assert witness.holds_in == "old"
        with_test = f"{RULES}      {witness.test}\n"
        assert witness.rule == "example.tie.friend", "the last rule of the file"
        load_pack(write_pack(tmp_path / str(number), with_test))


def test_every_witness_of_a_shipped_pack_is_confirmed_by_the_engine() -> None:
    rng = random.Random(3)
    for pack in load_shipped_packs():
        witnesses = compare(pack, mutated(rng, pack)).witnesses
        assert all(witness.confirmed for witness in witnesses), pack.id


def test_a_comparison_is_canonical_json_without_floats(pair: tuple[Pack, Pack]) -> None:
    assert canonical_json(compare(*pair).to_json())
