"""What random pairs say of chance, and what becomes of the model."""

from __future__ import annotations

import json
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_service.domain.people import Address, PersonName, PersonRecord
from policy_service.matching.frequencies import Frequencies
from policy_service.matching.hypotheses import Scales
from policy_service.matching.measured_model import (
    FEWEST_PAIRS,
    FEWEST_PEOPLE,
    by_chance_too,
    is_enough,
    measured_chances,
    measured_model,
)
from policy_service.matching.model import default_model, read_model
from policy_service.matching.normalise import normalise
from policy_service.matching.recognition import compare
from policy_service.matching.strangers import (
    COUNTED,
    StrangerCounts,
    count_strangers,
    judge_strangers,
    random_pairs,
)
from tests.townsfolk import townsfolk

MODEL = default_model()
SCALES = Scales(MODEL, Frequencies(2_000))
SHELTER = (Address("7", "Haven Road", "", "Austin", "78702"),)
NOBODY: frozenset[tuple[int, int]] = frozenset()


def _counted(people: list[PersonRecord], pairs: int) -> StrangerCounts:
    features = [normalise(person) for person in people]
    drawn = random_pairs(len(features), pairs, Random(1))
    return count_strangers(features, drawn, NOBODY, SCALES)


def test_a_practice_in_one_postcode_learns_that_the_postcode_says_nothing() -> None:
    spread = _counted(townsfolk(300), 6_000)
    together = _counted(townsfolk(300, postcode="78701"), 6_000)
    usual = MODEL.fields["postcode"].levels["exact"].none
    assert measured_chances(MODEL, spread)["postcode"]["exact"] <= 2 * usual
    assert measured_chances(MODEL, together)["postcode"]["exact"] > 500_000
    said = measured_model(MODEL, 1, together).fields["postcode"].bits["exact"]
    assert said.same < 100 < MODEL.fields["postcode"].bits["exact"].same


def test_relatives_in_a_small_registry_do_not_look_like_chance() -> None:
    strangers = townsfolk(60)
    twice = [*strangers, *strangers]  # every client has two profiles
    counts = _counted(twice, 20_000)
    assert counts.related > 100
    counted_in = _counted(strangers, 20_000)
    chances = measured_chances(MODEL, counts)["birth_date"]["exact"]
    assert chances <= 2 * measured_chances(MODEL, counted_in)["birth_date"]["exact"]
    assert counts.seen["birth_date:exact"] == 0, "a profile met itself and was counted as chance"


def test_pairs_that_are_known_to_be_related_are_left_out() -> None:
    features = [normalise(person) for person in townsfolk(2)]
    counts = count_strangers(features, [(0, 1), (1, 0)], frozenset({(0, 1)}), SCALES)
    assert (counts.pairs, counts.related) == (2, 2)
    assert not counts.seen


def test_without_a_sighting_nothing_is_impossible_and_little_moves() -> None:
    none_seen = measured_model(MODEL, 1, StrangerCounts())
    assert none_seen.fields == MODEL.fields
    assert none_seen.kin == MODEL.kin
    quiet = StrangerCounts(pairs=100_000)
    quiet.compared["phone"] = 100_000
    chance = measured_chances(MODEL, quiet)["phone"]["exact"]
    assert 0 < chance < MODEL.fields["phone"].levels["exact"].none
    assert chance * 3 >= MODEL.fields["phone"].levels["exact"].none


def test_levels_that_hang_on_what_a_record_holds_keep_the_models_chance() -> None:
    counts = _counted(townsfolk(200), 5_000)
    measured = measured_model(MODEL, 1, counts)
    for name, level in (("given", "initial"), ("handle", "exact"), ("named_contact", "name")):
        assert measured.fields[name].levels[level] == MODEL.fields[name].levels[level]


def test_unlike_family_names_are_one_disagreement_whatever_the_sexes() -> None:
    counts = StrangerCounts(pairs=100_000)
    counts.compared["family"] = 100_000
    counts.seen["family:different"] = 99_900
    measured = measured_chances(MODEL, counts)["family"]
    assert measured["different"] == measured["different_may_be_married"] > 990_000


def test_a_birth_year_is_measured_among_dates_that_have_no_day() -> None:
    counts = StrangerCounts(pairs=100_000)
    counts.compared["birth_date:full"] = 100_000
    usual = MODEL.fields["birth_date"].levels["year"].none
    assert measured_chances(MODEL, counts)["birth_date"]["year"] == usual
    counts.compared["birth_date:year"] = 10_000
    counts.seen["birth_date:year"] = 1_000
    assert measured_chances(MODEL, counts)["birth_date"]["year"] > 80_000


def test_the_digest_covers_the_model_and_what_was_measured() -> None:
    one = StrangerCounts(pairs=10)
    other = StrangerCounts(pairs=11)
    digests = {MODEL.digest, measured_model(MODEL, 1, one).digest}
    digests |= {measured_model(MODEL, 1, other).digest, measured_model(MODEL, 2, one).digest}
    assert len(digests) == 4


def test_a_measured_model_is_read_back_from_its_document() -> None:
    measured = measured_model(MODEL, 3, _counted(townsfolk(100), 2_000))
    again = read_model(measured.document.decode())
    assert (again.digest, again.document) == (measured.digest, measured.document)
    assert (again.fields, again.kin) == (measured.fields, measured.kin)
    assert json.loads(measured.document)["measured"]["shipped"] == MODEL.digest


def test_too_few_people_or_pairs_are_not_enough() -> None:
    plenty = StrangerCounts(pairs=FEWEST_PAIRS)
    assert is_enough(FEWEST_PEOPLE, plenty)
    assert not is_enough(FEWEST_PEOPLE - 1, plenty)
    assert not is_enough(FEWEST_PEOPLE, StrangerCounts(pairs=FEWEST_PAIRS, related=1))


def test_counts_are_read_back_from_json() -> None:
    counts = _counted(townsfolk(50), 500)
    assert StrangerCounts.from_json(json.loads(json.dumps(counts.to_json()))) == counts


def test_a_common_value_moves_the_measured_chance_and_nothing_twice() -> None:
    """Frequencies shift from the chance in use, so both together say what the frequency says."""
    counts = _counted(townsfolk(300, postcode="78701"), 6_000)
    measured = measured_model(MODEL, 1, counts)
    first, second = townsfolk(2, seed=3, postcode="78701")
    common = Frequencies(5_000, {"postcode:78701": 5_000})
    said = {
        model.version: next(
            row.bits
            for row in compare(first, second, common, model).evidence
            if row.field == "postcode"
        )
        for model in (MODEL, measured)
    }
    assert abs(said[MODEL.version] - said[measured.version]) <= 40


@given(st.integers(0, 10**6), st.integers(2, 500))
def test_random_pairs_are_pairs_of_two(seed: int, people: int) -> None:
    pairs = list(random_pairs(people, 20, Random(seed)))
    assert len(pairs) == 20
    assert all(one != other and min(one, other) >= 0 and max(one, other) < people
               for one, other in pairs)  # fmt: skip


@given(st.integers(1, 10**6), st.integers(1, 10**6), st.integers(1, 10**6))
def test_kin_keep_their_side_of_chance(kin: int, none: int, measured: int) -> None:
    found = by_chance_too(kin, none, measured)
    assert 0 < found <= 10**6
    if kin <= none:
        assert found <= max(measured, 1)
    else:
        assert found >= min(measured, 10**6) - 1


LEVELS = [(name, level) for name in sorted(COUNTED) for level in sorted(COUNTED[name])]


@pytest.mark.parametrize(("name", "level"), LEVELS)
def test_more_sightings_never_make_a_level_rarer(name: str, level: str) -> None:
    chances = []
    for seen in (0, 10, 1_000, 10_000):
        counts = StrangerCounts(pairs=20_000)
        classes = ("full", "month", "year") if name == "birth_date" else ()
        for compared in [f"birth_date:{one}" for one in classes] or [name]:
            counts.compared[compared] = 20_000
        counts.seen[f"{name}:{level}"] = seen
        chances.append(measured_chances(MODEL, counts)[name][level])
    assert chances == sorted(chances)
    assert chances[0] < chances[-1]


def test_every_counted_level_is_a_level_of_the_model() -> None:
    for name, levels in COUNTED.items():
        assert levels <= MODEL.fields[name].levels.keys()


def test_names_alone_can_be_counted() -> None:
    people = [PersonRecord((PersonName(f"Given{n}", f"Family{n}"),)) for n in range(30)]
    counts = _counted(people, 100)
    assert set(counts.compared) == {"given", "family"}


def test_a_common_value_raises_fewer_flags_once_it_is_counted() -> None:
    """A shelter's address: without counts the model takes everybody in it for one household."""
    people = [replace(one, addresses=SHELTER) for one in townsfolk(40)]
    features = [normalise(person) for person in people]
    pairs = list(random_pairs(40, 400, Random(2)))
    home = "dwelling:7 haven road 78702"
    counted = Frequencies(2_000, {home: 1_500, "postcode:78702": 1_500})
    unaware = judge_strangers(features, pairs, NOBODY, SCALES)
    aware = judge_strangers(features, pairs, NOBODY, Scales(MODEL, counted))
    assert unaware.total() == aware.total() == 400
    assert aware["NONE:weak"] > unaware["NONE:weak"]


def test_known_pairs_are_not_judged() -> None:
    features = [normalise(person) for person in townsfolk(2)]
    assert not judge_strangers(features, [(1, 0)], frozenset({(0, 1)}), SCALES)
