"""A clinician's contacts from the files that platforms and address books export.

`read_contacts` tells the platform from the contents, reads one file or a zip of them, and gives the
contacts one at a time. Every limit is checked before the first contact, so that a file is refused
whole or read to its end. docs/contacts.md says for each platform what is read.
"""

from __future__ import annotations

import io
from array import array
from collections.abc import Iterator
from functools import partial
from typing import Any, BinaryIO

from policy_service.domain.people import clean_text
from policy_service.importers.archives import FAULTS, Member, read_archive
from policy_service.importers.parts import CHUNK, Budget, Limits, Part, inspect
from policy_service.importers.readings import (
    MOST_CONTACTS,
    MOST_ENTRIES,
    Contact,
    NotReadable,
    Reading,
    Refusals,
    Refused,
)
from policy_service.importers.recognition import (
    EMPTY,
    UNKNOWN,
    Source,
    is_candidate,
    recognise,
    unreadable,
)

__all__ = ["Contact", "Limits", "NotReadable", "Reading", "Refused", "read_contacts"]

STANDARD = Limits()
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_Found = list[tuple[Source, Part]]


def read_contacts(name: str, content: BinaryIO, limits: Limits = STANDARD) -> Reading:
    """Read the export `content`, a seekable stream, whose file is called `name`.

    Raises NotReadable when nothing of the file can be read, or it is over a limit: only here, never
    while the contacts are read. `content` must stay open until they are.
    """
    content.seek(0)
    first = content.read(8)
    if said := unreadable(first):
        raise NotReadable(said)
    refusals = Refusals()
    if first.startswith(_ZIP):
        found = _of_archive(content, limits, refusals)
    else:
        found = _of_file(Member(clean_text(name), partial(_view, content)), limits)
    sources = tuple(dict.fromkeys(source.name for source, _ in found))
    return Reading(sources, _contacts(found, refusals), refusals)


def _of_file(file: Member, limits: Limits) -> _Found:
    budget = Budget(limits)
    source = recognise(_head(file, budget))
    if isinstance(source, str):
        raise NotReadable(source)
    return [(source, inspect(file.name, file.open, budget))]


def _of_archive(content: BinaryIO, limits: Limits, refusals: Refusals) -> _Found:
    """What is read of a zip. Raises NotReadable, with the best reason there is, for nothing."""
    budget, found, reasons = Budget(limits), [], list[str]()
    for member in read_archive(content, limits):
        one = member if isinstance(member, Refused) else _of_member(member, budget)
        if isinstance(one, Refused):
            refusals.add(one)
            reasons.append(f"{one.member}: {one.detail}")
        elif isinstance(one, str):
            reasons.append(one)
        elif one:
            found.append(one)
    if not found:
        known = (reason for reason in reasons if reason not in (UNKNOWN, EMPTY))
        raise NotReadable(next(known, UNKNOWN))
    return found


def _of_member(member: Member, budget: Budget) -> tuple[Source, Part] | Refused | str | None:
    if not is_candidate(member.name):
        return None
    try:
        source = recognise(_head(member, budget))
        if isinstance(source, str):
            return source
        return source, inspect(member.name, member.open, budget, member.packed)
    except NotReadable:
        raise
    except FAULTS:
        said = "This file is damaged in the archive. Download it again."
        return Refused(member.name, 0, "", said)


def _head(member: Member, budget: Budget) -> Part:
    """The beginning of a file, enough to recognise it by; most files of an archive are others."""
    with member.open() as stream:
        head = stream.read(CHUNK)
    budget.take(member.name, 0, None, len(head))
    return inspect(member.name, partial(io.BytesIO, head), Budget(budget.limits))


def _contacts(found: _Found, refusals: Refusals) -> Iterator[Contact]:
    seen, count = _Seen(), 0
    for number, (member, one) in enumerate(_entries(found)):
        if count == MOST_CONTACTS or number == MOST_ENTRIES:
            refusals.add(Refused(member, one.line, "", _TOO_MANY))
            return
        if isinstance(one, Refused):
            refusals.add(one)
        elif seen.add(one):
            count += 1
            yield one
        else:
            refusals.add(Refused(member, one.line, "", _TWICE, kept=True))


_TOO_MANY = (
    f"Only the first {MOST_CONTACTS:,} contacts of a file, and the first {MOST_ENTRIES:,} of its "
    f"entries, are read."
)
_TWICE = "The same entry stands earlier in the file; it was left out."


def _entries(found: _Found) -> Iterator[tuple[str, Contact | Refused]]:
    for source, part in found:
        if part.mended:
            yield part.name, Refused(part.name, 0, "", part.mended, kept=True)
        for one in source.read(part):
            yield part.name, one


class _Seen:
    """Which contacts were met, in memory whose size never changes: open addressing by hash."""

    _SLOTS = 1 << (MOST_CONTACTS * 2).bit_length()

    def __init__(self) -> None:
        self._slots = array("Q", bytes(8 * self._SLOTS))

    def add(self, contact: Contact) -> bool:
        """True when the contact is new."""
        mark = (hash(contact) & (1 << 64) - 1) or 1
        at = mark % self._SLOTS
        while self._slots[at] not in (0, mark):
            at = (at + 1) % self._SLOTS
        is_new = self._slots[at] == 0
        self._slots[at] = mark
        return is_new


class _View(io.RawIOBase):
    """The whole upload from its beginning, with a place of its own; closing it closes nothing."""

    def __init__(self, content: BinaryIO) -> None:
        super().__init__()
        self._content, self._at = content, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._content.seek(self._at)
        found = self._content.read(len(buffer))
        buffer[: len(found)] = found
        self._at += len(found)
        return len(found)


def _view(content: BinaryIO) -> BinaryIO:
    return io.BufferedReader(_View(content))
