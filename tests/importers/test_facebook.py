"""Facebook's lists of people, with and without a version behind their key."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_service.domain.accounts import ConnectionState, Direction
from policy_service.importers.facebook import as_utf8
from tests.importers.reading import export, read, read_export, zipped

ONE_WAY_IN, ONE_WAY_OUT = Direction.CLIENT_FOLLOWS, Direction.CLINICIAN_FOLLOWS
KINDS = [
    ("facebook_your_friends.json", Direction.MUTUAL, "accepted", None),
    ("facebook_friends_v1.json", Direction.MUTUAL, "accepted", None),
    ("facebook_people_who_followed_you.json", ONE_WAY_IN, "accepted", "client"),
    ("facebook_who_you_ve_followed.json", ONE_WAY_OUT, "accepted", "clinician"),
    ("facebook_received_friend_requests.json", Direction.MUTUAL, "requested", "client"),
    ("facebook_sent_friend_requests.json", Direction.MUTUAL, "requested", "clinician"),
    ("facebook_rejected_friend_requests.json", Direction.MUTUAL, "declined", "client"),
    ("facebook_removed_friends.json", Direction.MUTUAL, "removed", None),
]


@pytest.mark.parametrize(("name", "direction", "state", "initiator"), KINDS)
def test_each_list_says_how_its_people_are_connected(
    name: str, direction: Direction, state: str, initiator: str | None
) -> None:
    contact = read_export(name).contacts[0]
    assert contact.direction is direction
    assert contact.state is ConnectionState(state)
    assert (contact.platform, contact.initiator) == ("facebook", initiator)


def test_utf8_written_as_latin1_is_read_as_the_name_it_is() -> None:
    found = read_export("facebook_your_friends.json")
    assert found.names() == ["Tøye Bergström", "José van der Berg"]
    assert found.contacts[0].since == "2023-11-14"


@given(st.text())
def test_any_text_comes_back_from_facebooks_spelling(text: str) -> None:
    written = text.encode("utf-8", "surrogatepass").decode("latin-1")
    encodable = not any("\ud800" <= character <= "\udfff" for character in text)
    assert as_utf8(written) == (text if encodable else written)


@pytest.mark.parametrize("name", ["Zoë", "Łukasz", "阿明", "Ã"])
def test_a_name_that_is_right_already_stays(name: str) -> None:
    assert as_utf8(name) == name


def test_closed_accounts_are_refused_by_their_number() -> None:
    closed, nameless = read_export("facebook_your_friends.json").dropped
    assert (closed.line, nameless.line) == (3, 4)
    assert "closed" in closed.detail
    assert "Nothing to know a person by" in nameless.detail


def test_a_whole_download_is_read_from_its_folders() -> None:
    base = "connections"
    archive = zipped(
        {
            f"{base}/friends/your_friends.json": export("facebook_your_friends.json"),
            f"{base}/friends/removed_friends.json": export("facebook_removed_friends.json"),
            f"{base}/followers/who_you've_followed.json": export(
                "facebook_who_you_ve_followed.json"
            ),
            "your_facebook_activity/messages/inbox/anna/message_1.json": '{"messages": []}',
            "media/photo.jpg": b"\xff\xd8" * 100,
        }
    )
    found = read("facebook-tess.zip", archive)
    assert found.names() == [
        "Tøye Bergström",
        "José van der Berg",
        "Gone Friend",
        "Knitting Weekly",
    ]


@pytest.mark.parametrize("value", [5, None, [], "Anna", True])
def test_an_entry_that_is_no_object_is_refused_and_its_neighbours_stand(value: object) -> None:
    listed = [{"name": "Anna Berg"}, value, {"name": "Carl Berg"}]
    found = read("f.json", json.dumps({"friends_v2": listed}))
    assert found.names() == ["Anna Berg", "Carl Berg"]
    assert [refused.line for refused in found.dropped] == [2]


@pytest.mark.parametrize("name", [5, ["Anna"], {"given": "Anna"}, True])
def test_a_name_that_is_no_text_is_refused(name: object) -> None:
    (refused,) = read("f.json", json.dumps({"friends": [{"name": name}]})).dropped
    assert (refused.field, refused.detail) == ("name", "Text is expected.")


@pytest.mark.parametrize("time", ["soon", 1e300, -1e300, "1e999", [1], float("nan")])
def test_a_time_that_is_none_is_left_out(time: object) -> None:
    found = read("f.json", json.dumps({"friends": [{"name": "Anna Berg", "timestamp": time}]}))
    assert found.only.since == ""
    assert [note.field for note in found.notes] == ["timestamp"]


def test_a_time_in_milliseconds_is_the_same_day() -> None:
    found = read("f.json", '{"friends":[{"name":"Anna Berg","timestamp":1700000001000}]}')
    assert found.only.since == "2023-11-14"
