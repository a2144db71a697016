"""Kin without disclosure: nobody stated a tie, yet the records say something. Whole checks.

What is inferred is never a fact: it is asked about, with its own evidence in words and bits, and an
officer's verdict settles it.
"""

from __future__ import annotations

from typing import Any

import pytest

from policy_service.domain.people import (
    Address,
    PersonName,
    PersonRecord,
    RelatedPerson,
    RelatedRole,
)
from policy_service.services.attestations import attest
from policy_service.services.clients import register_client
from policy_service.services.clinicians import (
    ClinicianForm,
    LicenceForm,
    add_licence,
    register_clinician,
)
from policy_service.services.identity import VerdictForm, judge
from policy_service.services.parties import client_row, clinician_row
from policy_service.services.people import register
from tests.care import tell
from tests.cast import ALL_KINDS, World

HOME = Address("48", "Quarry Lane", city="Wimberley", postcode="78676", state="TX")
CLINIC = Address("900", "Congress Avenue", city="Austin", postcode="78701", state="TX")
PHONE, CLINIC_PHONE = "+1 512 263 4417", "+1 512 418 9000"
IRIS = PersonRecord(
    (PersonName("Iris", "Thorvaldsen"),),
    "1975-03-08",
    sex="female",
    phones=(PHONE,),
    addresses=(HOME,),
)


def therapist(world: World, record: PersonRecord = IRIS) -> None:
    """Iris: licensed, attested to everything, disclosed nobody."""
    with world.writing() as context:
        made = register_clinician(context, ClinicianForm(record))
        add_licence(context, made, LicenceForm("US-TX", "LPC", "2010"))
        attest(context, made, ALL_KINDS, context.today)
    world.ids["iris"] = made


def client(world: World, record: PersonRecord) -> dict[str, Any]:
    """The check of a newly registered client with Iris, as the officer sees it."""
    with world.writing() as context:
        world.ids["client"] = register_client(context, record)
    return world.check("iris", "client")


def stranger(given: str, family: str, **more: Any) -> PersonRecord:
    more.setdefault("emails", (f"{given}.{family}@example.org".lower(),))
    return PersonRecord((PersonName(given, family),), more.pop("birth_date", "1988-11-02"), **more)


def asked_about_ties(answer: dict[str, Any]) -> set[str]:
    return {ask["why"] for ask in answer["ask"] if ask["fact"] == "tie"}


def is_known(answer: dict[str, Any]) -> bool:
    """Whether any finding takes a tie for a fact."""
    facts = [used for finding in answer["findings"] for used in finding["facts"]]
    return any(used["fact"] == "tie" and "value" in used for used in facts)


def the_evidence(answer: dict[str, Any]) -> dict[str, Any]:
    found: list[dict[str, Any]] = [one["evidence"] for one in answer["ties"].values()]
    assert all(one["bits"] == sum(row["bits"] for row in one["rows"]) for one in found)
    return max(found, key=lambda one: one["bits"])


def assert_asked(answer: dict[str, Any]) -> None:
    """Asked about, whether or not it is worth a case; nothing is taken for a fact."""
    assert asked_about_ties(answer)
    assert answer["could_become"] in ("deliberate", "prohibit")
    assert not is_known(answer)


def assert_a_question(answer: dict[str, Any]) -> None:
    """A case for a person to decide, and nothing taken for a fact."""
    assert answer["outcome"] == "deliberate"
    assert answer["standing"] == "in_review"
    assert answer["complete"] is False
    assert asked_about_ties(answer) & {"not_asked", "identity_unconfirmed"}
    assert not is_known(answer)


def assert_nothing(answer: dict[str, Any]) -> None:
    assert answer["outcome"] == "no_finding"
    assert answer["ties"] == {}
    assert asked_about_ties(answer) == set()


def test_a_client_of_the_therapists_own_household_is_asked_about(world: World) -> None:
    therapist(world)
    answer = client(world, stranger("Odd", "Thorvaldsen", addresses=(HOME,), phones=(PHONE,)))
    assert_a_question(answer)
    said = the_evidence(answer)
    assert any("home" in reason for reason in said["reasons"])
    assert any("house number" in row["sentence"] for row in said["rows"])


def test_one_home_and_another_name_is_a_question(world: World) -> None:
    therapist(world)
    answer = client(world, stranger("Marek", "Zielony", addresses=(HOME,)))
    assert_asked(answer)
    assert "one home" in the_evidence(answer)["reasons"]


def test_a_rare_family_name_in_one_small_town_is_a_question(world: World) -> None:
    therapist(world)
    answer = client(world, stranger("Odd", "Thorvaldsen", addresses=(Address(city="Wimberley"),)))
    assert_asked(answer)
    assert "one family name" in the_evidence(answer)["reasons"]


def test_a_rare_family_name_alone_raises_nothing(world: World) -> None:
    therapist(world)
    assert_nothing(client(world, stranger("Odd", "Thorvaldsen", addresses=(CLINIC,))))


def test_a_common_family_name_alone_raises_nothing(world: World) -> None:
    therapist(world, stranger("Iris", "Smith", birth_date="1975-03-08", addresses=(HOME,)))
    with world.writing() as context:
        for number in range(30):
            register(context, stranger(f"Pat{chr(97 + number % 26)}", "Smith", birth_date="1950"))
    assert_nothing(client(world, stranger("Walter", "Smith", addresses=(CLINIC,))))


def test_a_phone_and_an_address_of_many_raise_nothing(world: World) -> None:
    shared: dict[str, Any] = {"phones": (CLINIC_PHONE,), "addresses": (CLINIC,)}
    therapist(world, stranger("Iris", "Thorvaldsen", birth_date="1975-03-08", **shared))
    with world.writing() as context:
        for number in range(40):
            name = f"Fam{chr(97 + number % 26)}{chr(97 + number // 26)}"
            register(
                context,
                stranger("Pat", name, birth_date=f"19{50 + number}-04-05", **shared),
            )
    assert_nothing(client(world, stranger("Marek", "Zielony", **shared)))


CONTACT = {"name": PersonName("Iris", "Thorvaldsen"), "phone": PHONE}


@pytest.mark.parametrize(
    ("role", "relation"),
    [
        (RelatedRole.EMERGENCY_CONTACT, ""),
        (RelatedRole.EMERGENCY_CONTACT, "SIS"),
        (RelatedRole.GUARANTOR, ""),
        (RelatedRole.GUARDIAN, ""),
        (RelatedRole.PARTNER, ""),
    ],
)
def test_a_client_who_names_the_therapist_is_asked_about(
    world: World, role: RelatedRole, relation: str
) -> None:
    therapist(world)
    named = RelatedPerson(role=role, relation=relation, birth_date="1975-03-08", **CONTACT)
    answer = client(world, stranger("Marek", "Zielony", related=(named,)))
    assert_a_question(answer)
    reasons = [reason for tie in answer["ties"].values() for reason in tie["evidence"]["reasons"]]
    assert f"the client's record names them as {role.value.replace('_', ' ')}" in reasons


def test_a_therapist_who_names_the_client_is_asked_about(world: World) -> None:
    """The therapist's own record takes part, with the contacts it names."""
    named = RelatedPerson(
        PersonName("Marek", "Zielony"), "", RelatedRole.EMERGENCY_CONTACT, phone="+1 512 263 7788"
    )
    therapist(world, PersonRecord(IRIS.names, IRIS.birth_date, phones=(PHONE,), related=(named,)))
    answer = client(world, stranger("Marek", "Zielony", phones=("+1 512 263 7788",)))
    assert_a_question(answer)


def test_a_guarantor_who_is_the_therapists_sister_is_a_question(world: World) -> None:
    therapist(world)
    sister = PersonRecord(
        (PersonName("Ragna", "Halvorsen"),), "1971-07-19", phones=("+1 512 263 5151",)
    )
    tell(world, world.ids["iris"], "SIS", sister)
    named = RelatedPerson(
        PersonName("Ragna", "Halvorsen"),
        "MTH",
        RelatedRole.GUARANTOR,
        "1971-07-19",
        "+1 512 263 5151",
    )
    answer = client(world, stranger("Marek", "Zielony", related=(named,)))
    assert_a_question(answer)
    assert "child of the clinician's sister" in {tie["path"] for tie in answer["ties"].values()}


def test_kin_of_somebody_disclosed_is_kin_at_one_remove(world: World) -> None:
    therapist(world)
    elsewhere = Address("7", "Mill Road", city="Lockhart", postcode="78644", state="TX")
    brother = PersonRecord(
        (PersonName("Leif", "Thorvaldsen"),),
        "1972-01-05",
        phones=("+1 512 263 6262",),
        addresses=(elsewhere,),
    )
    tell(world, world.ids["iris"], "BRO", brother)
    answer = client(
        world,
        stranger(
            "Odd", "Thorvaldsen", birth_date="2003-05-05", addresses=(elsewhere,),
            phones=("+1 512 263 6262",),
        ),
    )  # fmt: skip
    assert_a_question(answer)
    assert any("of the clinician's brother" in tie["path"] for tie in answer["ties"].values())


def _judge(world: World, verdict: str, relation: str | None = None) -> None:
    with world.writing() as context:
        first = clinician_row(context, world.ids["iris"]).person_id
        second = client_row(context, world.ids["client"]).person_id
        judge(context, VerdictForm(first, second, verdict, relation))


def _household_and_contact(world: World) -> dict[str, Any]:
    therapist(world)
    named = RelatedPerson(role=RelatedRole.EMERGENCY_CONTACT, birth_date="1975-03-08", **CONTACT)
    record = stranger("Odd", "Thorvaldsen", addresses=(HOME,), phones=(PHONE,), related=(named,))
    return client(world, record)


def test_an_officers_word_that_they_are_different_settles_every_question(world: World) -> None:
    assert_a_question(_household_and_contact(world))
    _judge(world, "different")
    assert_nothing(world.check("iris", "client"))


def test_an_officers_word_that_they_are_related_makes_it_a_fact(world: World) -> None:
    assert_a_question(_household_and_contact(world))
    _judge(world, "related", "BRO")
    answer = world.check("iris", "client")
    assert answer["outcome"] == "prohibit"
    assert is_known(answer)
    assert asked_about_ties(answer) == set()


def test_a_therapist_who_is_the_client_in_person_is_nearer_than_kin(world: World) -> None:
    therapist(world)
    answer = client(world, IRIS)
    assert answer["outcome"] == "prohibit"
    assert "the clinician in person" in {tie["path"] for tie in answer["ties"].values()}
