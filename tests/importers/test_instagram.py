"""Instagram's lists, bare and wrapped, with the account in `value`, `title` or the link."""

from __future__ import annotations

import json

import pytest

from policy_service.domain.accounts import ConnectionState, Direction
from policy_service.importers.contacts import NotReadable
from tests.importers.reading import export, read, read_export, zipped

IN, OUT = Direction.CLIENT_FOLLOWS, Direction.CLINICIAN_FOLLOWS
KINDS = [
    ("instagram_followers_1.json", IN, "accepted", "client"),
    ("instagram_followers_wrapped.json", IN, "accepted", "client"),
    ("instagram_following.json", OUT, "accepted", "clinician"),
    ("instagram_following_until_2024.json", OUT, "accepted", "clinician"),
    ("instagram_pending_follow_requests.json", OUT, "requested", "clinician"),
    ("instagram_recent_follow_requests.json", OUT, "requested", "clinician"),
    ("instagram_follow_requests_you_ve_received.json", IN, "requested", "client"),
    ("instagram_recently_unfollowed_profiles.json", OUT, "removed", "clinician"),
    ("instagram_recently_unfollowed_profiles_2026.json", OUT, "removed", "clinician"),
]


@pytest.mark.parametrize(("name", "direction", "state", "initiator"), KINDS)
def test_each_list_says_who_follows_whom(
    name: str, direction: Direction, state: str, initiator: str
) -> None:
    contact = read_export(name).contacts[0]
    assert (contact.direction, contact.state) == (direction, ConnectionState(state))
    assert (contact.platform, contact.initiator) == ("instagram", initiator)
    assert contact.names == ()
    assert contact.since


def test_the_account_name_is_the_value_the_title_or_the_end_of_the_link() -> None:
    assert read_export("instagram_followers_1.json").handles() == ["anna.b_99", "carl_b"]
    assert read_export("instagram_following.json").handles() == ["anna.b_99", "only.link"]


def test_an_entry_without_any_account_is_refused() -> None:
    (refused,) = read_export("instagram_following.json").dropped
    assert refused.line == 3


def test_a_bare_list_is_followed_or_followers_by_the_name_of_the_file() -> None:
    raw = export("instagram_followers_1.json")
    assert {c.direction for c in read("followers_1 (2).json", raw).contacts} == {IN}
    assert {c.direction for c in read("following.json", raw).contacts} == {OUT}


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("recently_unfollowed_profiles.json", "removed"),
        ("pending_follow_requests.json", "requested"),
        ("follow_requests_you've_received.json", "requested"),
        ("recent_follow_requests.json", "requested"),
        ("following.json", "accepted"),
        ("followers_1.json", "accepted"),
    ],
)
def test_a_list_of_labels_is_what_its_file_is_called(name: str, state: str) -> None:
    labels = [{"label": "URL", "value": "x"}, {"label": "Username", "value": "anna"}]
    found = read(name, json.dumps([{"timestamp": 1_700_000_001, "label_values": labels}]))
    assert (found.only.handle, found.only.state) == ("anna", ConnectionState(state))
    assert found.only.since == "2023-11-14"


@pytest.mark.parametrize("form", ["string_list_data", "label_values"])
@pytest.mark.parametrize("name", ["close_friends.json", "following_hashtags.json"])
def test_a_bare_list_that_says_nothing_of_following_is_not_read(name: str, form: str) -> None:
    entry = {form: [{"label": "Username", "value": "anna"}]}
    with pytest.raises(NotReadable):
        read("x.zip", zipped({name: json.dumps([entry])}))


def test_profiles_that_were_only_looked_at_are_not_read() -> None:
    entry = {"label_values": [{"label": "Username", "value": "anna"}]}
    with pytest.raises(NotReadable):
        read("suggested_profiles_viewed.json", json.dumps([entry]))


def test_an_entry_with_a_title_alone_is_read() -> None:
    assert read("f.json", '{"relationships_following":[{"title":"anna"}]}').handles() == ["anna"]


def test_several_parts_and_requests_are_read_and_other_lists_are_not() -> None:
    folder = "connections/followers_and_following"
    archive = zipped(
        {
            f"{folder}/followers_1.json": export("instagram_followers_1.json"),
            f"{folder}/followers_2.json": export("instagram_followers_2.json"),
            f"{folder}/following.json": export("instagram_following_until_2024.json"),
            f"{folder}/following_hashtags.json": export("instagram_following_hashtags.json"),
            f"{folder}/close_friends.json": json.dumps({"relationships_close_friends": []}),
        }
    )
    found = read("instagram-tess.zip", archive)
    assert found.handles() == ["anna.b_99", "carl_b", "dana.h", "anna.b_99"]
    assert found.refused == ()


def test_an_empty_list_is_a_readable_file_without_anyone() -> None:
    assert read("following.json", '{"relationships_following": []}').contacts == ()


@pytest.mark.parametrize(
    ("told", "handle"),
    [
        ([{"href": "https://www.instagram.com/_u/anna", "timestamp": 1}], "anna"),
        ([{"href": "https://instagram.com/anna/", "timestamp": 1}], "anna"),
        ([{"value": "@anna"}], "anna"),
        ([{"value": "anna"}, {"value": "second"}], "anna"),
    ],
)
def test_account_names_are_bare(told: list[object], handle: str) -> None:
    found = read("followers_1.json", json.dumps([{"string_list_data": told}]))
    assert found.handles() == [handle]


@pytest.mark.parametrize("told", [None, "x", {"value": "anna"}, [5], [["anna"]], [None], 7])
def test_another_form_is_refused_by_its_number(told: object) -> None:
    found = read("followers_1.json", json.dumps([{"string_list_data": told}]))
    assert found.contacts == ()
    assert [refused.line for refused in found.dropped] == [1]


@pytest.mark.parametrize("value", ["two words", "a/b", "=cmd|'/C calc'!A0", "x" * 101, "<b>"])
def test_what_is_no_account_name_is_left_out(value: str) -> None:
    found = read("followers_1.json", json.dumps([{"string_list_data": [{"value": value}]}]))
    assert found.contacts == ()
    assert "Nothing to know" in found.dropped[0].detail
