"""Two clients of one clinician who are tied to each other: asked or told as a client-client tie.

A clinician learns of nobody they do not treat, and of no tie that somebody else stated.
"""

from __future__ import annotations

from typing import Any

import pytest

from policy_service.domain.audiences import Audience, redact
from policy_service.domain.people import (
    Address,
    PersonName,
    PersonRecord,
    RelatedPerson,
    RelatedRole,
)
from policy_service.services.decisions import answer_of, read_decision
from policy_service.services.disclosures import DisclosureForm, TieForm, disclose, state_tie
from policy_service.services.identity import VerdictForm, judge
from policy_service.services.packs import wording
from policy_service.services.parties import client_row
from policy_service.services.people import register
from tests.care import clinician, current_client, former_client
from tests.cast import World

RULE = "baseline.ties.linked-clients"
HOME = Address("48", "Quarry Lane", city="Wimberley", postcode="78676", state="TX")


def somebody(given: str, family: str, birth_date: str, **more: Any) -> PersonRecord:
    more.setdefault("emails", (f"{given}.{family}@example.org".lower(),))
    return PersonRecord((PersonName(given, family),), birth_date, **more)


MIRA = somebody("Mira", "Castellano", "1986-02-11")
JONAS = somebody("Jonas", "Wetherby", "1984-10-30")


def two_clients(world: World, one: PersonRecord = MIRA, other: PersonRecord = JONAS) -> str:
    """Both in open care of one clinician, in episodes of their own; returns the clinician."""
    who = clinician(world)
    world.ids |= {"who": who, "mira": current_client(world, who, one)}
    world.ids["jonas"] = current_client(world, who, other)
    return who


def person_of(context: Any, client_id: str) -> str:
    return client_row(context, client_id).person_id


def ends(world: World, context: Any, other: str = "jonas") -> tuple[str, str]:
    """The persons who Mira and the other client are."""
    return person_of(context, world.ids["mira"]), person_of(context, world.ids[other])


def tie(world: World, kind: str, other: str = "jonas") -> None:
    """An officer states what the other client is to Mira."""
    with world.writing() as context:
        one, far = ends(world, context, other)
        state_tie(context, TieForm(one, far, kind))


def verdict(world: World, said: str, relation: str | None = None) -> None:
    """An officer judges Mira and Jonas."""
    with world.writing() as context:
        one, far = ends(world, context)
        judge(context, VerdictForm(one, far, said, relation))


def speaks(answer: dict[str, Any]) -> bool:
    return RULE in {finding["rule"] for finding in answer["findings"]}


def link(world: World, client: str = "mira") -> Any:
    return world.facts("who", client)["linked_clients"]


@pytest.mark.parametrize("kind", ["SPS", "FMRSPS", "BRO", "ward", "opponent"])
def test_a_tie_between_two_clients_of_one_clinician_speaks(world: World, kind: str) -> None:
    two_clients(world)
    assert link(world) == "no"
    tie(world, kind)
    answer = world.check("who", "mira", "session")
    assert speaks(answer)
    assert answer["outcome"] == "monitor"
    shown = [one for ref, one in answer["ties"].items() if ref.startswith("c")]
    assert [one["people"] for one in shown] == [["Jonas Wetherby"]]
    assert shown[0]["path"].startswith("the client's ")
    assert link(world, "jonas") == "yes"


@pytest.mark.parametrize("kind", ["acquaintance", "co_member", "colleague"])
def test_a_loose_tie_between_clients_does_not(world: World, kind: str) -> None:
    two_clients(world)
    tie(world, kind)
    assert link(world) == "no"


def test_clients_of_other_clinicians_and_former_clients_do_not_count(world: World) -> None:
    world.ids["who"] = clinician(world)
    world.ids["mira"] = current_client(world, world.ids["who"], MIRA)
    world.ids["jonas"] = current_client(world, clinician(world), JONAS)
    tie(world, "SPS")
    assert link(world) == "no"
    late = somebody("Petra", "Lindqvist", "1979-01-01")
    world.ids["petra"] = former_client(world, world.ids["who"], "2025-01-01", late)
    tie(world, "SIS", "petra")
    assert link(world) == "no"


def test_the_former_partner_of_a_couple_is_found_at_their_intake(world: World) -> None:
    """Mira comes with a new partner; the record names a former husband who is in care here."""
    who = clinician(world)
    jonas = somebody("Jonas", "Wetherby", "1984-10-30", phones=("+1 512 263 8181",))
    world.ids |= {"who": who, "jonas": current_client(world, who, jonas)}
    former = RelatedPerson(
        PersonName("Jonas", "Wetherby"), "FMRSPS", RelatedRole.FAMILY, "1984-10-30",
        "+1 512 263 8181",
    )  # fmt: skip
    mira = somebody("Mira", "Castellano", "1986-02-11", related=(former,))
    world.ids["mira"] = current_client(world, who, mira)
    answer = world.check("who", "mira", "session")
    assert speaks(answer)
    assert any("former spouse" in one["path"] for one in answer["ties"].values())


def test_one_household_is_a_question_until_an_officer_has_spoken(world: World) -> None:
    shared: dict[str, Any] = {"addresses": (HOME,), "phones": ("+1 512 263 4417",)}
    two_clients(
        world,
        somebody("Mira", "Castellano", "1986-02-11", **shared),
        somebody("Enzo", "Castellano", "2008-06-01", **shared),
    )
    answer = world.check("who", "mira", "session")
    assert answer["could_become"] >= "monitor"
    assert "linked_clients" in {ask["fact"] for ask in answer["ask"]}
    assert link(world) is None
    shown = [one for ref, one in answer["ties"].items() if ref.startswith("c")]
    assert shown[0]["evidence"]["bits"] == sum(row["bits"] for row in shown[0]["evidence"]["rows"])
    verdict(world, "different")
    assert link(world) == "no"


def test_an_officers_word_that_two_clients_are_related_makes_it_a_fact(world: World) -> None:
    two_clients(world)
    verdict(world, "related", "BRO")
    assert link(world) == "yes"


def test_a_sibling_reached_over_a_mother_who_is_no_client(world: World) -> None:
    two_clients(world)
    with world.writing() as context:
        mother = register(context, somebody("Ada", "Castellano", "1955-05-05"))
        for name in ("mira", "jonas"):
            state_tie(context, TieForm(person_of(context, world.ids[name]), mother, "MTH"))
    answer = world.check("who", "mira", "session")
    assert "child of the client's mother" in {one["path"] for one in answer["ties"].values()}
    assert speaks(answer)


def as_the_clinician_sees(world: World, decision_id: str) -> dict[str, Any]:
    with world.reading() as context:
        recorded = read_decision(context, decision_id)
        answer = answer_of(context, recorded, wording(world.desk, world.cleo), officer=False)
        return redact(answer, Audience.TREATING_CLINICIAN)


def test_what_an_officer_stated_is_not_told_to_the_clinician(world: World) -> None:
    two_clients(world)
    before = as_the_clinician_sees(world, world.check("who", "mira", "session")["id"])
    tie(world, "SPS")
    answer = world.check("who", "mira", "session")
    assert speaks(answer)
    after = as_the_clinician_sees(world, answer["id"])
    assert after["findings"] == before["findings"]


def test_what_the_clinician_stated_is_told_to_the_clinician(world: World) -> None:
    """Both are the clinician's own siblings, by the clinician's own word."""
    who = two_clients(world)
    with world.writing() as context:
        for name in ("mira", "jonas"):
            known = person_of(context, world.ids[name])
            disclose(context, DisclosureForm(who, "SIB", person_id=known))
    answer = world.check("who", "mira", "session")
    assert "sibling of the client's sibling" in {one["path"] for one in answer["ties"].values()}
    seen = as_the_clinician_sees(world, answer["id"])
    assert RULE in {finding["rule"] for finding in seen["findings"]}
