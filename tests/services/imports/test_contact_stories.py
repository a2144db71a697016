"""Stories of a check: the client is, or seems to be, among the clinician's contacts."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from policy_service.database.tables.decisions import DecisionRow
from policy_service.database.tables.reviews import CaseRow
from policy_service.domain.accounts import AccountKind, ConnectionState, Direction
from policy_service.domain.people import (
    Address,
    Handle,
    PersonName,
    PersonRecord,
    RelatedPerson,
)
from policy_service.services.attestations import attest
from policy_service.services.checks import CheckRequest, prepare
from policy_service.services.clients import register_client
from policy_service.worker import run_due
from tests.cast import ALL_KINDS, World, person
from tests.services.imports.contact_files import (
    befriended,
    carded,
    followed,
    imported,
    linked,
    mark,
    undone,
)

PETRA = person(
    "Petra", "Vossberg", "1992-12-01", sex="female",
    phones=("+1 512 555 0160",), emails=("petra.vossberg@example.org",),
    addresses=(Address(house="12", street="Elm St", city="Waco", postcode="76701"),),
    handles=(Handle("linkedin", "petra-vossberg"), Handle("instagram", "@petra.v")),
)  # fmt: skip


@pytest.fixture
def practice(world: World) -> World:
    """Petra asks for care at Ben's practice."""
    with world.writing() as context:
        world.ids["petra"] = register_client(context, PETRA)
    return world


def findings(answer: dict[str, Any]) -> set[str]:
    return {found["rule"] for found in answer["findings"]}


def open_cases(world: World) -> int:
    with world.reading() as context:
        mine = (CaseRow.client_id == world.ids["petra"], CaseRow.clinician_id == world.ids["ben"])
        return context.session.scalar(select(func.count()).where(*mine)) or 0


def fact(world: World, name: str = "personal_connection", client: str = "petra") -> object:
    request = CheckRequest(world.ids["ben"], "intake", world.clock().date(), world.ids[client])
    with world.reading() as context:
        facts = prepare(world.desk, context, request).material.gathered.facts
    found = facts.base[name]
    return getattr(found, "value", found)


def possible(found: object) -> tuple[set[str], str]:
    """The words and the reason of a partial fact."""
    return set(getattr(found, "values", ())), str(getattr(found, "why", ""))


def test_a_handle_meets_the_client_for_certain_and_a_personal_account_is_a_finding(
    practice: World,
) -> None:
    imported(practice, linked("P.", "V.", "Petra-Vossberg"))
    mark(practice, AccountKind.PERSONAL)
    answer = practice.check("ben", "petra")
    assert answer["outcome"] == "deliberate"
    assert "baseline.accounts.personal-connection" in findings(answer)


def test_a_professional_account_is_advice_and_a_mixed_one_counts_as_personal(
    practice: World,
) -> None:
    imported(practice, linked("Petra", "Vossberg", "petra-vossberg"))
    mark(practice, AccountKind.PROFESSIONAL)
    answer = practice.check("ben", "petra")
    assert answer["outcome"] == "advise"
    assert "baseline.accounts.professional-connection" in findings(answer)
    mark(practice, AccountKind.MIXED)
    assert practice.check("ben", "petra")["outcome"] == "deliberate"


def test_an_account_that_nobody_marked_is_unknown_and_asked_about(practice: World) -> None:
    imported(practice, linked("Petra", "Vossberg", "petra-vossberg"))
    words, why = possible(fact(practice))
    assert (words, why) == ({"none", "connected"}, "not_asked")
    answer = practice.check("ben", "petra")
    assert not answer["complete"]
    assert "personal_connection" in {asked["fact"] for asked in answer["ask"]}


def test_a_request_by_the_client_is_monitored(practice: World) -> None:
    asked = linked(
        "Petra", "Vossberg", "petra-vossberg", state=ConnectionState.REQUESTED,
        direction=Direction.CLIENT_FOLLOWS, initiator="client",
    )  # fmt: skip
    imported(practice, asked)
    mark(practice, AccountKind.PERSONAL)
    assert fact(practice) == "requested_by_client"
    answer = practice.check("ben", "petra")
    assert answer["outcome"] == "monitor"
    assert "baseline.accounts.personal-request" in findings(answer)


def test_a_name_and_an_e_mail_address_are_put_to_people(
    practice: World,
) -> None:
    imported(practice, linked("Petra", "Vossberg", emails=("petra.vossberg@example.org",)))
    mark(practice, AccountKind.PERSONAL)
    assert fact(practice) == "connected" or possible(fact(practice)) == (
        {"none", "connected"},
        "identity_unconfirmed",
    )
    assert practice.check("ben", "petra")["outcome"] == "deliberate"


def test_a_name_and_a_town_are_a_question_with_a_second_witness(practice: World) -> None:
    imported(practice, befriended("Petra", "Vossberg", city="Waco"))
    mark(practice, AccountKind.PERSONAL)
    words, why = possible(fact(practice))
    assert (words, why) == ({"none", "connected"}, "identity_unconfirmed")
    assert practice.check("ben", "petra")["outcome"] == "deliberate"


def test_a_name_alone_is_thinkable_and_raises_nothing(practice: World) -> None:
    imported(practice, befriended("Petra", "Vossberg"))
    mark(practice, AccountKind.PERSONAL)
    words, why = possible(fact(practice))
    assert (words, why) == ({"none", "connected"}, "identity_not_comparable")
    answer = practice.check("ben", "petra")
    assert (answer["outcome"], answer["could_become"]) == ("advise", "deliberate")
    assert "personal_connection" in {asked["fact"] for asked in answer["ask"]}
    assert not findings(answer)
    assert open_cases(practice) == 0


def test_another_person_of_the_same_name_is_nobody(practice: World) -> None:
    """Same name, but another handle and e-mail address: at most a thought, never a finding."""
    other = linked("Petra", "Vossberg", "petra-v-berlin", emails=("pv@sample.example.net",))
    imported(practice, other, linked("Ib", "Holm", "ib-holm"))
    mark(practice, AccountKind.PERSONAL)
    assert possible(fact(practice))[1] in ("", "identity_not_comparable")
    answer = practice.check("ben", "petra")
    assert not findings(answer)
    assert answer["outcome"] in ("no_finding", "advise")
    assert open_cases(practice) == 0


def test_a_namesake_of_another_age_is_nobody_at_all(practice: World) -> None:
    imported(practice, befriended("Petra", "Vossberg", city="Bergen", birth_date="1961-03-05"))
    mark(practice, AccountKind.PERSONAL)
    assert open_cases(practice) == 0
    assert not findings(practice.check("ben", "petra"))
    assert open_cases(practice) == 0


def test_strangers_among_the_contacts_leave_the_answer_closed(practice: World) -> None:
    """The control of every story above: without Petra among them there is nothing to find."""
    imported(practice, linked("Ib", "Holm", "ib-holm"), linked("Una", "Skov", "una-skov"))
    mark(practice, AccountKind.PERSONAL)
    assert fact(practice) == "none"
    answer = practice.check("ben", "petra")
    assert (answer["outcome"], answer["complete"]) == ("no_finding", True)


def test_a_follower_is_met_by_handle_and_direction_is_kept(practice: World) -> None:
    imported(practice, followed("Petra.V", Direction.CLIENT_FOLLOWS, since="2025-11"))
    mark(practice, AccountKind.PERSONAL)
    assert fact(practice) == "connected"


def test_an_address_book_asks_and_concludes_nothing(practice: World) -> None:
    practice.clock.advance(days=1)  # younger than what Ben attested
    imported(practice, carded("Petra", "Vossberg", phones=("+1 512 555 0160",)))
    answer = practice.check("ben", "petra")
    assert answer["outcome"] in ("no_finding", "advise")
    assert [asked["fact"] for asked in answer["ask"]] == ["tie"]
    assert not answer["complete"]
    assert not findings(answer)
    assert open_cases(practice) == 0
    assert fact(practice) == "none", "an address book is no social connection"


def test_a_younger_attestation_answers_the_address_book(practice: World) -> None:
    practice.clock.advance(days=1)
    imported(practice, carded("Petra", "Vossberg", phones=("+1 512 555 0160",)))
    with practice.writing() as context:
        attest(context, practice.ids["ben"], ALL_KINDS, context.today)
    answer = practice.check("ben", "petra")
    assert (answer["outcome"], answer["complete"]) == ("no_finding", True)


def test_a_card_that_says_spouse_is_a_stated_relation(practice: World) -> None:
    wife = RelatedPerson(PersonName("Ben", "Okafor"), relation="SPS")
    card = carded(
        "Petra", "Vossberg", phones=("+1 512 555 0160",), birth_date="1992-12-01", related=(wife,)
    )
    imported(practice, card)
    answer = practice.check("ben", "petra")
    assert answer["outcome"] in ("deliberate", "prohibit")
    assert any("partner" in rule for rule in findings(answer)), findings(answer)


def test_the_clinicians_own_card_names_a_spouse(practice: World) -> None:
    wife = RelatedPerson(
        PersonName("Petra", "Vossberg"), relation="SPS", birth_date="1992-12-01",
        phone="+1 512 555 0160",
    )  # fmt: skip
    imported(practice, carded("Ben", "Okafor", related=(wife,)))
    assert practice.check("ben", "petra")["outcome"] in ("deliberate", "prohibit")


def test_a_relation_between_two_others_is_not_kept(practice: World) -> None:
    other = RelatedPerson(PersonName("Petra", "Vossberg"), relation="SPS")
    imported(practice, carded("Ib", "Holm", related=(other,)))
    answer = practice.check("ben", "petra")
    assert (answer["outcome"], answer["complete"]) == ("no_finding", True)


def test_contacts_of_one_clinician_say_nothing_of_another(practice: World) -> None:
    imported(practice, linked("Petra", "Vossberg", "petra-vossberg"))
    mark(practice, AccountKind.PERSONAL)
    assert "baseline.accounts.personal-connection" not in findings(practice.check("alma", "petra"))


def test_a_client_who_comes_later_is_met_all_the_same(world: World) -> None:
    imported(world, linked("Petra", "Vossberg", "petra-vossberg"))
    mark(world, AccountKind.PERSONAL)
    with world.writing() as context:
        world.ids["petra"] = register_client(context, PETRA)
    assert world.check("ben", "petra")["outcome"] == "deliberate"


def test_an_empty_record_meets_nobody(practice: World) -> None:
    """A contact without a name shares a handle at most: nothing else can be compared."""
    with practice.writing() as context:
        practice.ids["nameless"] = register_client(context, PersonRecord())
    imported(practice, followed("petra.v", Direction.CLIENT_FOLLOWS))
    mark(practice, AccountKind.PERSONAL)
    assert fact(practice, client="nameless") in ("none", None)


def test_an_import_asks_again_about_the_clients_it_touches_and_opens_a_case(
    practice: World,
) -> None:
    practice.check("ben", "petra")
    practice.check("ben", "nora")
    run_due(practice.desk)
    before = decisions(practice)
    imported(practice, linked("Petra", "Vossberg", "petra-vossberg"), linked("Ib", "Holm", "ib"))
    mark(practice, AccountKind.PERSONAL)
    practice.clock.advance(seconds=1)
    run_due(practice.desk)
    after = decisions(practice)
    assert after["petra"] > before["petra"]
    assert after["nora"] == before["nora"], "nothing of Nora changed"
    assert open_cases(practice) == 1


def test_taking_an_import_back_asks_again(practice: World) -> None:
    practice.check("ben", "petra")
    made = imported(practice, linked("Petra", "Vossberg", "petra-vossberg"))
    mark(practice, AccountKind.PERSONAL)
    practice.clock.advance(seconds=1)
    run_due(practice.desk)
    before = decisions(practice)["petra"]
    undone(practice, made)
    practice.clock.advance(seconds=1)
    run_due(practice.desk)
    assert decisions(practice)["petra"] > before
    assert fact(practice) == "none"


def decisions(world: World) -> dict[str, int]:
    with world.reading() as context:
        rows = context.session.scalars(select(DecisionRow.client_id)).all()
    return {name: rows.count(world.ids[name]) for name in ("petra", "nora")}
