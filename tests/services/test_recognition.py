"""The fast path of recognition: the same answers as the plain one, whatever is kept beside it."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select, update

from policy_service.database import match_index
from policy_service.database.guard import ReadOnly
from policy_service.database.tables.people import PersonRow
from policy_service.domain.people import Address
from policy_service.domain.principals import Principal, Role
from policy_service.matching.bands import Band
from policy_service.matching.normalise import normalise
from policy_service.matching.recognition import Asked, compare
from policy_service.matching.sketches import sketch_of
from policy_service.matching.stored import NORMALISER
from policy_service.services import recognition
from policy_service.services.erasing.people import erase_people
from policy_service.services.identity import VerdictForm, judge
from policy_service.services.people import open_compared, promising, register, register_hashed
from policy_service.services.recognition import identify, population
from policy_service.services.refiling import refile
from tests.cast import World, person

HOME = Address("12", "Juniper Street", "", "Austin", "78701")
ANNA = person("Anna", "Berg", "1984-05-17", sex="female", addresses=(HOME,))
KNOWN = {
    "herself": person("Ana", "Berg", "1984-05-17", phones=("5128672309",), addresses=(HOME,)),
    "twin": person("Clara", "Berg", "1984-05-17", sex="female", addresses=(HOME,)),
    "mate": person("Pete", "Olsen", "1990-02-03", sex="male", addresses=(HOME,)),
    "stranger": person("Hugo", "Berg", "1961-11-02"),
}


def let_in(world: World) -> dict[str, str]:
    with world.writing() as context:
        return {name: register(context, record) for name, record in KNOWN.items()}


def spoken_of(world: World) -> dict[str, object]:
    with world.reading() as context:
        return {one.person.id: one.comparison for one in identify(context, ANNA, ()).matches}


def test_whoever_is_reported_compares_as_the_two_records_do(world: World) -> None:
    ids = let_in(world)
    found = spoken_of(world)
    assert set(found) == {ids["herself"], ids["twin"], ids["mate"]}
    with world.reading() as context:
        query = normalise(ANNA)
        told = recognition._scales(context, query, recognition._probe(context, query)).frequencies
        for name in ("herself", "twin", "mate"):
            assert found[ids[name]] == compare(ANNA, KNOWN[name], told, context.model)


def test_nothing_is_said_of_the_weak_but_their_number(world: World) -> None:
    let_in(world)
    with world.reading() as context:
        found = identify(context, ANNA, ())
    assert found.weak == 1  # a family name alone
    assert all(
        Band.WEAK not in (one.comparison.band, one.comparison.identity)
        or one.comparison.band is not one.comparison.identity
        for one in found.matches
    )


def test_a_judged_person_is_shown_however_weak(world: World) -> None:
    ids = let_in(world)
    with world.writing() as context:
        asked = register(context, ANNA)
    with world.writing(world.cleo) as context:
        judge(context, VerdictForm(asked, ids["stranger"], "related", "COUSN"))
    with world.reading() as context:
        found = {one.person.id: one for one in identify(context, ANNA, [asked]).matches}
    assert found[ids["stranger"]].verdict == "related"


@pytest.mark.parametrize("normaliser", [None, NORMALISER - 1])
def test_features_of_another_normaliser_are_made_anew(world: World, normaliser: int | None) -> None:
    let_in(world)
    before = spoken_of(world)
    with world.writing() as context:  # negative control: under the right number it would be read
        values = {"sealed_features": b"unreadable", "normaliser": normaliser}
        context.session.execute(update(PersonRow).values(**values))
    assert spoken_of(world) == before


def test_refiling_keeps_features_for_everybody(world: World) -> None:
    let_in(world)
    with world.writing() as context:
        context.session.execute(
            update(PersonRow).values(sealed_features=None, normaliser=None, filed=0)
        )
    shell = Principal(world.practice_id, "shell", "shell", frozenset({Role.OPERATOR}))
    refile(world.desk, shell, lambda _line: None)
    with world.reading() as context:
        rows = select(func.count()).where(PersonRow.normaliser == NORMALISER)
        assert context.session.scalar(rows) == population(context)


def test_persons_are_counted_as_they_are_registered(world: World) -> None:
    let_in(world)
    with world.writing() as context:
        register_hashed(context, ANNA)
    with world.reading() as context:
        rows = context.session.scalar(select(func.count()).select_from(PersonRow))
        assert population(context) == rows


def test_a_third_party_is_compared_by_hashes(world: World) -> None:
    with world.writing() as context:
        kept = register_hashed(context, KNOWN["herself"])
    with world.reading() as context:
        assert [one.person.id for one in identify(context, ANNA, ()).matches] == [kept]
        assert set(open_compared(context, [kept])) == {kept}


def test_a_reading_session_files_and_counts_nobody(world: World) -> None:
    with world.reading() as context:
        with pytest.raises(ReadOnly):
            match_index.file_keys(context.session, "match_key", [(1, world.ids["tomas"])])
        with pytest.raises(ReadOnly):
            match_index.count_people(context.session, [world.ids["tomas"]])


def test_keys_are_filed_in_the_tables_of_keys_alone(world: World) -> None:
    with world.writing() as context, pytest.raises(ValueError, match="match_key or asked_key"):
        match_index.file_keys(context.session, "person", [(1, world.ids["tomas"])])


def test_a_key_too_many_hold_names_nobody(world: World) -> None:
    ids = let_in(world)
    with world.writing() as context:
        pairs = [(7, one) for one in ids.values()]
        match_index.file_keys(context.session, "match_key", pairs)
        limits = match_index.Limits(many=len(ids), few=len(ids) - 1)
        assert set(match_index.find(context.session, [7], [], limits).holders[7] or ()) == set(
            ids.values()
        )
        assert match_index.find(context.session, [], [7], limits).holders == {7: None}
        assert match_index.counts(context.session, [7, 8]) == {7: len(ids), 8: 0}


def test_a_sketch_changes_no_answer(world: World) -> None:
    """Negative control: a sketch of somebody else, under the person's name, hides that person."""
    ids = let_in(world)
    before = spoken_of(world)
    assert drop_sketches(world, {"normaliser": NORMALISER - 1}) == before
    assert drop_sketches(world, {"normaliser": NORMALISER, "sketch": None}) == before
    with world.writing() as context:
        nobody = sketch_of(normalise(person("Hugo", "Lindqvist", "1931-11-02")))
        sealed = context.keyring.seal_sketch(ids["twin"], nobody)
        context.session.execute(
            update(PersonRow).where(PersonRow.id == ids["twin"]).values(sketch=sealed)
        )
    assert set(before) - set(spoken_of(world)) == {ids["twin"]}


def drop_sketches(world: World, values: dict[str, object]) -> dict[str, object]:
    with world.writing() as context:
        context.session.execute(update(PersonRow).values(values))
    return spoken_of(world)


def test_sketches_rule_people_out_before_they_are_opened(world: World) -> None:
    ids = let_in(world)
    with world.writing() as context:
        ids["another"] = register(context, person("Hugo", "Lindqvist", "1961-11-02"))
    with world.reading() as context:
        query = normalise(ANNA)
        scales = recognition._scales(context, query, recognition._probe(context, query))
        asked = Asked(query, scales)
        assert ids["another"] not in promising(context, list(ids.values()), asked.prospects)


def test_erasure_deletes_the_sketch(world: World) -> None:
    ids = let_in(world)
    with world.writing() as context:
        erase_people(context, [ids["twin"]])
    with world.reading() as context:
        kept = select(PersonRow.id).where(PersonRow.sketch.is_not(None))
        assert ids["twin"] not in context.session.scalars(kept).all()
