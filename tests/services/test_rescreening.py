"""What a change touches is asked about again; what did not change is not recorded twice."""

from __future__ import annotations

from sqlalchemy import func, select

from policy_service.database.tables.decisions import DecisionRow
from policy_service.database.tables.jobs import WorkRow
from policy_service.database.tables.reviews import CaseRow
from policy_service.domain.audiences import Audience, audience_of
from policy_service.domain.principals import ActingUser
from policy_service.services.attestations import attest
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
from policy_service.services.parties import client_row
from policy_service.services.rescreening import rescreener
from policy_service.services.touch import RECENT
from policy_service.worker import run_due
from tests.cast import ALL_KINDS, NORA, World, person

STRANGER = person("Ulla", "Sandoval", "1951-08-08")


def work(world: World) -> int:
    """Let a second pass and the worker come by; returns how much it did."""
    world.clock.advance(seconds=1)
    return run_due(world.desk)


def in_care(world: World, clinician: str, client: str) -> None:
    form = EpisodeForm(
        (ClientPart(world.ids[client]),), (ClinicianPart(world.ids[clinician]),), "2025-05"
    )
    with world.writing() as context:
        open_episode(context, form)
    work(world)


def decisions(world: World) -> list[tuple[str, str, str]]:
    """Clinician, client and purpose of every decision, oldest first."""
    names = {record: name for name, record in world.ids.items()}
    with world.reading() as context:
        rows = context.session.scalars(select(DecisionRow).order_by(DecisionRow.at)).all()
    return [(names[row.clinician_id], names[row.client_id], row.purpose) for row in rows]


def cases(world: World) -> list[tuple[str, str]]:
    with world.reading() as context:
        rows = context.session.scalars(select(CaseRow).order_by(CaseRow.opened_at, CaseRow.id))
        return [(row.kind, row.state) for row in rows]


def waiting(world: World) -> int:
    with world.reading() as context:
        return context.session.execute(select(func.count()).select_from(WorkRow)).scalar_one()


def disclose_nora(world: World, kind: str = "FRND") -> str:
    with world.writing() as context:
        return disclose(context, DisclosureForm(world.ids["ben"], kind, NORA))


def test_a_disclosure_during_care_opens_a_case_without_anyone_asking(world: World) -> None:
    in_care(world, "ben", "nora")
    assert cases(world) == []
    disclose_nora(world)
    assert work(world) == 1
    assert cases(world) == [("friend", "open")]


def test_the_first_rescreen_of_care_is_a_session_check_in_the_log(world: World) -> None:
    in_care(world, "ben", "nora")
    assert decisions(world) == [("ben", "nora", "session")]
    assert world.actions().count("check.decided") == 1


def test_a_pair_asked_about_lately_is_asked_its_own_question_again(world: World) -> None:
    world.check("ben", "nora", "booking")
    world.clock.advance(days=80)
    disclose_nora(world)
    work(world)
    assert decisions(world) == [("ben", "nora", "booking")] * 2


def test_a_pair_nobody_asked_about_for_long_is_left_alone(world: World) -> None:
    world.check("ben", "nora", "booking")
    world.clock.advance(days=RECENT.days + 1)
    disclose_nora(world)
    assert waiting(world) == 0


def test_an_unchanged_decision_is_not_recorded_again(world: World) -> None:
    in_care(world, "ben", "nora")
    with world.writing() as context:
        attest(context, world.ids["ben"], ALL_KINDS, context.today)
    assert work(world) == 1
    assert len(decisions(world)) == 1


def test_many_changes_before_the_worker_comes_are_one_rescreen(world: World) -> None:
    in_care(world, "ben", "nora")
    for kind in ("FRND", "NBOR", "colleague"):
        disclose_nora(world, kind)
    assert waiting(world) == 1
    assert work(world) == 1
    assert {kind for kind, _ in cases(world)} >= {"friend"}


def test_only_the_pairs_of_the_change_are_touched(world: World) -> None:
    in_care(world, "ben", "nora")
    in_care(world, "alma", "nora")
    disclose_nora(world)
    work(world)
    assert decisions(world).count(("alma", "nora", "session")) == 1
    assert decisions(world).count(("ben", "nora", "session")) == 2


def test_a_withdrawn_disclosure_is_looked_at_again_too(world: World) -> None:
    in_care(world, "ben", "nora")
    tie = disclose_nora(world)
    work(world)
    with world.writing() as context:
        withdraw_disclosure(context, tie, "another Nora")
    work(world)
    assert len(decisions(world)) == 3
    assert cases(world) == [("friend", "open")]


def test_an_officers_tie_reaches_clinicians_two_ties_away(world: World) -> None:
    """Alma's brother turns out to be a friend of Nora, whom Alma treats."""
    in_care(world, "alma", "nora")
    with world.reading() as context:
        [(_, brother)] = disclosures_of(context, world.ids["alma"])
        nora = client_row(context, world.ids["nora"]).person_id
    with world.writing() as context:
        state_tie(context, TieForm(brother.to_person, nora, "FRND"))
    before = len(decisions(world))
    work(world)
    assert len(decisions(world)) == before + 1


def test_a_clinician_who_left_is_not_asked_about(world: World) -> None:
    in_care(world, "ben", "nora")
    disclose_nora(world)
    with world.writing() as context:
        deactivate_clinician(context, world.ids["ben"], "retired")
    work(world)
    assert len(decisions(world)) == 1


def test_the_rescreener_may_learn_nothing(world: World) -> None:
    principal = rescreener(world.practice_id)
    assert audience_of(principal, ActingUser(), world.ids["ben"]) is Audience.ANYONE
    assert principal.actor_ref == "account:rescreening"


def test_a_rescreen_rolls_back_with_its_cause(world: World) -> None:
    in_care(world, "ben", "nora")
    with world.writing() as context:
        disclose(context, DisclosureForm(world.ids["ben"], "FRND", NORA))
        context.session.rollback()
    assert waiting(world) == 0


def test_how_many_are_queued_does_not_depend_on_whom_a_disclosure_names(world: World) -> None:
    in_care(world, "ben", "nora")
    disclose_nora(world)
    named = waiting(world)
    work(world)
    with world.writing() as context:
        disclose(context, DisclosureForm(world.ids["ben"], "FRND", STRANGER))
    assert waiting(world) == named
