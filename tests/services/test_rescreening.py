"""What a change reaches is asked about again; what did not change is not recorded twice."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import func, select

from policy_service.database.tables.decisions import DecisionRow
from policy_service.database.tables.jobs import WorkRow
from policy_service.database.tables.reviews import CaseRow
from policy_service.domain.accounts import AccountKind, ConnectionState, Direction
from policy_service.domain.audiences import Audience, audience_of
from policy_service.domain.people import Address, Handle, PersonName, RelatedPerson, RelatedRole
from policy_service.domain.principals import ActingUser
from policy_service.services.accounts import AccountForm, ConnectionForm, add_account, connect
from policy_service.services.attestations import attest
from policy_service.services.clients import correct_client, merge_clients, register_client
from policy_service.services.clinicians import deactivate_clinician
from policy_service.services.disclosures import (
    DisclosureForm,
    TieForm,
    disclose,
    disclosures_of,
    state_tie,
    withdraw_disclosure,
)
from policy_service.services.episodes import (
    ClientPart,
    ClinicianPart,
    EpisodeForm,
    open_episode,
)
from policy_service.services.full_screens import screen_everyone
from policy_service.services.parties import client_row, clinician_row
from policy_service.services.people import register, register_hashed, replace_record
from policy_service.services.rescreening import rescreener
from policy_service.services.touch import RECENT, TOUCHED, Touched
from policy_service.worker import Worker
from tests.cast import ALL_KINDS, NORA, TOMAS, World, person

STRANGER = person("Ulla", "Sandoval", "1951-08-08")
HOME = Address("12", "Elm Street", "", "Austin", "78701", "TX")


@pytest.fixture
def settled(world: World) -> World:
    """The cast, with all that is between them decided: Alma's brother is a client here."""
    screen_everyone(world.desk, world.practice_id)
    world.clock.advance(seconds=1)
    return world


def work(world: World) -> None:
    """Let the worker come by."""
    world.clock.advance(seconds=1)
    Worker(world.desk).run_due()


def in_care(world: World, clinician: str, client: str) -> None:
    form = EpisodeForm(
        (ClientPart(world.ids[client]),), (ClinicianPart(world.ids[clinician]),), "2025-05"
    )
    with world.writing() as context:
        open_episode(context, form)
    work(world)


def decisions(world: World) -> list[tuple[str, str, str]]:
    """Clinician, client and purpose of every decision, oldest first; not of Alma's brother."""
    names = {record: name for name, record in world.ids.items()}
    with world.reading() as context:
        rows = context.session.scalars(select(DecisionRow).order_by(DecisionRow.at)).all()
    found = [(names[row.clinician_id], names[row.client_id], row.purpose) for row in rows]
    return [one for one in found if one[:2] != ("alma", "tomas")]


def cases(world: World) -> list[tuple[str, str, str]]:
    """Clinician, client and kind of every open case; not of Alma's brother."""
    names = {record: name for name, record in world.ids.items()}
    with world.reading() as context:
        rows = context.session.scalars(select(CaseRow).order_by(CaseRow.opened_at, CaseRow.id))
        found = [(names[row.clinician_id], names[row.client_id], row.kind) for row in rows]
    return [one for one in found if one[:2] != ("alma", "tomas")]


def waiting(world: World) -> list[str]:
    """The kinds of work that waits."""
    with world.reading() as context:
        return sorted(context.session.scalars(select(WorkRow.kind)))


def disclose_nora(world: World, kind: str = "FRND") -> str:
    with world.writing() as context:
        return disclose(context, DisclosureForm(world.ids["ben"], kind, NORA))


def test_a_disclosure_during_care_opens_a_case_without_anyone_asking(settled: World) -> None:
    in_care(settled, "ben", "nora")
    assert cases(settled) == []
    disclose_nora(settled)
    work(settled)
    assert cases(settled) == [("ben", "nora", "friend")]


def test_the_first_rescreen_of_care_is_a_session_check_in_the_log(settled: World) -> None:
    in_care(settled, "ben", "nora")
    assert decisions(settled) == [("ben", "nora", "session")]
    assert settled.actions().count("check.decided") == 2


def test_a_pair_asked_about_lately_is_asked_its_own_question_again(settled: World) -> None:
    settled.check("ben", "nora", "booking")
    settled.clock.advance(days=80)
    disclose_nora(settled)
    work(settled)
    assert decisions(settled) == [("ben", "nora", "booking")] * 2


def test_the_friend_of_a_clinician_who_was_away_for_long_is_left_alone(settled: World) -> None:
    settled.check("ben", "nora", "booking")
    settled.clock.advance(days=RECENT.days + 1)
    disclose_nora(settled)
    work(settled)
    assert len(decisions(settled)) == 1


def test_who_comes_back_after_long_is_asked_about_with_whoever_is_tied_to_them(
    settled: World,
) -> None:
    settled.clock.advance(days=RECENT.days + 1)
    disclose_nora(settled)
    work(settled)
    assert cases(settled) == []
    settled.check("alma", "nora", "intake")
    work(settled)
    assert cases(settled) == [("ben", "nora", "friend")]


def test_an_unchanged_decision_is_not_recorded_again(settled: World) -> None:
    in_care(settled, "ben", "nora")
    with settled.writing() as context:
        attest(context, settled.ids["ben"], ALL_KINDS, context.today)
    work(settled)
    assert len(decisions(settled)) == 1


def test_many_changes_before_the_worker_comes_are_one_case_each(settled: World) -> None:
    in_care(settled, "ben", "nora")
    for kind in ("FRND", "FRND", "SPS"):
        disclose_nora(settled, kind)
    work(settled)
    kinds = [kind for _, _, kind in cases(settled)]
    assert len(kinds) == len(set(kinds))
    assert "friend" in kinds


def test_a_second_conflict_of_a_kind_joins_the_open_case(settled: World) -> None:
    in_care(settled, "ben", "nora")
    disclose_nora(settled)
    work(settled)
    disclose_nora(settled)
    work(settled)
    assert cases(settled) == [("ben", "nora", "friend")]


def test_a_pair_that_the_change_does_not_concern_is_not_recorded(settled: World) -> None:
    in_care(settled, "ben", "nora")
    in_care(settled, "alma", "nora")
    before = decisions(settled)
    disclose_nora(settled)
    work(settled)
    assert decisions(settled) == [*before, ("ben", "nora", "session")]


def test_a_withdrawn_disclosure_is_looked_at_again_too(settled: World) -> None:
    in_care(settled, "ben", "nora")
    tie = disclose_nora(settled)
    work(settled)
    with settled.writing() as context:
        withdraw_disclosure(context, tie, "another Nora")
    work(settled)
    assert len(decisions(settled)) == 3
    assert cases(settled) == [("ben", "nora", "friend")]


def test_an_officers_tie_reaches_clinicians_two_ties_away(settled: World) -> None:
    """Alma's brother turns out to be a friend of Nora, whom Alma treats."""
    in_care(settled, "alma", "nora")
    with settled.reading() as context:
        [(_, brother)] = disclosures_of(context, settled.ids["alma"])
        nora = client_row(context, settled.ids["nora"]).person_id
    before = len(decisions(settled))
    with settled.writing() as context:
        state_tie(context, TieForm(brother.to_person, nora, "FRND"))
    work(settled)
    assert len(decisions(settled)) == before + 1


def test_a_disclosure_reaches_the_discloser_s_own_friends(settled: World) -> None:
    """Nora is the wife of Ben, who is Alma's friend: news for Alma, who treats Nora."""
    in_care(settled, "alma", "nora")
    with settled.reading() as context:
        ben = clinician_row(context, settled.ids["ben"]).person_id
    with settled.writing() as context:
        disclose(context, DisclosureForm(settled.ids["alma"], "FRND", person_id=ben))
    work(settled)
    before = decisions(settled).count(("alma", "nora", "session"))
    disclose_nora(settled, "SPS")
    work(settled)
    assert decisions(settled).count(("alma", "nora", "session")) == before + 1


def test_a_clinician_who_left_is_not_asked_about(settled: World) -> None:
    in_care(settled, "ben", "nora")
    disclose_nora(settled)
    with settled.writing() as context:
        deactivate_clinician(context, settled.ids["ben"], "retired")
    work(settled)
    assert len(decisions(settled)) == 1


def test_the_rescreener_may_learn_nothing(world: World) -> None:
    principal = rescreener(world.practice_id)
    assert audience_of(principal, ActingUser(), world.ids["ben"]) is Audience.ANYONE
    assert principal.actor_ref == "account:rescreening"


def test_a_touch_rolls_back_with_its_cause(world: World) -> None:
    with world.writing() as context:
        disclose(context, DisclosureForm(world.ids["ben"], "FRND", NORA))
        context.session.rollback()
    assert waiting(world) == []


def test_a_disclosure_leaves_the_same_work_whomever_it_names(settled: World) -> None:
    """What the request leaves behind tells nothing; whom it reaches is for the worker to find."""
    in_care(settled, "ben", "nora")
    disclose_nora(settled)
    named = waiting(settled)
    work(settled)
    with settled.writing() as context:
        disclose(context, DisclosureForm(settled.ids["ben"], "FRND", STRANGER))
    assert waiting(settled) == named == [TOUCHED] * 3


# Stories: a third person changes, and somebody else's answer with it.


def test_a_disclosed_brother_gets_the_address_of_a_client(settled: World) -> None:
    """Ben's brother, of whom only the name was known, lives with a client of the same name."""
    okafor = person("Daniel", "Okafor", "1994-05-05", addresses=(HOME,))
    with settled.writing() as context:
        settled.ids["client"] = register_client(context, okafor)
        brother = register(context, person("Samuel", "Okafor"))
        disclose(context, DisclosureForm(settled.ids["ben"], "BRO", person_id=brother))
    work(settled)
    before = [one for one in cases(settled) if one[:2] == ("ben", "client")]
    with settled.writing() as context:
        replace_record(context, brother, person("Samuel", "Okafor", addresses=(HOME,)))
    work(settled)
    assert before == []
    assert ("ben", "client", "relative") in cases(settled)


def test_a_disclosed_brother_turns_out_to_be_a_client(settled: World) -> None:
    """Only his record changes: nobody touches the clinician or the client."""
    with settled.writing() as context:
        brother = register(context, STRANGER)
        disclose(context, DisclosureForm(settled.ids["ben"], "BRO", person_id=brother))
    work(settled)
    assert cases(settled) == []
    with settled.writing() as context:
        replace_record(context, brother, TOMAS)
    work(settled)
    assert ("ben", "tomas", "relative") in cases(settled)


def test_a_new_client_is_a_therapist_s_friend_on_facebook(settled: World) -> None:
    with settled.writing() as context:
        ben = clinician_row(context, settled.ids["ben"]).person_id
        account = add_account(context, ben, AccountForm("facebook", "ben", AccountKind.PERSONAL))
        accepted = (Direction.MUTUAL, ConnectionState.ACCEPTED)
        connect(context, ConnectionForm(account, "facebook", "ulla.s", *accepted))
    work(settled)
    with settled.writing() as context:
        record = replace(STRANGER, handles=(Handle("facebook", "@Ulla.S"),))
        settled.ids["ulla"] = register_client(context, record)
    work(settled)
    assert cases(settled) == [("ben", "ulla", "social_connection")]


def test_a_new_emergency_contact_is_the_therapist_s_sister(settled: World) -> None:
    sister = person("Grace", "Okafor", "1970-03-03", phones=("+1 512 555 0177",))
    with settled.writing() as context:
        disclose(context, DisclosureForm(settled.ids["ben"], "SIS", sister))
    in_care(settled, "ben", "nora")
    assert cases(settled) == []
    named = RelatedPerson(
        PersonName("Grace", "Okafor"),
        "FRND",
        RelatedRole.EMERGENCY_CONTACT,
        phone="+1 512 555 0177",
    )
    with settled.writing() as context:
        correct_client(context, settled.ids["nora"], replace(NORA, related=(named,)))
    work(settled)
    assert [one[:2] for one in cases(settled)] == [("ben", "nora")]


def test_an_emergency_contact_known_by_a_nickname_is_disclosed_later(settled: World) -> None:
    """The disclosed person shares no key with the client, only one that the contact is asked by."""
    named = RelatedPerson(
        PersonName("Bob", "Quist"), role=RelatedRole.EMERGENCY_CONTACT, birth_date="1970-03-03"
    )
    with settled.writing() as context:
        correct_client(context, settled.ids["nora"], replace(NORA, related=(named,)))
    in_care(settled, "ben", "nora")
    before = decisions(settled)
    with settled.writing() as context:
        robert = person("Robert", "Quist", "1970-03-03")
        disclose(context, DisclosureForm(settled.ids["ben"], "SPS", robert))
    work(settled)
    assert len(decisions(settled)) == len(before) + 1


def test_an_imported_contact_is_a_client(settled: World) -> None:
    with settled.writing() as context:
        ben = clinician_row(context, settled.ids["ben"]).person_id
        contact = register_hashed(context, NORA)
        state_tie(context, TieForm(ben, contact, "FRND"))
    work(settled)
    assert ("ben", "nora", "friend") in cases(settled)


def test_a_profile_merged_into_a_client_brings_its_ties_along(settled: World) -> None:
    with settled.writing() as context:
        settled.ids["other"] = register_client(context, STRANGER)
        tied = client_row(context, settled.ids["other"]).person_id
        disclose(context, DisclosureForm(settled.ids["ben"], "FRND", person_id=tied))
    work(settled)
    before = cases(settled)
    with settled.writing() as context:
        merge_clients(context, settled.ids["other"], settled.ids["nora"], "one person")
    work(settled)
    assert before == [("ben", "other", "friend")]
    assert ("ben", "nora", "friend") in cases(settled)


def test_a_touch_is_one_piece_of_work_and_names_ids_only(world: World) -> None:
    disclose_nora(world)
    with world.reading() as context:
        bodies = list(context.session.scalars(select(WorkRow.body)))
    assert all(len(body) < 200 and b"Lind" not in body for body in bodies)


def test_what_a_touch_says_survives_its_way_through_the_queue() -> None:
    touched = Touched(people=("a", "b"), tied=("c", "d"), clinicians=("e",), keys=("-5", "7"))
    assert Touched.from_body(touched.to_body()) == touched
    assert Touched().to_body() == {}


def test_a_full_screen_by_the_worker_records_nothing_new(settled: World) -> None:
    in_care(settled, "ben", "nora")
    disclose_nora(settled)
    work(settled)
    before = decisions(settled), cases(settled)
    settled.clock.advance(days=1)
    work(settled)
    assert (decisions(settled), cases(settled)) == before
    with settled.reading() as context:
        assert context.session.execute(select(func.count()).select_from(WorkRow)).scalar_one() == 0
