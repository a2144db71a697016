"""Facebook: the friends and followers of "Download your information", in JSON.

The form rests on public parsers and fixtures: one object with one list of `{"name", "timestamp"}`.
The list is `friends`, `deleted_friends`, `received_requests`, `sent_requests`, `rejected_requests`,
`followers` or `following`, with `_v2` or `_v3` behind it since 2021. File names have changed
(friends.json, your_friends.json; friend_requests_received.json, received_friend_requests.json), so
a list is known by its key. Text is UTF-8 whose bytes stand as Latin-1 (`T\\u00c3\\u00b8ye`).
"Following" holds pages as well as people; nothing in the file tells them apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from policy_service.domain.accounts import ConnectionState, Direction
from policy_service.domain.people import PersonName
from policy_service.importers.entries import Entry, EntryRefused, as_object, listed
from policy_service.importers.parts import Part
from policy_service.importers.people import full_name
from policy_service.importers.readings import Contact, Refused

SOURCE = "facebook"
_VERSION = re.compile(r"_v\d+$", re.ASCII)
_CLOSED_ACCOUNT = "facebook user"


@dataclass(frozen=True, slots=True)
class _Kind:
    """What a list says of everyone in it."""

    direction: Direction
    state: ConnectionState
    initiator: str | None = None


_LISTS = {
    "friends": _Kind(Direction.MUTUAL, ConnectionState.ACCEPTED),
    "deleted_friends": _Kind(Direction.MUTUAL, ConnectionState.REMOVED),
    "removed_friends": _Kind(Direction.MUTUAL, ConnectionState.REMOVED),
    "received_requests": _Kind(Direction.MUTUAL, ConnectionState.REQUESTED, "client"),
    "sent_requests": _Kind(Direction.MUTUAL, ConnectionState.REQUESTED, "clinician"),
    "rejected_requests": _Kind(Direction.MUTUAL, ConnectionState.DECLINED, "client"),
    "followers": _Kind(Direction.CLIENT_FOLLOWS, ConnectionState.ACCEPTED, "client"),
    "following": _Kind(Direction.CLINICIAN_FOLLOWS, ConnectionState.ACCEPTED, "clinician"),
}


def is_list(key: str) -> bool:
    """Whether a list of that key is one of Facebook's of people."""
    return _VERSION.sub("", key) in _LISTS


def read(part: Part) -> Iterator[Contact | Refused]:
    """The people of every list, or why an entry is none."""
    return listed(part, is_list, _person)


def _person(key: str, value: object, entry: Entry) -> Contact:
    fields = as_object(value)
    kind = _LISTS[_VERSION.sub("", key)]
    name = _name(entry, fields.get("name"))
    return Contact(
        SOURCE,
        names=(name,) if name != PersonName() else (),
        platform=SOURCE,
        since=entry.since("timestamp", fields.get("timestamp")),
        direction=kind.direction,
        state=kind.state,
        initiator=kind.initiator,
    )


def _name(entry: Entry, value: object) -> PersonName:
    text = entry.name("name", as_utf8(value) if isinstance(value, str) else value)
    if text.casefold() == _CLOSED_ACCOUNT:
        raise EntryRefused("name", "Facebook writes this for an account that was closed.")
    return full_name(text)


def as_utf8(text: str) -> str:
    """Text whose UTF-8 bytes were each written as one Latin-1 character; other text unchanged."""
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text
