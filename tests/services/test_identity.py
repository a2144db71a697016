"""Identity verdicts: an officer's word outranks the score until a record changes."""

from __future__ import annotations

import pytest

from policy_service.domain.principals import Principal, Role, Scope
from policy_service.errors import InvalidRequest, NotAllowed
from policy_service.services.clients import correct_client, register_client
from policy_service.services.disclosures import DisclosureForm, disclose, disclosures_of
from policy_service.services.identity import VerdictForm, judge, verdicts_on
from policy_service.services.parties import client_row, clinician_row
from tests.cast import NORA, TOMAS, World, person

UNLIKE = person("Ulla", "Sandoval", "1951-08-08", phones=("+1 210 555 0177",))


def disclosed(world: World) -> str:
    """The person Alma disclosed as her brother."""
    with world.reading() as context:
        [(_, tie)] = disclosures_of(context, world.ids["alma"])
    return tie.to_person


def of_client(world: World, name: str) -> str:
    with world.reading() as context:
        return client_row(context, world.ids[name]).person_id


def say(world: World, verdict: str, client: str = "tomas", relation: str | None = None) -> None:
    form = VerdictForm(disclosed(world), of_client(world, client), verdict, relation)
    world.clock.advance(seconds=1)
    with world.writing() as context:
        judge(context, form)


def kinds(world: World, client: str = "tomas") -> set[str]:
    return {finding["kind"] for finding in world.check("alma", client)["findings"]}


def test_different_outranks_a_certain_score(world: World) -> None:
    assert kinds(world) == {"relative"}
    say(world, "different")
    assert kinds(world) == set()


def test_the_newest_verdict_counts(world: World) -> None:
    say(world, "different")
    say(world, "same")
    assert kinds(world) == {"relative"}


def test_same_joins_records_that_share_nothing(world: World) -> None:
    with world.writing() as context:
        world.ids["ulla"] = register_client(context, UNLIKE)
    assert kinds(world, "ulla") == set()
    say(world, "same", "ulla")
    assert kinds(world, "ulla") == {"relative"}


def test_a_verdict_holds_until_a_record_changes(world: World) -> None:
    say(world, "different")
    fuller = person("Tomas", "Reyes", "1983-09-24", phones=TOMAS.phones, emails=TOMAS.emails)
    with world.writing() as context:
        correct_client(context, world.ids["tomas"], fuller)
    assert kinds(world) == {"relative"}


@pytest.mark.parametrize("disclosed_first", [True, False])
def test_a_relation_is_read_the_right_way_round(world: World, disclosed_first: bool) -> None:
    """`relation` is what b is to a: Nora is the daughter of Alma's brother, so Alma's niece."""
    brother, nora = disclosed(world), of_client(world, "nora")
    form = VerdictForm(brother, nora, "related", "DAUC")
    if not disclosed_first:
        form = VerdictForm(nora, brother, "related", "FTH")
    with world.writing() as context:
        judge(context, form)
    answer = world.check("alma", "nora")
    [tie] = answer["ties"].values()
    assert tie["path"].startswith(("daughter of", "child of"))
    assert {finding["kind"] for finding in answer["findings"]} == {"relative"}


def test_only_officers_judge(world: World) -> None:
    form = VerdictForm(disclosed(world), of_client(world, "tomas"), "different")
    for principal in (
        world.account(Role.INTAKE, name="Ines"),
        world.account(Role.CLINICIAN, name="Alma", clinician_id=world.ids["alma"]),
        Principal(
            world.practice_id, world.ids["alma"], "EHR", frozenset({Role.EHR}),
            frozenset({Scope.REGISTRY_WRITE}),
        ),
    ):  # fmt: skip
        with pytest.raises(NotAllowed), world.writing(principal) as context:
            judge(context, form)
    assert kinds(world) == {"relative"}


def test_nobody_judges_who_they_are_themselves(world: World) -> None:
    alma = world.account(Role.COMPLIANCE, name="Alma", clinician_id=world.ids["alma"])
    with world.reading() as context:
        own = clinician_row(context, world.ids["alma"]).person_id
    with pytest.raises(NotAllowed), world.writing(alma) as context:
        judge(context, VerdictForm(own, of_client(world, "nora"), "different"))


def test_every_verdict_stays(world: World) -> None:
    say(world, "different")
    say(world, "same")
    with world.reading() as context:
        found = verdicts_on(context, of_client(world, "tomas"))
    assert [row.verdict for row in found] == ["different", "same"]
    assert world.actions().count("identity.judged") == 2


def test_what_makes_no_sense_is_refused_by_name(world: World) -> None:
    a, b = disclosed(world), of_client(world, "nora")
    unknown = "11111111-1111-4111-8111-111111111111"
    for form, pointer in (
        (VerdictForm(a, a, "same"), "/person_b"),
        (VerdictForm(a, b, "twins"), "/verdict"),
        (VerdictForm(a, b, "related"), "/relation"),
        (VerdictForm(a, b, "same", "BRO"), "/relation"),
        (VerdictForm(a, b, "related", "ONESELF"), "/relation"),
        (VerdictForm(unknown, b, "same"), "/person_a"),
        (VerdictForm(a, unknown, "same"), "/person_b"),
    ):
        with pytest.raises(InvalidRequest) as refused, world.writing() as context:
            judge(context, form)
        assert refused.value.errors[0].pointer == pointer


def test_dana_names_our_people_in_vain(postgresql_world: World) -> None:
    a, b = disclosed(postgresql_world), of_client(postgresql_world, "tomas")
    with pytest.raises(InvalidRequest) as refused, postgresql_world.elsewhere() as context:
        judge(context, VerdictForm(a, b, "different"))
    assert refused.value.errors[0].pointer == "/person_a"
    assert kinds(postgresql_world) == {"relative"}


def test_equal_records_of_two_persons_are_told_apart_both_ways(world: World) -> None:
    with world.writing() as context:
        world.ids["nora_two"] = register_client(context, NORA)
        disclose(context, DisclosureForm(world.ids["ben"], "FRND", NORA))
    one, two = of_client(world, "nora"), of_client(world, "nora_two")
    with world.writing() as context:
        judge(context, VerdictForm(one, two, "different"))
    assert world.facts("ben", "nora")["practice_client_status"] == "none"
    assert world.facts("ben", "nora_two")["practice_client_status"] == "none"
