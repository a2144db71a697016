"""Checks end to end on both databases: the golden stories of the product, and its promises."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import orjson
import pytest
from sqlalchemy import func, select

from policy_service.audit import sealer
from policy_service.audit.verification import verify_log
from policy_service.database.tables.decisions import DecisionRow
from policy_service.database.tables.duties import DutyRow
from policy_service.database.tables.reviews import CaseMoveRow, CaseOccurrenceRow, CaseRow
from policy_service.domain.accounts import AccountKind, ConnectionState, Direction
from policy_service.domain.dates import PartialDate
from policy_service.domain.people import Address, PersonName, PersonRecord, RelatedPerson
from policy_service.domain.principals import ActingRole, ActingUser, Principal, Role, Scope
from policy_service.services.accounts import AccountForm, ConnectionForm, add_account, connect
from policy_service.services.checks import CheckDoor, CheckRequest, run_check
from policy_service.services.clients import register_client
from policy_service.services.gathering.event_facts import RecordedEvent
from policy_service.services.packs import wording
from policy_service.services.stored_responses import Response
from tests.care import clinician, current_client, former_client, tell
from tests.cast import NORA, TOMAS, World, person

STRANGER = person(
    "Ines", "Marchetti", "1991-08-14", phones=("+1 512 555 0166",), emails=("ines@example.org",)
)


@dataclass
class Ehr:
    """An EHR with full scope that asks a world."""

    world: World

    def check(self, clinician: str, client: str | PersonRecord, **asked: Any) -> dict[str, Any]:
        """The answer to a check, as an EHR with full scope sees it."""
        by_id = isinstance(client, str)
        request = CheckRequest(
            clinician_id=clinician,
            purpose=asked.pop("purpose", "intake"),
            as_of=asked.pop("as_of", self.world.clock.now.date()),
            client_id=client if by_id else None,
            client_record=None if by_id else client,
            acting=ActingUser(ActingRole.SYSTEM),
            **asked,
        )
        door = CheckDoor(
            render=wording(self.world.desk, self.principal),
            respond=lambda body, _audience, _id: Response(201, orjson.dumps(body)),
        )
        answer: dict[str, Any] = orjson.loads(
            run_check(self.world.desk, self.principal, request, door).body
        )
        return answer

    @property
    def principal(self) -> Principal:
        scopes = frozenset({Scope.DECISION_FULL})
        known = self.world.ids.setdefault("ehr", self.world.desk.new_id())
        return Principal(self.world.practice_id, known, "EHR", frozenset({Role.EHR}), scopes)


@pytest.fixture
def ehr(world: World) -> Ehr:
    return Ehr(world)


def rules(answer: dict[str, Any]) -> set[str]:
    return {finding["rule"] for finding in answer["findings"]}


def count(world: World, table: type[Any]) -> int:
    with world.reading() as context:
        return context.session.execute(select(func.count()).select_from(table)).scalar_one()


# -- golden cases -----------------------------------------------------------------------------


def test_attested_clinician_and_stranger_give_no_finding_and_no_case(ehr: Ehr) -> None:
    answer = ehr.check(ehr.world.ids["ben"], STRANGER)
    assert (answer["outcome"], answer["could_become"]) == ("no_finding", "no_finding")
    assert answer["complete"] is True
    assert (answer["ask"], answer["findings"], answer["standing"]) == ([], [], "none")
    assert count(ehr.world, CaseRow) == 0


def test_never_attested_clinician_is_advised_once_and_opens_no_case(ehr: Ehr) -> None:
    for stranger in (STRANGER, person("Otto", "Brandt", "1980-12-01", emails=("o@example.org",))):
        answer = ehr.check(ehr.world.ids["alma"], stranger)
        assert answer["outcome"] == "advise"
        assert answer["could_become"] == "prohibit"
        assert answer["complete"] is False
        assert {ask["why"] for ask in answer["ask"]} == {"not_attested"}
    assert count(ehr.world, CaseRow) == 0
    assert count(ehr.world, DutyRow) == 1


def test_a_brother_by_disclosure_is_deliberate_and_cited(ehr: Ehr) -> None:
    answer = ehr.check(ehr.world.ids["alma"], ehr.world.ids["tomas"])
    assert answer["outcome"] in ("deliberate", "prohibit")
    [relative] = [f for f in answer["findings"] if f["rule"] == "baseline.ties.close-tie-as-client"]
    assert relative["kind"] == "relative"
    assert relative["citations"]
    assert "relative" in relative["because"]
    assert {"fact": "tie", "value": "relative"} in relative["facts"]
    assert answer["standing"] == "in_review"


def test_a_probable_match_with_an_ex_partner_is_deliberate_and_asks(ehr: Ehr) -> None:
    world, ben = ehr.world, ehr.world.ids["ben"]
    tell(world, ben, "ex_partner", person("Marta", "Kowalczyk", "1984"), since="2009", until="2012")
    married = PersonRecord(
        (PersonName("Marta", "Kowalczyk"),), birth_date="1984-03-03", emails=("m.k@example.org",)
    )
    answer = ehr.check(ben, married)
    assert answer["outcome"] == "deliberate"
    assert answer["could_become"] == "prohibit"
    assert any(
        ask["fact"] == "tie" and ask["why"] == "identity_unconfirmed" for ask in answer["ask"]
    )
    assert count(world, CaseRow) >= 1


def test_a_certain_ex_partner_as_client_is_prohibited(ehr: Ehr) -> None:
    world, ben = ehr.world, ehr.world.ids["ben"]
    known = person("Marta", "Kowalczyk", "1984-03-03", emails=("m.k@example.org",))
    tell(world, ben, "ex_partner", known, since="2009", until="2012")
    answer = ehr.check(ben, known)
    assert answer["outcome"] == "prohibit"
    assert "baseline.intimacy.former-partner-as-client" in rules(answer)


def test_sexual_contact_with_a_client_of_an_aamft_member_is_prohibited_by_baseline(
    ehr: Ehr,
) -> None:
    member = clinician(ehr.world, "AAMFT", licence=("US-TX", "LMFT"))
    client_id = current_client(ehr.world, member, STRANGER)
    event = RecordedEvent(
        "sexual_contact", "mutual", "client", PartialDate("2026-02"), None, "client"
    )
    answer = ehr.check(member, client_id, purpose="event", event=event)
    assert answer["outcome"] == "prohibit"
    assert any(rule.startswith("baseline.") for rule in rules(answer))
    assert not any(
        finding["waivable"] for finding in answer["findings"] if finding["outcome"] == "prohibit"
    )
    assert any(draft["rule"].startswith("aamft") for draft in answer["unverified"])
    assert not any(rule.startswith("aamft-2015.1-4") for rule in rules(answer))


def test_a_friendship_that_began_too_early_after_care_is_prohibited_in_texas(ehr: Ehr) -> None:
    world = ehr.world
    who = clinician(world)
    client_id = former_client(world, who, "2024-09-01", STRANGER)
    tell(world, who, "FRND", STRANGER, since="2025-06-01")
    answer = ehr.check(who, client_id, purpose="event", event=_contact())
    [finding] = [
        f for f in answer["findings"] if f["rule"] == "us-tx-lpc.681-38d.tie-within-two-years"
    ]
    assert finding["outcome"] == "prohibit"
    assert finding["clock"]["clears_on"] == "2026-09-01"


def _contact() -> RecordedEvent:
    return RecordedEvent(
        "contact_outside_sessions", "mutual", "client", PartialDate("2026-02-20"), None, "clinician"
    )


def test_a_missing_last_contact_leaves_the_clock_undecided_and_asks_for_it(ehr: Ehr) -> None:
    world = ehr.world
    who = clinician(world)
    client_id = former_client(world, who, None, STRANGER)
    tell(world, who, "FRND", STRANGER, since="2025-06-01")
    answer = ehr.check(who, client_id, purpose="event", event=_contact())
    assert answer["could_become"] == "prohibit"
    assert answer["outcome"] == "deliberate"
    assert "last_professional_contact_on" in {ask["fact"] for ask in answer["ask"]}


def test_personal_and_professional_connections_are_not_the_same(ehr: Ehr) -> None:
    world = ehr.world
    outcomes = {}
    for kind in (*AccountKind, None):
        who = clinician(world)
        client_id = current_client(
            world, who, person("Lea", f"Holm{kind}", "1992-01-02", emails=(f"l{kind}@example.org",))
        )
        with world.writing() as context:
            account = add_account(
                context, _person_of(context, who), AccountForm("facebook", f"quinn.{kind}", kind)
            )
            connect(
                context,
                ConnectionForm(
                    account, "facebook", f"lea.{kind}", Direction.MUTUAL, ConnectionState.ACCEPTED
                ),
            )
            add_account(
                context,
                _person_of_client(context, client_id),
                AccountForm("facebook", f"lea.{kind}", AccountKind.PERSONAL),
            )
        outcomes[kind] = ehr.check(who, client_id, purpose="session")["outcome"]
    assert outcomes["personal"] == outcomes["mixed"] == "deliberate"
    assert outcomes["professional"] == "advise"
    assert outcomes[None] == "deliberate"


def _person_of(context: Any, clinician_id: str) -> str:
    from policy_service.database.tables.registry import ClinicianRow

    return str(context.session.get(ClinicianRow, (context.practice_id, clinician_id)).person_id)


def _person_of_client(context: Any, client_id: str) -> str:
    from policy_service.database.tables.registry import ClientRow

    return str(context.session.get(ClientRow, (context.practice_id, client_id)).person_id)


def test_gifts_add_up_to_a_prohibition_under_the_texas_rule(ehr: Ehr) -> None:
    who = clinician(ehr.world)
    client_id = current_client(ehr.world, who, STRANGER)
    small = RecordedEvent(
        "gift", "client_to_clinician", "client", PartialDate("2026-02-20"), 2000, "clinician"
    )
    large = RecordedEvent(
        "gift", "client_to_clinician", "client", PartialDate("2026-02-21"), 5001, "clinician"
    )
    assert ehr.check(who, client_id, purpose="event", event=small)["outcome"] != "prohibit"
    answer = ehr.check(who, client_id, purpose="event", event=large)
    assert answer["outcome"] == "prohibit"
    assert "us-tx-lpc.681-38d.gifts-over-fifty-dollars" in rules(answer)


def test_the_clients_emergency_contact_is_the_therapist(ehr: Ehr) -> None:
    contact = RelatedPerson(
        PersonName("Ben", "Okafor"), "BRO", birth_date="1968-01-30", phone="+1 512 555 0102"
    )
    client = PersonRecord(
        (PersonName("Ada", "Okafor"),),
        "1971-04-04",
        emails=("ada@example.org",),
        related=(contact,),
    )
    answer = ehr.check(ehr.world.ids["ben"], client)
    assert answer["outcome"] in ("deliberate", "prohibit")
    assert any(finding["kind"] == "relative" for finding in answer["findings"])


def test_the_husband_of_the_clinicians_sister_is_a_relative(ehr: Ehr) -> None:
    world, ben = ehr.world, ehr.world.ids["ben"]
    sister = person("Grace", "Okafor-Hale", "1970-10-10", phones=("+1 512 555 0177",))
    tell(world, ben, "SIS", sister)
    husband = PersonRecord(
        (PersonName("Paul", "Hale"),),
        "1969-07-07",
        emails=("paul@example.org",),
        related=(
            RelatedPerson(
                PersonName("Grace", "Okafor-Hale"),
                "WIFE",
                birth_date="1970-10-10",
                phone="+1 512 555 0177",
            ),
        ),
    )
    answer = ehr.check(ben, husband)
    assert answer["outcome"] == "prohibit"
    assert "us-tx-lpc.681-38d.counselling-family-friends-associates" in rules(answer)
    [close] = [f for f in answer["findings"] if f["rule"] == "baseline.ties.close-tie-as-client"]
    assert (close["kind"], close["outcome"]) == ("relative", "deliberate")


def test_another_clinician_of_the_practice_is_a_colleague(ehr: Ehr) -> None:
    alma = person("Alma", "Reyes", "1979-06-11", sex="female", phones=("+1 512 555 0101",))
    answer = ehr.check(ehr.world.ids["ben"], alma)
    assert answer["outcome"] == "prohibit" or any(
        f["kind"] == "colleague" for f in answer["findings"]
    )
    assert answer["outcome"] >= "deliberate"


def test_an_emergency_is_recorded_and_proceeds(ehr: Ehr) -> None:
    answer = ehr.check(ehr.world.ids["alma"], ehr.world.ids["tomas"], purpose="emergency")
    assert answer["standing"] == "in_review"
    assert count(ehr.world, CaseRow) == 1


# -- who is the client ------------------------------------------------------------------------


def test_a_described_client_who_is_known_becomes_a_check_of_that_client(ehr: Ehr) -> None:
    answer = ehr.check(ehr.world.ids["ben"], NORA)
    assert answer["client_id"] == ehr.world.ids["nora"]
    assert answer["recognised"] == [{"client_id": ehr.world.ids["nora"], "certainty": "certain"}]


def test_a_prospect_is_registered_once(ehr: Ehr) -> None:
    first = ehr.check(ehr.world.ids["ben"], STRANGER)
    again = ehr.check(ehr.world.ids["ben"], STRANGER)
    assert first["client_id"] == again["client_id"]


def test_a_name_alone_never_closes_the_world(ehr: Ehr) -> None:
    answer = ehr.check(ehr.world.ids["ben"], person("Ines", "Marchetti"))
    assert answer["complete"] is False
    assert answer["outcome"] == "advise"
    assert {ask["why"] for ask in answer["ask"]} == {"identity_not_comparable"}


def test_a_twin_is_asked_about_and_never_taken_for_the_other(ehr: Ehr) -> None:
    home = Address("12", "Elm Street", city="Austin", postcode="78701", state="TX")
    one = PersonRecord((PersonName("Jana", "Novak"),), "1995-05-05", addresses=(home,))
    two = PersonRecord((PersonName("Petra", "Novak"),), "1995-05-05", addresses=(home,))
    with ehr.world.writing() as context:
        known = register_client(context, one)
    answer = ehr.check(ehr.world.ids["ben"], two)
    assert answer["client_id"] != known
    assert {"client_id": known, "certainty": "certain"} not in answer["recognised"]


# -- promises ---------------------------------------------------------------------------------


def test_a_licence_without_a_pack_is_named_and_the_baseline_applies(ehr: Ehr) -> None:
    who = clinician(ehr.world, licence=("US-NY", "LMHC"))
    answer = ehr.check(who, STRANGER, location_of_service="US-NY")
    assert answer["complete"] is False
    assert {"body": "US-NY LMHC"} in answer["not_consulted"]
    tell(ehr.world, who, "FRND", STRANGER)
    assert ehr.check(who, STRANGER, location_of_service="US-NY")["outcome"] == "deliberate"


def test_the_same_question_joins_its_case_and_new_facts_are_noted(ehr: Ehr) -> None:
    world = ehr.world
    alma, tomas = world.ids["alma"], world.ids["tomas"]
    ehr.check(alma, tomas)
    cases, occurrences, moves = (count(world, t) for t in (CaseRow, CaseOccurrenceRow, CaseMoveRow))
    ehr.check(alma, tomas)
    assert count(world, CaseRow) == cases
    assert count(world, CaseOccurrenceRow) > occurrences
    assert count(world, CaseMoveRow) == moves


def test_every_decision_has_its_entry_and_the_log_verifies(ehr: Ehr) -> None:
    world = ehr.world
    for client in (STRANGER, TOMAS, NORA):
        ehr.check(world.ids["alma"], client)
    if world.desk.database.dialect == "postgresql":
        sealer.seal_pending(world.desk.database, world.practice_id)
    origin = world.desk.practice(world.practice_id).log_origin
    verdict = verify_log(world.desk.database, world.practice_id, world.desk.log_key(origin))
    assert verdict.exit_code == 0, verdict.text
    assert count(world, DecisionRow) == 3


def test_checks_at_the_same_time_open_one_case_and_none_fails(ehr: Ehr) -> None:
    world = ehr.world
    alma, tomas = world.ids["alma"], world.ids["tomas"]
    ehr.check(world.ids["ben"], NORA)  # warms what threads share
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda _: ehr.check(alma, tomas), range(8)))
    assert len({answer["id"] for answer in answers}) == 8
    with world.reading() as context:
        questions = context.session.execute(
            select(CaseRow.kind, func.count())
            .where(CaseRow.clinician_id == alma, CaseRow.client_id == tomas)
            .group_by(CaseRow.kind)
        ).all()
    assert questions
    assert all(number == 1 for _kind, number in questions)
