"""docs/contacts.md says what the parsers of exports do: the limits, the sources, the lists."""

from __future__ import annotations

from pathlib import Path

import pytest

from policy_service.domain.people import LIST_LIMIT, TEXT_LIMIT
from policy_service.importers import facebook, instagram, recognition
from policy_service.importers.parts import Limits
from policy_service.importers.readings import MOST_CONTACTS, MOST_ENTRIES, MOST_REFUSED

PAGE = (Path(__file__).parents[2] / "docs" / "contacts.md").read_text(encoding="utf-8")
FLAT = " ".join(PAGE.split())


@pytest.mark.parametrize(
    "said",
    [
        f"more than {MOST_CONTACTS:,} contacts in an upload, or {MOST_ENTRIES:,} entries",
        f"the first {MOST_REFUSED:,} are listed",
        f"a name of more than {TEXT_LIMIT} characters",
        f"more than {LIST_LIMIT} e-mail addresses or telephone numbers",
        f"a file of more than {Limits().part_bytes >> 20} MiB unpacked",
        f"all of them of more than {Limits().total_bytes >> 20} MiB",
        f"more than {Limits().ratio} times its size",
    ],
)
def test_the_page_states_the_limits_that_hold(said: str) -> None:
    assert said in FLAT


@pytest.mark.parametrize(
    "source", ["LinkedIn", "Facebook", "Instagram", "Google", "vCard", "X (Twitter)", "HTML"]
)
def test_the_page_names_every_source(source: str) -> None:
    assert source in PAGE


FILES = [
    ("friends_v2", "your_friends.json"),
    ("followers_v3", "people_who_followed_you.json"),
    ("following_v3", "who_you've_followed.json"),
    ("deleted_friends_v2", "removed_friends.json"),
    ("relationships_following", "following.json"),
    ("relationships_follow_requests_sent", "pending_follow_requests.json"),
    ("relationships_permanent_follow_requests", "recent_follow_requests.json"),
    ("relationships_follow_requests_received", "follow_requests_you've_received.json"),
    ("relationships_unfollowed_users", "recently_unfollowed_profiles.json"),
]


@pytest.mark.parametrize(("key", "name"), FILES)
def test_the_files_that_the_page_names_are_read(key: str, name: str) -> None:
    assert f"`{name}`" in PAGE
    assert recognition.is_candidate(f"connections/{name}")
    assert facebook.is_list(key) or instagram.is_list(key)
