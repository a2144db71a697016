"""Previews are the clinician's own: who may ask, what is kept, and who never reads it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from policy_service.database.tables.audit import EntryRow, EntrySubjectRow, OpeningRow
from policy_service.database.tables.decisions import StoredResponseRow
from policy_service.database.tables.people import PersonKeyRow
from policy_service.database.tables.previews import PreviewRow
from policy_service.domain.answers import PreviewAnswer
from policy_service.domain.care import CareSpell
from policy_service.domain.dates import PartialDate
from policy_service.domain.previews import Contemplated
from policy_service.domain.principals import ActingRole, ActingUser, Principal, Role, Scope
from policy_service.errors import IdempotencyMismatch, InvalidRequest, NotFound, ServiceError
from policy_service.ledger.leaf import Leaf
from policy_service.services import audit_entries, own_care, previews
from policy_service.services.audit_entries import open_entry
from policy_service.services.clients import register_client
from policy_service.services.context import Context
from policy_service.services.disclosures import TieForm, state_tie
from policy_service.services.episodes import ClientPart, ClinicianPart, EpisodeForm, open_episode
from policy_service.services.own_care import own_clients
from policy_service.services.parties import client_row, clinician_row
from policy_service.services.preview_reading import (
    count_previews,
    own_previews,
    share_preview,
    shared_previews,
)
from policy_service.services.stored_responses import IdempotencyKey
from policy_service.vault.errors import KeyNotHeld, SealBroken
from tests.api.rows import new_rows, row_counts
from tests.care import current_client, end_care, former_client
from tests.cast import NORA, World, person
from tests.previewing import account, ask, ehr, read, render, signed_in

INES = person(
    "Ines", "Marchetti", "1991-08-14", phones=("+1 512 555 0166",), emails=("ines@example.org",)
)
FRIENDSHIP = Contemplated.FRIENDSHIP


@pytest.fixture
def ines(world: World) -> str:
    """Ben cared for Ines until January last year."""
    world.ids["ines"] = former_client(world, world.ids["ben"], "2025-01-10", INES)
    return world.ids["ines"]


def ask_ben(world: World, client_id: str | None, **how: Any) -> dict[str, Any]:
    return ask(world, world.ids["ben"], FRIENDSHIP, client_id=client_id, **how)


# -- the answer ---------------------------------------------------------------------------------


def test_dates_come_from_the_record(world: World, ines: str) -> None:
    answer = ask_ben(world, ines)
    assert (answer["basis"], answer["client_id"]) == ("record", ines)
    assert answer["care_ended"]["earliest"] == "2025-01-10"
    assert answer["barred"]["earliest"] == "2027-01-10"
    assert "Barred until 2027-01-10." in answer["summary"]


def test_a_present_client_is_answered_as_long_as_care_goes_on(world: World) -> None:
    client_id = current_client(world, world.ids["ben"], INES)
    answer = ask_ben(world, client_id)
    assert answer["care_ended"] is None
    assert answer["barred"] == {"when": "not_before", "earliest": "2028-03-02", "latest": None}
    assert answer["summary"].startswith("Barred while care goes on, and before 2028-03-02 even")


def test_a_hypothetical_care_is_labelled_and_what_is_not_said_is_unknown(world: World) -> None:
    stated = CareSpell(began_on=None, is_open=False, last_contact_on=PartialDate("2025"))
    answer = ask_ben(world, None, stated=stated)
    assert (answer["basis"], answer["client_id"]) == ("hypothetical", None)
    assert answer["barred"] == {"when": "not_before", "earliest": "2027-01-01", "latest": None}
    asked = {one["fact"]: one["question"] for one in answer["ask"]}
    assert asked.keys() >= {"terminated_on", "relationship_ended_on"}
    assert asked["terminated_on"] == "When was care formally terminated?"


def test_a_day_that_has_passed_is_no_preview(world: World, ines: str) -> None:
    yesterday = world.clock().date() - timedelta(days=1)
    with pytest.raises(InvalidRequest) as refused:
        ask_ben(world, ines, on=yesterday)
    [error] = refused.value.errors
    assert error.pointer == "/contemplated/on"
    assert "disclosed, not previewed" in error.detail


def test_a_merged_profile_stands_for_the_client_it_was_merged_into(world: World, ines: str) -> None:
    """Later care under another profile of the same person counts for the clock."""
    with world.writing() as context:
        again = register_client(context, INES)
    end_care(world, world.ids["ben"], "2025-06-30", again)
    assert ask_ben(world, ines)["care_ended"]["latest"] == "2025-06-30"


def test_the_list_to_choose_from_holds_own_clients_alone(world: World, ines: str) -> None:
    former_client(world, world.ids["alma"], "2024-05-05", NORA)
    with world.reading() as context:
        mine = own_clients(context, world.ids["ben"])
    assert [(one.id, one.name, one.status) for one in mine] == [(ines, "Ines Marchetti", "former")]


# -- who may ask, about whom --------------------------------------------------------------------


def strangers(world: World) -> dict[str, str]:
    """Everyone Ben may not name, whatever the practice knows of them."""
    return {
        "of nobody": str(uuid4()),
        "a prospect": world.ids["tomas"],
        "a colleague's former client": former_client(
            world, world.ids["alma"], "2024-05-05", person("Lea", "Holm", "1992-01-02")
        ),
        "a colleague's present client": current_client(
            world, world.ids["alma"], person("Per", "Dahl", "1988-03-04")
        ),
        "a clinician": world.ids["alma"],
    }


def refusals(world: World) -> list[tuple[Any, ...]]:
    told = []
    for client_id in strangers(world).values():
        before = row_counts(world)
        with pytest.raises(ServiceError) as refused:
            ask_ben(world, client_id)
        told.append((type(refused.value), refused.value.detail, refused.value.errors))
        assert new_rows(before, row_counts(world)) == {}
    return told


def test_whoever_is_not_an_own_client_is_refused_alike(world: World) -> None:
    """The form must not tell who is a client of the practice."""
    told = refusals(world)
    assert len(set(told)) == 1
    kind, _, [error] = told[0]
    assert kind is InvalidRequest
    assert error.pointer == "/client/id"


def test_control_if_any_care_here_would_do_the_refusals_would_tell(
    sqlite_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = own_care.care_spells
    monkeypatch.setattr(own_care, "care_spells", lambda c, _who, ids: real(c, None, ids))
    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        refusals(sqlite_world)


def test_a_client_of_another_practice_is_refused_alike(postgresql_world: World) -> None:
    world = postgresql_world
    with world.elsewhere() as context:
        theirs = register_client(context, INES)
    for client_id in (theirs, str(uuid4())):
        with pytest.raises(InvalidRequest) as refused:
            ask_ben(world, client_id)
        assert refused.value.errors[0].detail == own_care.NOT_OWN


def test_an_erased_client_is_refused_alike(world: World, ines: str) -> None:
    with world.writing() as context:
        person_id = client_row(context, ines).person_id
        key = context.session.get_one(PersonKeyRow, (context.practice_id, person_id))
        key.wrapped, key.destroyed_at = None, context.now
    with pytest.raises(InvalidRequest) as refused:
        ask_ben(world, ines)
    assert refused.value.errors[0].detail == own_care.NOT_OWN


def not_ben(world: World) -> dict[str, tuple[Principal, ActingUser]]:
    """Everyone but Ben, in every way to come in."""
    ben, alma = world.ids["ben"], world.ids["alma"]
    speaker = ehr(world)
    return {
        "an officer": (world.cleo, ActingUser()),
        "an officer who says it is Ben": (world.cleo, signed_in(ben)),
        "an approver": (world.account(Role.APPROVER, name="Ada"), ActingUser()),
        "an auditor": (world.account(Role.AUDITOR, name="Udo"), ActingUser()),
        "a consultant": (world.account(Role.CONSULTANT, name="Kim"), ActingUser()),
        "an administrator": (world.account(Role.ADMIN, name="Adm"), ActingUser()),
        "the operator": (world.account(Role.OPERATOR, name="Ops"), ActingUser()),
        "a colleague": (account(world, alma), ActingUser()),
        "a colleague who says it is Ben": (account(world, alma), signed_in(ben)),
        "an account named after Ben": (
            world.account(Role.INTAKE, name="Ben", clinician_id=ben),
            ActingUser(),
        ),
        "a colleague at the EHR": (speaker, signed_in(alma)),
        "an officer at the EHR": (speaker, ActingUser(ActingRole.COMPLIANCE)),
        "the EHR itself": (speaker, ActingUser(ActingRole.SYSTEM)),
        "nobody in particular": (speaker, ActingUser()),
        "Ben at an EHR that may not speak for clinicians": (
            replace(speaker, scopes=frozenset(Scope) - {Scope.PREVIEW_OWN}),
            signed_in(ben),
        ),
    }


def test_only_the_clinician_asks(world: World, ines: str) -> None:
    before = row_counts(world)
    for name, (principal, acting) in not_ben(world).items():
        with pytest.raises(InvalidRequest) as refused:
            ask_ben(world, ines, principal=principal, acting=acting)
        assert refused.value.errors[0].pointer == "/acting_user", name
    assert new_rows(before, row_counts(world)) == {}


def test_the_clinician_asks_in_the_console_as_well(world: World, ines: str) -> None:
    own = account(world, world.ids["ben"])
    answer = ask_ben(world, ines, principal=own, acting=ActingUser())
    assert answer["summary"] == ask_ben(world, ines)["summary"]


# -- what is kept -------------------------------------------------------------------------------


def test_a_preview_is_one_record_one_entry_no_case_and_no_duty(world: World, ines: str) -> None:
    before = row_counts(world)
    ask_ben(world, ines)
    grown = new_rows(before, row_counts(world))
    assert (grown.pop("preview"), grown.pop("audit_entry"), grown.pop("audit_opening")) == (1, 1, 1)
    assert all(
        name in ("audit_leaf", "audit_node", "audit_pending", "audit_head") for name in grown
    )


def test_its_leaf_names_nobody_and_tells_nothing_of_the_answer(world: World, ines: str) -> None:
    answers = [
        ask_ben(world, ines),
        ask(world, world.ids["ben"], Contemplated.ROMANCE, client_id=ines),
    ]
    answers.append(ask_ben(world, None, stated=CareSpell(None, is_open=True)))
    with world.reading() as context:
        entries = [
            context.session.get_one(EntryRow, (world.practice_id, answer["id"]))
            for answer in answers
        ]
        leaves = [Leaf.from_bytes(entry.leaf) for entry in entries]
        named = select(EntrySubjectRow).where(EntrySubjectRow.entry_id == answers[0]["id"])
        assert context.session.scalars(named).all() == []
    first = leaves[0]
    assert (first.action, first.subject_refs, first.outcome) == ("preview.made", (), None)
    for leaf in leaves[1:]:
        assert len(leaf.sd) == len(first.sd)
        assert replace(leaf, id=first.id, sd=first.sd) == first


def sealed_parts(context: Context, preview_id: str) -> list[tuple[bytes, tuple[str, str, str]]]:
    row = context.session.get_one(PreviewRow, (context.practice_id, preview_id))
    opening = context.session.scalars(
        select(OpeningRow).where(OpeningRow.entry_id == preview_id)
    ).one()
    return [
        (row.sealed, ("preview", preview_id, "sealed")),
        (opening.sealed, ("audit_opening", preview_id, opening.name)),
    ]


def test_record_and_opening_open_with_the_clinician_s_key_and_no_other(
    world: World, ines: str
) -> None:
    preview_id = ask_ben(world, ines)["id"]
    with world.reading() as context:
        ben = clinician_row(context, world.ids["ben"]).person_id
        others = [None, client_row(context, ines).person_id]
        for sealed, where in sealed_parts(context, preview_id):
            assert b"friendship" in context.keyring.open(context.session, ben, sealed, where)
            assert b"friendship" not in sealed
            for other in others:
                with pytest.raises(SealBroken):
                    context.keyring.open(context.session, other, sealed, where)


def test_once_the_clinician_s_key_is_destroyed_nothing_can_be_read(world: World, ines: str) -> None:
    preview_id = ask_ben(world, ines)["id"]
    with world.writing() as context:
        ben = clinician_row(context, world.ids["ben"]).person_id
        key = context.session.get_one(PersonKeyRow, (context.practice_id, ben))
        key.wrapped, key.destroyed_at = None, context.now
    with pytest.raises(KeyNotHeld):
        read(world, account(world, world.ids["ben"]), preview_id)


def test_no_answer_without_its_record(
    world: World, ines: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = row_counts(world)

    def full(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(previews, "append", full)
    with pytest.raises(OSError, match="no space"):
        ask_ben(world, ines)
    assert new_rows(before, row_counts(world)) == {}


def test_a_retry_gives_the_same_bytes_and_keeps_them_under_the_clinician_s_key(
    world: World, ines: str
) -> None:
    key = IdempotencyKey("p-1", b"0" * 32)
    first = ask_ben(world, ines, key=key)
    before = row_counts(world)
    world.clock.advance(hours=1)
    assert ask_ben(world, ines, key=key) == first
    assert new_rows(before, row_counts(world)) == {}
    with pytest.raises(IdempotencyMismatch):
        ask_ben(world, ines, key=IdempotencyKey("p-1", b"1" * 32))
    with world.reading() as context:
        row = context.session.scalars(select(StoredResponseRow)).one()
        where = ("stored_response", f"{row.ehr_client_id}/p-1", "sealed")
        assert row.sealed is not None
        with pytest.raises(SealBroken):
            context.keyring.open(context.session, None, row.sealed, where)


def test_twins_at_the_same_time_are_one_preview(world: World, ines: str) -> None:
    ask_ben(world, ines)  # warms what threads share
    key = IdempotencyKey("twin", b"0" * 32)
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda _: ask_ben(world, ines, key=key), range(4)))
    assert all(answer == answers[0] for answer in answers)
    with world.reading() as context:
        assert len(context.session.scalars(select(PreviewRow.id)).all()) == 2


def test_what_moves_meanwhile_is_read_anew(
    world: World, ines: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Care is put on record between reading and recording: the answer is that of the record."""
    real, moved = previews._prepare, []

    def interrupted(*arguments: Any) -> Any:
        prepared = real(*arguments)
        if not moved:
            moved.append(True)
            end_care(world, world.ids["ben"], "2025-06-30", ines)
        return prepared

    monkeypatch.setattr(previews, "_prepare", interrupted)
    assert ask_ben(world, ines)["care_ended"]["latest"] == "2025-06-30"
    with world.reading() as context:
        assert len(context.session.scalars(select(PreviewRow.id)).all()) == 1


# -- what reads it, and what does not -----------------------------------------------------------


def test_a_preview_is_no_fact_to_any_check(world: World, ines: str) -> None:
    facts, body = world.facts("ben", "ines"), decided(world)
    for kind in Contemplated:
        ask(world, world.ids["ben"], kind, client_id=ines)
    assert world.facts("ben", "ines") == facts
    assert decided(world) == body


def decided(world: World) -> dict[str, Any]:
    return {
        name: part
        for name, part in world.check("ben", "ines", "re_enrolment").items()
        if name not in ("id", "at", "receipt")
    }


def answered(world: World, client_id: str) -> dict[str, Any]:
    answer = ask_ben(world, client_id)
    return {
        name: part
        for name, part in answer.items()
        if name not in ("id", "at", "receipt", "client_id", "clinician_id")
    }


def _another_in_care(world: World, client_id: str) -> None:
    """Alma cares for Ines now; Ben does not know."""
    with world.writing() as context:
        part = (ClientPart(client_id),), (ClinicianPart(world.ids["alma"]),)
        open_episode(context, EpisodeForm(*part, began_on="2026-01-05"))


def _an_officer_s_tie(world: World, client_id: str) -> None:
    """An officer knows that Ben and Ines are cousins."""
    with world.writing() as context:
        ben = clinician_row(context, world.ids["ben"]).person_id
        other = client_row(context, client_id).person_id
        state_tie(context, TieForm(ben, other, "COUSN"))


@pytest.mark.parametrize("hidden", [_another_in_care, _an_officer_s_tie], ids=lambda f: f.__name__)
def test_what_others_know_changes_nothing(
    world: World, twin_world: World, hidden: Callable[[World, str], None]
) -> None:
    """Two practices that differ only in what Ben may not learn give him the same answer."""
    clients = [
        former_client(one, one.ids["ben"], "2025-01-10", INES) for one in (world, twin_world)
    ]
    hidden(twin_world, clients[1])
    assert answered(world, clients[0]) == answered(twin_world, clients[1])


def test_control_a_preview_that_read_the_whole_practice_would_tell(
    world: World, monkeypatch: pytest.MonkeyPatch, ines: str
) -> None:
    before = answered(world, ines)
    _another_in_care(world, ines)
    real = own_care.care_spells
    monkeypatch.setattr(own_care, "care_spells", lambda c, _who, ids: real(c, None, ids))
    assert answered(world, ines) != before


def test_nobody_but_the_clinician_reads_a_private_preview(world: World, ines: str) -> None:
    preview_id = ask_ben(world, ines)["id"]
    for name, (principal, acting) in not_ben(world).items():
        for preview in (preview_id, str(uuid4())):
            with pytest.raises(NotFound):
                read(world, principal, preview, acting)
            with world.writing(principal) as context, pytest.raises(NotFound):
                share_preview(context, preview, acting, render(world))
        with world.writing(principal) as context, pytest.raises(NotFound):
            own_previews(context, world.ids["ben"], acting, render(world))
        assert listed_as_shared(world, principal, acting) in ([], None), name


def listed_as_shared(
    world: World, principal: Principal, acting: ActingUser
) -> list[PreviewAnswer] | None:
    with world.writing(principal) as context:
        try:
            return shared_previews(context, acting, render(world))
        except NotFound:
            return None


def test_the_clinician_reads_it_as_it_was_given(world: World, ines: str) -> None:
    given = ask_ben(world, ines)
    own = account(world, world.ids["ben"])
    answer = read(world, own, given["id"])
    assert (answer.id, answer.shared_at) == (given["id"], None)
    assert answer.full.items() <= given.items()
    assert read(world, ehr(world), given["id"], signed_in(world.ids["ben"])) == answer
    with world.reading(own) as context:
        mine = own_previews(context, world.ids["ben"], ActingUser(), render(world))
    assert mine == [answer]


def test_a_clinician_who_is_an_officer_too_reads_only_their_own(world: World, ines: str) -> None:
    preview_id = ask_ben(world, ines)["id"]
    both = account(world, world.ids["ben"], Role.COMPLIANCE)
    assert read(world, both, preview_id).id == preview_id
    with pytest.raises(NotFound):
        read(world, world.account(Role.COMPLIANCE, Role.CLINICIAN, name="Zoe"), preview_id)


def test_sharing_opens_it_to_officers_once_and_for_all_and_is_logged(
    world: World, ines: str
) -> None:
    preview_id = ask_ben(world, ines)["id"]
    own = account(world, world.ids["ben"])
    world.clock.advance(hours=1)
    for _ in range(2):
        with world.writing(own) as context:
            shared = share_preview(context, preview_id, ActingUser(), render(world))
        world.clock.advance(hours=1)
    assert shared.shared_at == "2026-03-02T10:00:00.000000Z"
    assert world.actions().count("preview.shared") == 1
    for officer in (Role.COMPLIANCE, Role.APPROVER, Role.AUDITOR):
        world.clock.advance(minutes=1)
        assert read(world, world.account(officer, name=officer), preview_id).id == preview_id
    assert world.actions().count("previews.read") == 3
    assert [one.id for one in listed_as_shared(world, world.cleo, ActingUser()) or []] == [
        preview_id
    ]
    with pytest.raises(NotFound):
        read(world, account(world, world.ids["alma"]), preview_id)


def test_officers_see_how_many_by_clinician_and_month(world: World, ines: str) -> None:
    for days in (0, 1, 40):
        world.clock.advance(days=days)
        ask_ben(world, ines)
    with world.writing() as context:
        counts = count_previews(context, ActingUser())
    assert [(one.clinician_id, one.month, one.count) for one in counts] == [
        (world.ids["ben"], "2026-04", 1),
        (world.ids["ben"], "2026-03", 2),
    ]
    assert "previews.counted" in world.actions()


@pytest.mark.parametrize("action", ["preview.made", "preview.shared"])
def test_the_audit_log_withholds_it_from_officers(world: World, ines: str, action: str) -> None:
    values = shown_in_the_log(world, ines, action)
    assert values == [(None, "private to the clinician")]


def test_control_without_that_wall_the_log_would_show_it(
    sqlite_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = sqlite_world
    client_id = former_client(world, world.ids["ben"], "2025-01-10", INES)
    monkeypatch.setattr(audit_entries, "PRIVATE", "nothing.")
    [(value, _)] = shown_in_the_log(world, client_id, "preview.made")
    assert value["preview"]["contemplated"]["kind"] == "friendship"


def shown_in_the_log(world: World, client_id: str, action: str) -> list[tuple[Any, str]]:
    preview_id = ask_ben(world, client_id)["id"]
    own = account(world, world.ids["ben"])
    with world.writing(own) as context:
        share_preview(context, preview_id, ActingUser(), render(world))
    with world.writing() as context:
        entry_id = context.session.scalars(
            select(EntryRow.id).where(EntryRow.action == action)
        ).one()
        found = open_entry(context, entry_id)
    return [(group.value, group.withheld) for group in found.groups]
