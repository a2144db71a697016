"""Instagram: the followers and followed of "Download your information", in JSON.

The form rests on public parsers and fixtures. followers_1.json, followers_2.json … are each one
list (older ones an object with `relationships_followers`); following.json and the requests are an
object with one list `relationships_…`. An entry is `{"title", "media_list_data",
"string_list_data": [{"href", "value", "timestamp"}]}`; since 2025 following has the account name in
`title` and no `value`, with addresses like instagram.com/_u/NAME. Since 2026 some lists, first
recently_unfollowed_profiles.json, have no key and entries `{"timestamp", "label_values":
[{"label": "Username", "value"}]}`. There are account names only, no names of people. A list without
a key tells which it is by the file's name alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from policy_service.domain.accounts import ConnectionState, Direction
from policy_service.importers.entries import Entry, EntryRefused, as_object, listed, profile
from policy_service.importers.facebook import as_utf8
from policy_service.importers.parts import Part
from policy_service.importers.readings import Contact, Refused

SOURCE = "instagram"
_PREFIX = "relationships_"
_Kind = tuple[Direction, ConnectionState, str]
_FOLLOWER: _Kind = (Direction.CLIENT_FOLLOWS, ConnectionState.ACCEPTED, "client")
_FOLLOWED: _Kind = (Direction.CLINICIAN_FOLLOWS, ConnectionState.ACCEPTED, "clinician")
_ASKED: _Kind = (Direction.CLINICIAN_FOLLOWS, ConnectionState.REQUESTED, "clinician")
_LISTS: dict[str, _Kind] = {
    "followers": _FOLLOWER,
    "following": _FOLLOWED,
    "follow_requests_sent": _ASKED,
    "permanent_follow_requests": _ASKED,
    "follow_requests_received": (Direction.CLIENT_FOLLOWS, ConnectionState.REQUESTED, "client"),
    "unfollowed_users": (Direction.CLINICIAN_FOLLOWS, ConnectionState.REMOVED, "clinician"),
}


def is_list(key: str) -> bool:
    """Whether a list of that key is one of Instagram's of people."""
    return key.startswith(_PREFIX) and key.removeprefix(_PREFIX) in _LISTS


_BY_FILE = (
    ("unfollowed", "unfollowed_users"),
    ("pending", "follow_requests_sent"),
    ("recent_follow", "permanent_follow_requests"),
    ("received", "follow_requests_received"),
    ("hashtag", ""),
    ("close_friends", ""),
    ("following", "following"),
    ("follower", "followers"),
)
"""What a list without a key is, by a word in its file's name; "" for lists that are not read."""


def is_entry(member: str, value: object) -> bool:
    """Whether an entry of a list without a key, in the file `member`, is one of Instagram's."""
    return isinstance(value, dict) and bool(
        ("string_list_data" in value and _bare_list(member, "followers"))
        or ("label_values" in value and _bare_list(member, ""))
    )


def _bare_list(member: str, otherwise: str) -> str:
    name = member.rpartition("/")[2].lower()
    return next((kind for word, kind in _BY_FILE if word in name), otherwise)


def read(part: Part) -> Iterator[Contact | Refused]:
    """The accounts of every list, or why an entry is none."""
    bare = _bare_list(part.name, "followers")
    wanted = partial(_is_wanted, bare)
    return listed(part, wanted, partial(_account, bare))


def _is_wanted(bare: str, key: str) -> bool:
    return is_list(key) if key else bool(bare)


def _account(bare: str, key: str, value: object, entry: Entry) -> Contact:
    fields = as_object(value)
    direction, state, initiator = _LISTS[key.removeprefix(_PREFIX) or bare]
    told = _told(fields)
    return Contact(
        SOURCE,
        handle=_handle(entry, told, fields.get("title")),
        platform=SOURCE,
        since=entry.since("timestamp", told.get("timestamp")),
        direction=direction,
        state=state,
        initiator=initiator,
    )


def _told(fields: dict[str, Any]) -> dict[str, Any]:
    """What the entry says of the account: `value`, `href` and `timestamp`, as far as they go."""
    if "label_values" in fields:
        labelled = map(as_object, _list(fields, "label_values"))
        name = next((one for one in labelled if one.get("label") == "Username"), {})
        return {**name, "timestamp": fields.get("timestamp")}
    values = _list(fields, "string_list_data")
    return as_object(values[0]) if values else {}


def _list(fields: dict[str, Any], name: str) -> list[Any]:
    values = fields.get(name, [])
    if isinstance(values, list):
        return values
    raise EntryRefused(name, "A list is expected here.")


def _handle(entry: Entry, told: dict[str, Any], title: object) -> str:
    """The account name: `value`, else `title`, else the last part of the address."""
    for field, value in (("value", told.get("value")), ("title", title)):
        if value:
            return entry.handle(field, as_utf8(str(value)))
    return entry.handle("href", profile(str(told.get("href") or ""))[1])
