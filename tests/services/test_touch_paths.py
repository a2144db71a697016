"""Every path by which a change reaches others is needed: with one switched off, the law fails.

Each story is told twice through the worker. With all paths on, a full screen finds nothing new;
with its path switched off, the full screen finds what the touch has missed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from policy_service import worker
from policy_service.domain.accounts import AccountKind, ConnectionState, Direction
from policy_service.domain.people import Handle, PersonName, PersonRecord, RelatedPerson
from policy_service.matching import probing
from policy_service.services import (
    checks,
    clinicians,
    disclosures,
    episodes,
    joined,
    people,
    reach,
    steps,
    touched,
    watched,
)
from policy_service.services.accounts import AccountForm, ConnectionForm, add_account, connect
from policy_service.services.checks import CheckRequest, run_check
from policy_service.services.clients import correct_client, merge_clients, register_client
from policy_service.services.clinicians import LicenceForm, add_licence
from policy_service.services.disclosures import DisclosureForm, TieForm, disclose, state_tie
from policy_service.services.episodes import (
    ClientPart,
    ClinicianPart,
    EpisodeForm,
    open_episode,
)
from policy_service.services.full_screens import screen_everyone
from policy_service.services.identity import Verdict, VerdictForm, judge
from policy_service.services.parties import client_row, clinician_row
from policy_service.services.people import register, replace_record
from policy_service.services.reach import Reached
from policy_service.services.touch import RECENT
from policy_service.worker import Worker
from tests.cast import NORA, TOMAS, World, person
from tests.services.histories import TickingClock

ULLA = person("Ulla", "Sandoval", "1951-08-08", phones=("512-867-2366",))
PHONES = ("512-867-2309",)
Switch = Callable[[pytest.MonkeyPatch], None]


@dataclass(frozen=True)
class Story:
    """`before` is told and settled; `after` must reach whom it concerns by the path."""

    before: Callable[[World], None]
    after: Callable[[World], None]
    path_off: Switch


def settle(world: World) -> None:
    worker_of_the_day = Worker(world.desk)
    while worker_of_the_day.run_due():
        pass


def person_of(world: World, name: str) -> str:
    with world.reading() as context:
        find = clinician_row if name in ("alma", "ben") else client_row
        return find(context, world.ids[name]).person_id


def known(world: World, name: str, record: PersonRecord) -> None:
    """Somebody on record who takes part in nothing."""
    with world.writing() as context:
        world.ids[name] = register(context, record)


def ben_discloses(world: World, name: str, kind: str = "BRO") -> None:
    with world.writing() as context:
        disclose(context, DisclosureForm(world.ids["ben"], kind, person_id=world.ids[name]))


def ben_has_a_brother(world: World) -> None:
    known(world, "brother", ULLA)
    ben_discloses(world, "brother")


def the_brother_is(record: PersonRecord) -> Callable[[World], None]:
    def change(world: World) -> None:
        with world.writing() as context:
            replace_record(context, world.ids["brother"], record)

    return change


def ben_has_a_brother_who_is_a_client(world: World) -> None:
    known(world, "brother", TOMAS)
    ben_discloses(world, "brother")


def nora_names_bob(world: World) -> None:
    bob = RelatedPerson(PersonName("Bob", "Quist"), "SPS", birth_date="1970-03-03")
    with world.writing() as context:
        correct_client(context, world.ids["nora"], replace(NORA, related=(bob,)))
    known(world, "robert", ULLA)
    ben_discloses(world, "robert", "FRND")


def robert_is_known_by_his_name(world: World) -> None:
    with world.writing() as context:
        replace_record(context, world.ids["robert"], person("Robert", "Quist", "1970-03-03"))


def a_chain_waits_for_its_middle(world: World) -> None:
    known(world, "friend", ULLA)
    known(world, "middle", person("Ida", "Holm", "1930-12-12"))
    ben_discloses(world, "friend", "FRND")
    with world.writing() as context:
        nora = client_row(context, world.ids["nora"]).person_id
        state_tie(context, TieForm(world.ids["middle"], nora, "SPS"))


def the_middle_is_tied(world: World) -> None:
    with world.writing() as context:
        state_tie(context, TieForm(world.ids["friend"], world.ids["middle"], "CHILD"))


def ulla_was_judged_to_be_nora(world: World) -> None:
    known(world, "ulla", ULLA)
    with world.writing() as context:
        nora = client_row(context, world.ids["nora"]).person_id
        judge(context, VerdictForm(world.ids["ulla"], nora, Verdict.SAME))


def ulla_was_merged_into_nora_and_comes_again(world: World) -> None:
    """A third profile looks like the one that stands for Nora."""
    with world.writing() as context:
        profile = register_client(context, ULLA)
        merge_clients(context, profile, world.ids["nora"], "one person")
        world.ids["third"] = register_client(context, ULLA)
        world.ids["nora's person"] = client_row(context, world.ids["nora"]).person_id


def nora_is_ben_s_friend(world: World) -> None:
    ben_discloses(world, "nora's person", "FRND")


def ulla_is_ben_s_friend(world: World) -> None:
    ben_discloses(world, "ulla", "FRND")


def nora_has_a_handle(world: World) -> None:
    record = replace(NORA, handles=(Handle("facebook", "nora.l"),))
    with world.writing() as context:
        correct_client(context, world.ids["nora"], record)


def ben_befriends_the_handle(world: World) -> None:
    ben = person_of(world, "ben")
    accepted = (Direction.MUTUAL, ConnectionState.ACCEPTED)
    with world.writing() as context:
        account = add_account(context, ben, AccountForm("facebook", "ben", AccountKind.PERSONAL))
        connect(context, ConnectionForm(account, "facebook", "nora.l", *accepted))


def ben_was_asked_about_nora(world: World) -> None:
    world.check("ben", "nora", "session")


def nora_has_a_phone(world: World) -> None:
    with world.writing() as context:
        correct_client(context, world.ids["nora"], replace(NORA, phones=PHONES))
    world.check("ben", "nora", "session")


def three_strangers_share_the_phone(world: World) -> None:
    for name in ("Ada", "Bea", "Cleo"):
        stranger = person(name, f"{name}stone", "1950-01-01", phones=PHONES)
        known(world, name, stranger)


def a_friend_of_ben_is_away_for_long(world: World) -> None:
    world.clock.advance(days=RECENT.days + 1)
    with world.writing() as context:
        disclose(context, DisclosureForm(world.ids["ben"], "FRND", NORA))


def nora_comes_back(world: World) -> None:
    world.check("alma", "nora", "intake")


def nora_is_described_otherwise(world: World) -> None:
    ben_befriends_the_handle(world)
    request = CheckRequest(
        clinician_id=world.ids["ben"],
        purpose="session",
        as_of=world.clock().date(),
        client_record=replace(NORA, handles=(Handle("facebook", "nora.l"),)),
        client_external_id="ehr-nora",
    )
    settle(world)
    run_check(world.desk, world.cleo, request, world.door())


def ben_gets_a_licence(world: World) -> None:
    with world.writing() as context:
        add_licence(context, world.ids["ben"], LicenceForm("US-AK", "LPC", "2011"))


def ben_treats_nora(world: World) -> None:
    parts = (ClientPart(world.ids["nora"]),), (ClinicianPart(world.ids["ben"]),)
    with world.writing() as context:
        open_episode(context, EpisodeForm(*parts, "2025"))


def nora_is_ulla_s_wife(world: World) -> None:
    """Two clients, of whom Ben treats one."""
    ben_treats_nora(world)
    with world.writing() as context:
        world.ids["ulla"] = register_client(context, ULLA)
        nora, ulla = (client_row(context, world.ids[name]) for name in ("nora", "ulla"))
        state_tie(context, TieForm(nora.person_id, ulla.person_id, "SPS"))


def ben_treats_ulla_too(world: World) -> None:
    parts = (ClientPart(world.ids["ulla"]),), (ClinicianPart(world.ids["ben"]),)
    with world.writing() as context:
        open_episode(context, EpisodeForm(*parts, "2026"))


def thirteen_months_pass(world: World) -> None:
    """Ben's attestation has run out."""
    world.clock.advance(days=400)


def ben_discloses_nora(world: World) -> None:
    with world.writing() as context:
        disclose(context, DisclosureForm(world.ids["ben"], "FRND", NORA))


def nothing(_world: World) -> None:
    pass


def _nobody_else(_context: object, person_ids: set[str], _dropped: object = ()) -> Reached:
    return Reached(frozenset(person_ids))


def off(module: object, name: str, instead: object) -> Switch:
    def switch(patch: pytest.MonkeyPatch) -> None:
        patch.setattr(module, name, instead)

    return switch


def no_crossing(patch: pytest.MonkeyPatch) -> None:
    """Keys reach their holders while they are rare; that they became hot is told nobody."""
    real = reach._telling

    def rare(context: object, keys: set[int]) -> tuple[set[int], dict[int, int]]:
        telling, moved = real(context, keys)
        return telling - set(moved), {}

    patch.setattr(reach, "_telling", rare)


def no_merges(patch: pytest.MonkeyPatch) -> None:
    """A profile that was merged stands for itself alone."""
    patch.setattr(reach, "merged_in_chunks", none_of)
    patch.setattr(watched, "merged_in_chunks", none_of)


def no_disclosure_touches(patch: pytest.MonkeyPatch) -> None:
    """Neither the tie, nor its clinician, nor the person it names."""
    patch.setattr(disclosures, "touch_tie", no_touch)
    patch.setattr(disclosures, "touch_clinicians", no_touch)
    patch.setattr(people, "touch_new_people", no_touch)


def none_of(*_given: object, **_named: object) -> set[str]:
    return set()


def no_touch(*_given: object, **_named: object) -> None:
    pass


def only_ends(_context: object, one: str, other: str) -> set[str]:
    return {one, other}


def without_keys(real: Callable[..., None]) -> Callable[..., None]:
    return lambda context, person_id, _dropped: real(context, person_id, ())


STORIES = {
    "a third person's record": Story(
        ben_has_a_brother, the_brother_is(TOMAS), off(touched, "who_ask_for", _nobody_else)
    ),
    "keys that a record gives up": Story(
        ben_has_a_brother_who_is_a_client,
        the_brother_is(ULLA),
        off(people, "touch_record", without_keys(people.touch_record)),
    ),
    "keys of named people": Story(
        nora_names_bob, robert_is_known_by_his_name, off(reach, "_ASKED_BY", reach._KEYS_OF)
    ),
    "beyond the ends of a tie": Story(
        a_chain_waits_for_its_middle, the_middle_is_tied, off(touched, "brought_near", only_ends)
    ),
    "identity verdicts": Story(
        ulla_was_judged_to_be_nora, ulla_is_ben_s_friend, off(reach, "_judged_with", none_of)
    ),
    "merged profiles": Story(
        ulla_was_merged_into_nora_and_comes_again, nora_is_ben_s_friend, no_merges
    ),
    "handles": Story(nora_has_a_handle, ben_befriends_the_handle, off(joined, "who_use", none_of)),
    "keys that become hot": Story(nora_has_a_phone, three_strangers_share_the_phone, no_crossing),
    "clients who come back": Story(
        a_friend_of_ben_is_away_for_long, nora_comes_back, off(checks, "touch_new_people", no_touch)
    ),
    "records described otherwise": Story(
        ben_was_asked_about_nora, nora_is_described_otherwise, off(checks, "touch_pair", no_touch)
    ),
    "licences": Story(
        ben_was_asked_about_nora, ben_gets_a_licence, off(clinicians, "touch_clinicians", no_touch)
    ),
    "the rest of a caseload": Story(
        nora_is_ulla_s_wife, ben_treats_ulla_too, off(episodes, "touch_clinicians", no_touch)
    ),
    "disclosures": Story(nothing, ben_discloses_nora, no_disclosure_touches),
    "days": Story(ben_treats_nora, thirteen_months_pass, off(worker, "screen_if_moved", no_touch)),
}


@pytest.fixture
def ticking(sqlite_world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The cast, all settled; keys that four people hold are hot."""
    monkeypatch.setattr(probing, "HOT_KEY", 3)
    monkeypatch.setattr(steps, "HOT_KEY", 3)
    sqlite_world.clock = TickingClock(sqlite_world.clock.now)
    sqlite_world.desk.clock = sqlite_world.clock
    screen_everyone(sqlite_world.desk, sqlite_world.practice_id)
    return sqlite_world


@pytest.mark.parametrize("path", STORIES)
def test_what_a_path_reaches_leaves_nothing_for_a_full_screen(ticking: World, path: str) -> None:
    tell(ticking, STORIES[path])
    assert screen_everyone(ticking.desk, ticking.practice_id).recorded == 0


@pytest.mark.parametrize("path", STORIES)
def test_without_a_path_a_full_screen_finds_what_was_missed(
    ticking: World, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        tell(ticking, STORIES[path], patch)
    assert screen_everyone(ticking.desk, ticking.practice_id).recorded > 0


def tell(world: World, story: Story, patch: pytest.MonkeyPatch | None = None) -> None:
    story.before(world)
    settle(world)
    if patch is not None:
        story.path_off(patch)
    story.after(world)
    settle(world)
