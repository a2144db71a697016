"""Measure a practice: models kept and switched, frequencies under hashes, everybody asked again."""

from __future__ import annotations

import hashlib

import pytest
from sqlalchemy import func, select, text

from policy_service.database.tables.audit import EntryRow
from policy_service.database.tables.jobs import WorkRow
from policy_service.database.tables.matching import (
    FrequencyRow,
    MatchHeadRow,
    MatchMeasurementRow,
    MatchModelRow,
)
from policy_service.domain.principals import Principal, Role
from policy_service.errors import NotFound, NotReady, StateConflict
from policy_service.ledger.canonical import parse_strict
from policy_service.matching import measured_model
from policy_service.matching.frequencies import Frequencies, frequency_texts
from policy_service.matching.model import read_model
from policy_service.services import checks, frequency_counts, population
from policy_service.services.checks import CheckRequest
from policy_service.services.frequencies import frequencies
from policy_service.services.match_models import (
    keep_model_in_use,
    kept_models,
    open_model,
    use_model,
)
from policy_service.services.measuring import Measured, measure_practice
from policy_service.services.people import register
from policy_service.services.screenings import ScreeningDoor, ScreeningRequest, run_screening
from policy_service.services.stored_responses import Response
from tests.cast import NORA, World, person
from tests.townsfolk import townsfolk


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes thousands of people takes dozens here; batches and steps are met several times."""
    monkeypatch.setattr(measured_model, "FEWEST_PEOPLE", 30)
    monkeypatch.setattr(measured_model, "FEWEST_PAIRS", 100)
    monkeypatch.setattr(population, "BATCH", 10)
    monkeypatch.setattr(frequency_counts, "MOST_IN_MEMORY", 40)
    monkeypatch.setattr(frequency_counts, "_STEP", 7)


def shell(world: World) -> Principal:
    return Principal(world.practice_id, "shell", "shell", frozenset({Role.OPERATOR}))


def settle(world: World, number: int = 40) -> None:
    with world.writing() as context:
        for record in townsfolk(number, postcode="78701"):
            register(context, record)


def measure(world: World, pairs: int = 500) -> Measured:
    world.clock.advance(seconds=1)
    return measure_practice(world.desk, shell(world), lambda _line: None, pairs)


def model_of(world: World) -> str:
    with world.reading() as context:
        return context.model.digest


def entry_model(world: World) -> str | None:
    with world.reading() as context:
        newest = select(EntryRow.leaf).where(EntryRow.action == "check.decided")
        leaf = parse_strict(context.session.scalars(newest.order_by(EntryRow.at.desc())).first())
    assert isinstance(leaf, dict)
    return str(leaf["model"])


def test_a_measurement_decides_from_then_on_and_its_digest_stands_in_every_entry(
    world: World,
) -> None:
    settle(world)
    world.check("alma", "nora")
    shipped = entry_model(world)
    measured = measure(world)
    assert measured.replaces_u
    world.clock.advance(seconds=1)
    world.check("alma", "nora")
    assert shipped != entry_model(world) == measured.model == model_of(world)


def test_the_digest_of_an_old_entry_can_always_be_opened(sqlite_world: World) -> None:
    world = sqlite_world
    settle(world)
    digests = [model_of(world)]
    for _ in range(2):
        measure(world)
        digests.append(model_of(world))
    assert len(set(digests)) == 3
    with world.reading() as context:
        for digest in digests:
            document = open_model(context, digest)
            assert hashlib.sha256(document).hexdigest() == digest
            assert read_model(document.decode()).digest == digest
        with pytest.raises(NotFound):
            open_model(context, "0" * 64)


def test_the_entry_names_the_table_and_its_counts(sqlite_world: World) -> None:
    world = sqlite_world
    settle(world)
    measured = measure(world)
    with world.reading() as context:
        row = context.session.get_one(MatchMeasurementRow, (world.practice_id, 1))
        entry = context.session.get_one(EntryRow, (world.practice_id, row.entry_id))
    assert entry.action == "matching.measured"
    assert row.digest == measured.digest == hashlib.sha256(row.document or b"").hexdigest()
    assert row.people == measured.people == 45  # the cast, and Tomas once more as disclosed


def test_too_few_people_keep_the_models_chances_but_are_counted(
    sqlite_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = sqlite_world
    monkeypatch.setattr(measured_model, "FEWEST_PEOPLE", 1_000)
    settle(world)
    before = model_of(world)
    measured = measure(world)
    assert not measured.replaces_u
    assert model_of(world) == before
    with world.reading() as context:
        assert context.matching.counted == 1
    with world.writing(shell(world)) as context, pytest.raises(StateConflict):
        use_model(context, 1)


def test_an_older_model_is_put_back_in_use_and_everybody_is_asked_again(world: World) -> None:
    settle(world)
    shipped = model_of(world)
    measure(world)
    with world.writing(shell(world)) as context:
        assert use_model(context, 0).digest == shipped
    assert model_of(world) == shipped
    with world.reading() as context:
        said = {(m.measurement, m.is_in_use) for m in kept_models(context)}
        waiting = select(func.count()).select_from(WorkRow).where(WorkRow.kind == "rescreen_all")
        assert context.session.scalar(waiting) == 2  # one for each change
    assert said == {(0, True), (1, False)}
    with world.writing(shell(world)) as context, pytest.raises(StateConflict):
        use_model(context, 0)
    with world.writing(shell(world)) as context, pytest.raises(NotFound):
        use_model(context, 9)


def test_frequencies_are_counted_across_batches_and_never_in_plain(world: World) -> None:
    settle(world)
    measure(world)
    values = frequency_texts(townsfolk(40, postcode="78701")[0])
    with world.reading() as context:
        found = frequencies(context, values, Frequencies(45))
        stored = context.session.execute(select(FrequencyRow.key, FrequencyRow.field)).all()
    assert found.counts["postcode:78701"] == 40
    assert found.counts[values[0]] >= 1
    assert {row.field for row in stored} <= {"given", "family", "postcode", "city", "dwelling",
                                             "phone", "email", "company"}  # fmt: skip
    assert all(isinstance(row.key, int) for row in stored)


def test_a_phone_that_one_person_bears_is_left_to_the_live_keys(sqlite_world: World) -> None:
    world = sqlite_world
    settle(world)
    measure(world)
    [phone] = [v for v in frequency_texts(townsfolk(1)[0]) if v.startswith("phone:")]
    with world.reading() as context:
        assert frequencies(context, [phone], Frequencies(45, {phone: 3})).counts[phone] == 3


def test_counts_are_scaled_to_the_people_of_today(sqlite_world: World) -> None:
    world = sqlite_world
    settle(world)
    measure(world)
    with world.reading() as context:
        found = frequencies(context, ["postcode:78701"], Frequencies(90))
    assert found.counts["postcode:78701"] == 1 + 39 * 90 // 45


def test_without_a_measurement_the_holders_of_keys_tell(sqlite_world: World) -> None:
    world = sqlite_world
    held = Frequencies(10, {"family:reyes": 4})
    with world.reading() as context:
        assert frequencies(context, ["family:reyes"], held) == held


def test_a_second_measurement_drops_the_counts_of_the_first(world: World) -> None:
    settle(world)
    measure(world)
    measure(world)
    with world.reading() as context:
        assert set(context.session.scalars(select(FrequencyRow.measurement))) == {2}


def test_a_measurement_that_died_leaves_nothing_that_counts(
    sqlite_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = sqlite_world
    settle(world)

    def dies(*_: object) -> None:
        raise RuntimeError("the machine went down")

    with monkeypatch.context() as patch:
        patch.setattr("policy_service.services.measuring.count_strangers", dies)
        with pytest.raises(RuntimeError, match="went down"):
            measure(world)
    with world.reading() as context:
        assert context.matching.counted == 0
    assert measure(world).number == 2
    with world.reading() as context:
        assert set(context.session.scalars(select(FrequencyRow.measurement))) == {2}


def test_a_check_that_was_read_before_the_change_is_read_again(world: World) -> None:
    settle(world)
    request = CheckRequest(
        clinician_id=world.ids["alma"],
        purpose="intake",
        as_of=world.clock().date(),
        client_id=world.ids["nora"],
    )
    with world.reading() as context:
        prepared = checks.prepare(world.desk, context, request)
    with world.writing() as context:
        assert prepared.versions.hold(context, prepared.material.question)
    measure(world)
    with world.writing() as context:
        assert not prepared.versions.hold(context, prepared.material.question)


def test_a_screening_names_the_measured_model_too(sqlite_world: World) -> None:
    world = sqlite_world
    settle(world)
    measured = measure(world)
    request = ScreeningRequest(
        client=checks.ClientNamed(id=world.ids["nora"]),
        purpose="intake",
        as_of=world.clock().date(),
    )
    door = ScreeningDoor(respond=lambda *_: Response(201, b"{}"))
    run_screening(world.desk, world.cleo, request, door)
    with world.reading() as context:
        leaves = select(EntryRow.leaf).where(EntryRow.action == "screening.decided")
        leaf = parse_strict(context.session.scalars(leaves).one())
    assert isinstance(leaf, dict)
    assert leaf["model"] == measured.model


def test_after_an_upgrade_the_new_model_is_kept_once(sqlite_world: World) -> None:
    world = sqlite_world
    settle(world)
    measure(world)
    newer = world.desk.models.shipped.document.replace(b'"candidates":64', b'"candidates":63')
    world.desk.models.shipped = read_model(newer.decode())
    world.desk.models.opened.clear()
    world.clock.advance(seconds=1)
    with world.writing() as context:
        assert keep_model_in_use(context)
    with world.writing() as context:
        assert not keep_model_in_use(context)
        models = kept_models(context)
    assert [model.is_at_hand for model in models] == [False, False, True]
    assert [model.measurement for model in models] == [0, 1, 1]


def test_a_measurement_that_cannot_be_opened_decides_nothing(sqlite_world: World) -> None:
    world = sqlite_world
    settle(world)
    measure(world)
    with world.writing() as context:
        context.session.execute(text("UPDATE match_measurement SET document = NULL"))
    world.desk.models.opened.clear()
    with world.reading() as context, pytest.raises(NotReady):
        _ = context.model


def test_a_practice_is_founded_with_its_model_kept(sqlite_world: World) -> None:
    world = sqlite_world
    with world.reading() as context:
        head = context.session.get_one(MatchHeadRow, world.practice_id)
        assert (head.number, head.counted) == (0, 0)
        assert context.session.get(MatchModelRow, (world.practice_id, context.model.digest))


def test_the_same_people_measured_twice_give_the_same_counts_of_values(sqlite_world: World) -> None:
    world = sqlite_world
    settle(world)
    first = measure(world)
    assert measure(world).values == first.values


def test_whoever_was_disclosed_is_no_stranger(sqlite_world: World) -> None:
    """Alma's brother shares her family name: a tie says so, so the pair tells nothing of chance."""
    world = sqlite_world
    measured = measure(world, pairs=400)
    assert measured.counts.related > 0


def test_an_unknown_person_is_still_compared_after_a_measurement(sqlite_world: World) -> None:
    world = sqlite_world
    settle(world)
    measure(world)
    stranger = person("Nora", "Lind", "1990-02-17", emails=NORA.emails)
    with world.writing() as context:
        register(context, stranger)
    assert world.check("alma", "nora")["outcome"]
