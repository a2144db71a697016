"""Whose export a file is, told from its first characters; never from its name alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from policy_service.importers import facebook, google_contacts, instagram, linkedin, vcard
from policy_service.importers.json_lists import BrokenOff, read_lists
from policy_service.importers.parts import Part
from policy_service.importers.readings import Contact, Refused


@dataclass(frozen=True, slots=True)
class Source:
    """A platform or address book, and how its files are read."""

    name: str
    read: Callable[[Part], Iterator[Contact | Refused]]


LINKEDIN = Source(linkedin.SOURCE, linkedin.read)
FACEBOOK = Source(facebook.SOURCE, facebook.read)
INSTAGRAM = Source(instagram.SOURCE, instagram.read)
GOOGLE = Source(google_contacts.SOURCE, google_contacts.read)
VCARD = Source(vcard.SOURCE, vcard.read)

UNKNOWN = (
    "This is no export that is read here. Send LinkedIn's Connections.csv, Facebook's friends or "
    "Instagram's followers and following (both in JSON), a Google CSV of your contacts, or a vCard "
    "file (.vcf): the file itself, or the zip it came in."
)
EMPTY = "The file is empty."
NUMBERS_ONLY = (
    "This is an archive of X (Twitter). It names followers by number only, never by name or "
    "account, so that nobody in it can be recognised."
)
PAGE = (
    "This is the HTML format, which is made for reading. Ask the platform again and choose JSON "
    "as the format."
)
OTHER_ARCHIVE = "Of archives only zip is read. Unpack it and send the files, or a zip of them."
DOCUMENT = "This is a document or workbook, no export. In a spreadsheet, save the table as CSV."
_MAGIC = {
    b"\x1f\x8b": OTHER_ARCHIVE,
    b"7z\xbc\xaf": OTHER_ARCHIVE,
    b"Rar!": OTHER_ARCHIVE,
    b"BZh": OTHER_ARCHIVE,
    b"\xfd7zXZ": OTHER_ARCHIVE,
    b"%PDF": DOCUMENT,
    b"\xd0\xcf\x11\xe0": DOCUMENT,
}
_CANDIDATE = re.compile(
    r"\.(csv|vcf|vcard)$|(friend|follow)[^/]*\.(json|html|js)$|\[Content_Types\]\.xml$",
    re.IGNORECASE,
)
_WORKBOOK = "[Content_Types].xml"


def is_candidate(name: str) -> bool:
    """Whether a file of an archive may hold contacts, by its name; its contents decide."""
    return _CANDIDATE.search(name) is not None


def unreadable(first: bytes) -> str:
    """Why a file with these first bytes cannot be read at all; "" when it may be."""
    return next((said for magic, said in _MAGIC.items() if first.startswith(magic)), "")


def recognise(part: Part) -> Source | str:
    """The source of the part, or a sentence why there is none."""
    if part.name == _WORKBOOK:
        return DOCUMENT
    head = part.head().lstrip("\ufeff \t\r\n")
    if not head:
        return EMPTY
    if head[: len(vcard.BEGIN)].upper() == vcard.BEGIN:
        return VCARD
    if head.startswith("window.YTD."):
        return NUMBERS_ONLY
    if head[0] == "<":
        return PAGE
    return _of_json(part) if head[0] in "[{" else _of_table(part)


def _of_json(part: Part) -> Source | str:
    """By the first list with a key of theirs, or the first entry of a list without one."""
    try:
        for one in read_lists(part.text()):
            if facebook.is_list(one.key):
                return FACEBOOK
            if instagram.is_list(one.key) or (
                not one.key and instagram.is_entry(part.name, one.value)
            ):
                return INSTAGRAM
    except BrokenOff:
        pass
    return UNKNOWN


def _of_table(part: Part) -> Source | str:
    if linkedin.header_of(part):
        return LINKEDIN
    return GOOGLE if google_contacts.header_of(part) else UNKNOWN
