"""What reading an export gives: contacts, and what was refused, each in a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from policy_service.domain.accounts import ConnectionState, Direction
from policy_service.domain.people import PersonName, RelatedPerson

MOST_CONTACTS = 50_000
"""Contacts read from one file. LinkedIn allows 30,000 connections, Facebook 5,000 friends."""
MOST_ENTRIES = 2 * MOST_CONTACTS
"""Entries looked at in one file, the refused ones among them."""
MOST_REFUSED = 1_000
"""Refusals kept for the reader; the rest are counted."""


class NotReadable(ValueError):
    """No contact can be read from the file; the message says why, and what to send instead."""


@dataclass(frozen=True, slots=True)
class Contact:
    """One person of an export, as the export says it.

    `since` and `birth_date` are partial ISO dates (2024-03-15, 2024-03, 2024; a birthday without
    its year is --04-15), empty where not said. `direction` and `state` are None for an address
    book, which is no social connection. `initiator` says who asked, where the export tells.
    """

    source: str
    names: tuple[PersonName, ...] = ()
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    handle: str = ""
    platform: str = ""
    company: str = ""
    city: str = ""
    birth_date: str = ""
    related: tuple[RelatedPerson, ...] = ()
    since: str = ""
    direction: Direction | None = None
    state: ConnectionState | None = None
    initiator: str | None = None
    line: int = field(default=0, compare=False)
    """Where the entry stands, counted like `Refused.line`."""


@dataclass(frozen=True, slots=True)
class Refused:
    """What was not taken: a member of an archive, a row, or only one field of a row that stands.

    `line` counts as an editor does, or entries of a JSON list from 1; 0 means the whole member.
    """

    member: str
    line: int
    field: str
    detail: str
    kept: bool = False
    """The person was read: only `field` was left out or mended, or the entry stands already."""


@dataclass(slots=True)
class Refusals:
    """Refusals in the order of the file: the first ones in full, all of them counted."""

    first: list[Refused] = field(default_factory=list)
    count: int = 0

    def add(self, refused: Refused) -> None:
        """Count it, and keep it while there is room."""
        self.count += 1
        if len(self.first) < MOST_REFUSED:
            self.first.append(refused)


@dataclass(frozen=True, slots=True)
class Reading:
    """A file being read. `contacts` is read once, and never raises; `refused` fills meanwhile."""

    sources: tuple[str, ...]
    contacts: Iterator[Contact]
    refusals: Refusals

    @property
    def source(self) -> str:
        """Where the file comes from; the first, where a download holds several platforms."""
        return self.sources[0]

    @property
    def refused(self) -> tuple[Refused, ...]:
        """What was refused so far, at most MOST_REFUSED; `refused_count` counts them all."""
        return tuple(self.refusals.first)

    @property
    def refused_count(self) -> int:
        """How much was refused so far."""
        return self.refusals.count
