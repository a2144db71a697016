"""What a report says of a practice's own people, and likely duplicates among its clients."""

from __future__ import annotations

import json

import pytest

from policy_service.domain.people import NameKind, PersonName, PersonRecord
from policy_service.domain.principals import Principal, Role
from policy_service.errors import NotAllowed, NotFound
from policy_service.ledger.canonical import canonical_bytes
from policy_service.services import duplicates
from policy_service.services.clients import merge_clients, register_client, split_client
from policy_service.services.disclosures import DisclosureForm, disclose
from policy_service.services.duplicates import (
    ask_for_duplicates,
    likely_duplicates,
    look_at_clients,
    require_both_profiles,
)
from policy_service.services.identity import VerdictForm, judge
from policy_service.services.match_reports import (
    ask_for_report,
    newest_report,
    report_now,
    report_on,
    waiting_reports,
)
from policy_service.services.parties import client_row
from policy_service.worker import run_due
from tests.cast import World, person
from tests.services.test_measuring import measure, shell
from tests.townsfolk import townsfolk

MARKED = PersonRecord(
    (PersonName("Nora", "Lind"), PersonName("Nora (JD)", "Lind", kind=NameKind.CHOSEN)),
    birth_date="1990-02-17",
    sex="female",
    phones=("+1 737 667 0199",),
    emails=("nora.lind@example.org",),
)
THINLY = PersonRecord((PersonName("Nora (MB)", "Lind"),), birth_date="1990", sex="female")


def enrol(world: World, name: str, record: PersonRecord) -> str:
    with world.writing() as context:
        world.ids[name] = register_client(context, record)
        return client_row(context, world.ids[name]).person_id


def look(world: World) -> list[tuple[str, str]]:
    """Every client, some a piece; the pairs found, by client id."""
    last = look_at_clients(world.desk, shell(world))
    while last is not None:
        last = look_at_clients(world.desk, shell(world), last)
    with world.writing() as context:
        return [(one.band, {one.client_a, one.client_b}) for one in likely_duplicates(context)]


def test_a_profile_with_the_clinician_s_initials_is_the_same_client(world: World) -> None:
    enrol(world, "again", MARKED)
    assert look(world) == [("certain", {world.ids["nora"], world.ids["again"]})]


def test_a_check_of_the_marked_profile_finds_what_is_known_of_the_other(
    sqlite_world: World,
) -> None:
    world = sqlite_world
    with world.writing() as context:
        disclose(context, DisclosureForm(world.ids["ben"], "SIS", townsfolk(1)[0]))
    first = townsfolk(1)[0]
    [name] = first.names
    marked = PersonRecord(
        (PersonName(f"{name.given} (JD)", f"{name.family} (JD)", kind=NameKind.CHOSEN),),
        **{f: getattr(first, f) for f in ("birth_date", "sex", "phones", "emails", "addresses")},
    )
    enrol(world, "marked", marked)
    assert {f["kind"] for f in world.check("ben", "marked")["findings"]} == {"relative"}


def test_a_thin_profile_is_a_question_and_not_a_fact(sqlite_world: World) -> None:
    world = sqlite_world
    enrol(world, "thin", THINLY)
    assert [band for band, _ in look(world)] in ([], ["probable"])
    assert "certain" not in {band for band, _ in look(world)}


def test_merging_ends_the_waiting_and_splitting_tells_the_two_apart(sqlite_world: World) -> None:
    world = sqlite_world
    enrol(world, "again", MARKED)
    assert len(look(world)) == 1
    with world.writing() as context:
        merge_clients(context, world.ids["again"], world.ids["nora"], "two profiles")
    assert look(world) == []
    with world.writing() as context:
        split_client(context, world.ids["again"], "no")
    assert look(world) == []


def test_whoever_was_told_apart_is_listed_no_more(sqlite_world: World) -> None:
    world = sqlite_world
    other = enrol(world, "again", MARKED)
    assert len(look(world)) == 1
    with world.writing() as context:
        nora = client_row(context, world.ids["nora"]).person_id
        judge(context, VerdictForm(nora, other, "different"))
        assert likely_duplicates(context) == []


def test_strangers_are_no_duplicates(sqlite_world: World) -> None:
    for number, record in enumerate(townsfolk(20)):
        enrol(sqlite_world, f"client{number}", record)
    assert look(sqlite_world) == []


def test_the_worker_looks_at_everybody_piece_by_piece(
    sqlite_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = sqlite_world
    monkeypatch.setattr(duplicates, "CLIENTS_A_PIECE", 1)
    enrol(world, "again", MARKED)
    with world.writing() as context:
        ask_for_duplicates(context)
    run_due(world.desk)
    with world.writing() as context:
        assert len(likely_duplicates(context)) == 1


def test_profiles_that_are_merged_cannot_be_merged_again(sqlite_world: World) -> None:
    world = sqlite_world
    other = enrol(world, "again", MARKED)
    with world.writing() as context:
        nora = client_row(context, world.ids["nora"]).person_id
        assert require_both_profiles(context, nora, other)[1] == world.ids["again"]
        merge_clients(context, world.ids["again"], world.ids["nora"], "two profiles")
        with pytest.raises(NotFound):
            require_both_profiles(context, nora, other)


def test_only_officers_see_duplicates(sqlite_world: World) -> None:
    clinician = sqlite_world.account(Role.CLINICIAN, name="Pat")
    with sqlite_world.writing(clinician) as context, pytest.raises(NotAllowed):
        likely_duplicates(context)


def test_a_report_counts_flags_moves_and_what_was_not_looked_at(world: World) -> None:
    enrol(world, "again", MARKED)
    enrol(world, "thin", THINLY)
    enrol(world, "test", person("Test", "Patient", "1900-01-01", phones=("0000000000",)))
    with world.reading() as context:
        report = report_on(context)
    assert report["intakes"] == 5
    assert report["flags"]["SELF:certain"] == 3  # Tomas as disclosed; Nora twice, from both sides
    assert [(m["threshold"], m["bits"]) for m in report["moves"]] == [
        ("possible", -1), ("possible", 1), ("probable", -1),
        ("probable", 1), ("certain", -1), ("certain", 1),
    ]  # fmt: skip
    assert report["moves"][0]["more"] >= 0 >= report["moves"][1]["more"]
    assert report["too_few_fields"]["intakes"] == 2
    assert report["quality"]["warnings"]["names: A placeholder stands in place of a name."] == 1
    assert report["quality"]["warnings"]["birth date: A placeholder."] == 1
    assert report["quality"]["warnings"]["phones: A placeholder, or no phone number."] >= 1
    assert report["strangers"] is None
    assert report["frequencies"] == {"source": "holders of keys"}
    assert report["filing"]["left"] == 0


def test_a_threshold_that_is_tried_decides_nothing(sqlite_world: World) -> None:
    with sqlite_world.reading() as context:
        before = context.model.digest
        report = report_on(context)
        assert context.model.digest == before == report["model"]["digest"]
        assert report_on(context) == report


def test_verdicts_are_counted_by_what_recognition_says_of_the_pair(world: World) -> None:
    other = enrol(world, "again", MARKED)
    with world.writing() as context:
        nora = client_row(context, world.ids["nora"]).person_id
        judge(context, VerdictForm(nora, other, "same"))
        tomas = client_row(context, world.ids["tomas"]).person_id
        judge(context, VerdictForm(nora, tomas, "different"))
    with world.reading() as context:
        said = report_on(context)["verdicts"]
    assert said["rows"] == [
        {"pairs": "NONE:weak", "same": 0, "related": 0, "different": 1},
        {"pairs": "SELF:certain", "same": 1, "related": 0, "different": 0},
    ]


def test_after_a_measurement_strangers_are_told_and_growth_is_noticed(
    sqlite_world: World,
) -> None:
    world = sqlite_world
    for number, record in enumerate(townsfolk(10)):
        enrol(world, f"client{number}", record)
    measure(world, pairs=200)
    with world.reading() as context:
        report = report_on(context)
    assert report["frequencies"]["people_then"] == 15
    assert not report["frequencies"]["is_stale"]
    assert 150 < report["strangers"]["pairs"] <= 200  # Tomas and the brother Alma stated are known
    for number, record in enumerate(townsfolk(10, seed=9)):
        enrol(world, f"later{number}", record)
    with world.reading() as context:
        assert report_on(context)["frequencies"]["is_stale"]


def test_a_report_names_nobody(sqlite_world: World) -> None:
    world = sqlite_world
    enrol(world, "again", MARKED)
    text = json.dumps(report_now(world.desk, shell(world))).lower()
    for word in ("nora", "lind", "tomas", "reyes", "1990-", "555019"):
        assert word not in text
    with world.reading() as context:
        canonical_bytes(report_on(context))


def test_the_worker_makes_the_report_that_was_asked_for_once(sqlite_world: World) -> None:
    world = sqlite_world
    with world.writing() as context:
        ask_for_report(context)
        assert waiting_reports(context) == 1
    run_due(world.desk)
    with world.writing() as context:
        assert waiting_reports(context) == 0
        made = newest_report(context)
    assert made is not None
    assert made[1]["intakes"] == 2


def test_a_clinician_reads_no_report(sqlite_world: World) -> None:
    nobody = Principal(sqlite_world.practice_id, "x", "x", frozenset({Role.CLINICIAN}))
    with sqlite_world.writing(nobody) as context, pytest.raises(NotAllowed):
        newest_report(context)
