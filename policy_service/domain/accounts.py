"""Social-media accounts and connections. A mixed account counts as personal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class AccountKind(StrEnum):
    """What the account's owner uses it for."""

    PERSONAL = "personal"
    PROFESSIONAL = "professional"
    MIXED = "mixed"


class ConnectionState(StrEnum):
    """Where a connection stands; who asked is the connection's initiator."""

    REQUESTED = "requested"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    REMOVED = "removed"


class Direction(StrEnum):
    """Mutual (friends), or one-way: who follows whom."""

    MUTUAL = "mutual"
    CLINICIAN_FOLLOWS = "outgoing"
    CLIENT_FOLLOWS = "incoming"


@dataclass(frozen=True, slots=True)
class Connection:
    """One connection between an account of the clinician and one of the client.

    `clinician_kind` None means that nobody said what the clinician's account is for.
    """

    clinician_kind: AccountKind | None
    state: ConnectionState
    initiator: str | None
    since: str | None = None


_GRAVITY = (
    "none",
    "declined",
    "removed",
    "requested_by_client",
    "requested_by_clinician",
    "connected",
)


def connection_word(connection: Connection) -> frozenset[str]:
    """The fact words a connection may mean; two when nobody said who asked."""
    match connection.state:
        case ConnectionState.ACCEPTED:
            return frozenset({"connected"})
        case ConnectionState.REQUESTED if connection.initiator:
            return frozenset({f"requested_by_{connection.initiator}"})
        case ConnectionState.REQUESTED:
            return frozenset({"requested_by_client", "requested_by_clinician"})
        case state:
            return frozenset({state.value})


def graver_words(words: Iterable[str], known: Iterable[str]) -> frozenset[str]:
    """Those of `words` that would outweigh some word that is possible anyway."""
    least = min(map(_GRAVITY.index, known))
    return frozenset(word for word in words if _GRAVITY.index(word) > least) - frozenset(known)


def words_graver_than(known: Iterable[str]) -> frozenset[str]:
    """All words that would outweigh some word that is possible anyway; none for no word."""
    possible = frozenset(known)
    return graver_words(_GRAVITY, possible) if possible else frozenset()


def gravest_word(words: Iterable[str]) -> str:
    """The word a fact holds when several connections exist."""
    return max(words, key=_GRAVITY.index, default="none")
