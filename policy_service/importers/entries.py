"""One entry of an export: its texts made harmless, and every mending said.

A name that cannot be one refuses its entry; any other field is left out and the entry stands.
Text never begins as a spreadsheet's formula, and holds no control or direction-turning characters.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import unquote

from policy_service.domain.dates import PartialDate
from policy_service.domain.people import LIST_LIMIT, TEXT_LIMIT, clean_text
from policy_service.importers.json_lists import BrokenOff, read_lists
from policy_service.importers.parts import Part
from policy_service.importers.readings import Contact, Refused

LONGEST_EMAIL = 254
LONGEST_PHONE = 40
LONGEST_HANDLE = 100
LONGEST_LINK = 1000

_NULL, _UNDECODED = "\0", "\N{REPLACEMENT CHARACTER}"
_FORMULA = "=+-@"
_EMAIL = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+\.[^@\s,;<>\"]+")
_PHONE = re.compile(r"[+(*#]?[0-9][0-9 ()./\N{EN DASH}*#,;extEXT-]*", re.ASCII)
_HANDLE = re.compile(r"[\w.\-%~]+")
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_PROFILE = re.compile(
    r"(?:https?://)?(?:[a-z]{1,3}\.)?(linkedin\.com/in|instagram\.com(?:/_u)?|facebook\.com)"
    r"/([^/?#\s]+)",
    re.IGNORECASE,
)
_NO_PROFILES = {"profile.php", "people", "groups", "pages", "p", "explore"}


class EntryRefused(ValueError):
    """The entry names nobody, or what it names cannot be a person's name."""

    def __init__(self, field_name: str, detail: str) -> None:
        self.field = field_name
        super().__init__(detail)


@dataclass(slots=True)
class Entry:
    """Where an entry stands, and what had to be mended in it."""

    member: str
    line: int
    notes: list[Refused] = field(default_factory=list)

    def note(self, field_name: str, detail: str) -> None:
        """Say that the field was left out or mended; the entry stands."""
        self.notes.append(Refused(self.member, self.line, field_name, detail, kept=True))

    def name(self, field_name: str, value: object) -> str:
        """A part of a person's name. Raises EntryRefused for what cannot be one."""
        if value is None:
            return ""
        fault = _fault(value, TEXT_LIMIT)
        if fault:
            raise EntryRefused(field_name, fault)
        return self._harmless(field_name, str(value))

    def text(self, field_name: str, value: object, longest: int = TEXT_LIMIT) -> str:
        """Any other text; empty, with a note, where it is none."""
        if not value:
            return ""
        fault = _fault(value, longest)
        if fault:
            self.note(field_name, f"{fault} The field was left out.")
            return ""
        return self._harmless(field_name, str(value))

    def _harmless(self, field_name: str, value: str) -> str:
        if not value.isprintable():
            self._note_taken_out(field_name, value)
        cleaned = clean_text(value)
        bare = cleaned.lstrip(_FORMULA + " ")
        if bare != cleaned:
            said = f"{cleaned[0]} at the beginning was taken off: spreadsheets run it as a formula."
            self.note(field_name, said)
        return bare

    def _note_taken_out(self, field_name: str, value: str) -> None:
        turning = sorted(set(value) & _TURNING | {c for c in value if _is_control(c)})
        if turning:
            named = ", ".join(f"U+{ord(character):04X}" for character in turning)
            self.note(field_name, f"Control or direction characters were taken out: {named}.")

    def emails(self, field_name: str, values: Iterable[object]) -> tuple[str, ...]:
        """The e-mail addresses among the values."""
        return self._several(field_name, values, _email, "An e-mail address is expected")

    def phones(self, field_name: str, values: Iterable[object]) -> tuple[str, ...]:
        """The telephone numbers among the values, as they are written."""
        return self._several(field_name, values, _phone, "A telephone number is expected")

    def _several(
        self, name: str, values: Iterable[object], read: Callable[[str], str], said: str
    ) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for value in filter(None, values):
            text = read(str(value))
            if not text:
                self.note(name, f"{said}. The field was left out.")
            elif len(found) < LIST_LIMIT:
                found[text] = None
            elif text not in found:
                self.note(name, f"More than {LIST_LIMIT} values. The rest was left out.")
                break
        return tuple(found)

    def handle(self, field_name: str, value: object) -> str:
        """A name on a platform: letters, digits, dot, hyphen, underscore."""
        text = clean_text(unquote(str(value or ""))[: LONGEST_HANDLE + 1]).lstrip("@")
        if len(text) <= LONGEST_HANDLE and _HANDLE.fullmatch(text):
            return text.lstrip(_FORMULA)
        if text:
            self.note(field_name, "An account name is expected. The field was left out.")
        return ""

    def since(self, field_name: str, seconds: object) -> str:
        """The UTC day of a Unix time in seconds (or milliseconds, where it is that large)."""
        if not seconds:
            return ""
        try:
            number = float(str(seconds))
            moment = datetime.fromtimestamp(number / (1000 if number > 1e11 else 1), UTC)
        except (ValueError, OverflowError, OSError):
            self.note(field_name, "A time in seconds since 1970 is expected. It was left out.")
            return ""
        return moment.date().isoformat()

    def birth_date(self, field_name: str, text: str) -> str:
        """A partial ISO date, or --MM-DD where the year is not told."""
        found = birthday(text)
        if text.strip() and not found:
            self.note(field_name, "A date that exists is expected. The field was left out.")
        return found


def _fault(value: object, longest: int) -> str:
    if not isinstance(value, str):
        return "Text is expected."
    if len(value) > longest:
        return f"{len(value)} characters; at most {longest} are allowed."
    if _NULL in value:
        return "A null character (U+0000) is not allowed."
    if _UNDECODED in value:
        return "Bytes that are no text stand here; the file is damaged or its encoding is another."
    return ""


def _is_control(character: str) -> bool:
    return unicodedata.category(character) == "Cc" and not character.isspace()


def _email(value: str) -> str:
    text = clean_text(value[: LONGEST_EMAIL + 1]).removeprefix("mailto:")
    fits = len(text) <= LONGEST_EMAIL and _EMAIL.fullmatch(text)
    return text if fits and text[0] not in _FORMULA else ""


def _phone(value: str) -> str:
    text = clean_text(value[: 4 * LONGEST_PHONE]).removeprefix("tel:")
    fits = len(text) <= LONGEST_PHONE and _PHONE.fullmatch(text)
    return text if fits and sum(map(str.isdigit, text)) > 2 else ""


_BIRTHDAY = re.compile(
    r"(?P<year>\d{4})(?:-?(?P<month>\d{2})(?:-?(?P<day>\d{2}))?)?(?:[T ].*)?"
    r"|--(?P<lone_month>\d{2})-?(?P<lone_day>\d{2})(?:T.*)?",
    re.ASCII,
)
_LEAP_YEAR = "2000"


def birthday(text: str) -> str:
    """1980-05-02, 19800502, 1980-05, 1980, --0502 or --05-02 as a partial date; "" for no date."""
    match = _BIRTHDAY.fullmatch(text.strip())
    if match is None:
        return ""
    lone = match["lone_month"] is not None
    parts = ("lone_month", "lone_day") if lone else ("year", "month", "day")
    day = "-".join(match[part] for part in parts if match[part])
    try:
        PartialDate(f"{_LEAP_YEAR}-{day}" if lone else day)
    except ValueError:
        return ""
    return f"--{day}" if lone else day


def profile(url: str) -> tuple[str, str]:
    """(platform, account name) of the address of a profile; two empty texts for another address."""
    match = _PROFILE.match(url[:LONGEST_LINK].strip())
    if match is None or match[2].lower() in _NO_PROFILES:
        return "", ""
    return match[1].lower().partition(".")[0], match[2]


def taken(entry: Entry, build: Callable[[Entry], Contact]) -> Iterator[Contact | Refused]:
    """The contact that `build` makes of the entry with its notes, or why there is none."""
    try:
        contact = build(entry)
        if not (contact.names or contact.emails or contact.phones or contact.handle):
            raise EntryRefused("", NOBODY)
    except EntryRefused as refused:
        yield Refused(entry.member, entry.line, refused.field, str(refused))
        return
    yield from entry.notes
    yield replace(contact, line=entry.line)


NOBODY = (
    "Nothing to know a person by: a name, an e-mail address, a telephone number or an account "
    "name is needed. Platforms leave such entries for closed accounts."
)


def listed(
    part: Part, wanted: Callable[[str], bool], build: Callable[[str, Any, Entry], Contact]
) -> Iterator[Contact | Refused]:
    """What `build` makes of every entry in the wanted lists of a JSON file."""
    try:
        for one in read_lists(part.text()):
            if one.number and wanted(one.key):
                yield from taken(Entry(part.name, one.number), partial(build, one.key, one.value))
    except BrokenOff as fault:
        yield Refused(part.name, fault.number, "", str(fault))


def as_object(value: Any) -> dict[str, Any]:
    """The value when it is a JSON object. Raises EntryRefused otherwise."""
    if isinstance(value, dict):
        return value
    raise EntryRefused("", "An object with the person's fields is expected here.")
