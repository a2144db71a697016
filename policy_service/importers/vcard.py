"""vCard 3.0 and 4.0, and 2.1 where it is met: address books of Apple, Google, Android, Outlook.

Read here by hand rather than with vobject: that holds a whole card with its photographs, splits
unescaped commas, raises many kinds of error on odd input and gives up the file at the first. The
form rests on RFC 6350 and RFC 2426; Apple's additions (`item1.X-ABRELATEDNAMES` with
`item1.X-ABLabel:_$!<Spouse>!$_`, X-MAIDENNAME, X-SOCIALPROFILE, `X-APPLE-OMIT-YEAR=1604`,
`X-ABShowAs:COMPANY`) on public fixtures and parsers. A file holds any number of cards.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial

from policy_service.domain.people import LIST_LIMIT, NameKind, PersonName, RelatedPerson
from policy_service.importers.entries import LONGEST_LINK, Entry, profile, taken
from policy_service.importers.parts import Part
from policy_service.importers.people import full_name
from policy_service.importers.readings import Contact, Refused
from policy_service.importers.relations import related_person
from policy_service.importers.vcard_lines import Property, read_properties

SOURCE = "vcard"
BEGIN = "BEGIN:VCARD"
_SPOUSES = {"X-SPOUSE", "X-EVOLUTION-SPOUSE", "X-KADDRESSBOOK-X-SPOUSESNAME"}
_NAMED_RELATIVES = {"RELATED", "X-ABRELATEDNAMES", *_SPOUSES}
_WANTED = {
    "N",
    "FN",
    "NICKNAME",
    "X-MAIDENNAME",
    "TEL",
    "EMAIL",
    "ADR",
    "ORG",
    "BDAY",
    "URL",
    "X-SOCIALPROFILE",
    "X-ABLABEL",
    "X-ABSHOWAS",
    "KIND",
    "X-ADDRESSBOOKSERVER-KIND",
    *_NAMED_RELATIVES,
}


@dataclass(slots=True)
class _Card:
    """The wanted properties of one card, at most LIST_LIMIT of each name."""

    line: int
    properties: dict[str, list[Property]] = field(default_factory=dict)

    def add(self, one: Property) -> None:
        if one.name in _WANTED:
            kept = self.properties.setdefault(one.name, [])
            kept += [one] * (len(kept) < LIST_LIMIT)

    def all(self, *names: str) -> list[Property]:
        return [one for name in names for one in self.properties.get(name, ())]

    def first(self, name: str) -> Property:
        return next(iter(self.properties.get(name, ())), Property(self.line, "", name))

    @property
    def is_person(self) -> bool:
        kinds = self.all("KIND", "X-ADDRESSBOOKSERVER-KIND")
        return not any(one.text.casefold() in ("group", "org", "location") for one in kinds)


def read(part: Part) -> Iterator[Contact | Refused]:
    """The people, or why a card is none. Cards of groups and organisations are passed over."""
    for card in _cards(part.name, read_properties(part.lines())):
        if isinstance(card, Refused):
            yield card
        elif card.is_person:
            yield from taken(Entry(part.name, card.line), partial(_contact, card=card))


def _cards(member: str, properties: Iterable[Property]) -> Iterator[_Card | Refused]:
    card: _Card | None = None
    for one in properties:
        mark = one.value.strip().upper() == "VCARD" and one.name
        if mark in ("BEGIN", "END"):
            if card and mark == "BEGIN":
                yield Refused(member, card.line, "", _UNCLOSED)
            elif card:
                yield card
            card = _Card(one.line) if mark == "BEGIN" else None
        elif card:
            card.add(one)
    if card:
        yield Refused(member, card.line, "", _UNCLOSED)


_UNCLOSED = "The card that begins here has no END:VCARD. The file may be cut off."


def _contact(entry: Entry, card: _Card) -> Contact:
    platform, handle = _account(entry, card)
    return Contact(
        SOURCE,
        names=tuple(_names(entry, card)),
        emails=entry.emails("EMAIL", (one.text for one in card.all("EMAIL"))),
        phones=entry.phones("TEL", map(_number, card.all("TEL"))),
        handle=handle,
        platform=platform,
        company=entry.text("ORG", card.first("ORG").fields()[0]),
        city=entry.text("ADR", next(filter(None, map(_city, card.all("ADR"))), "")),
        birth_date=entry.birth_date("BDAY", _birthday(card.first("BDAY"))),
        related=tuple(_related(entry, card)),
    )


def _number(tel: Property) -> str:
    """A number; 4.0 writes `tel:+1-555-0100;ext=12`, where the rest is no part of it."""
    return tel.text.removeprefix("tel:").partition(";")[0]


def _city(address: Property) -> str:
    return (address.fields() + [""] * 4)[3]


def _birthday(day: Property) -> str:
    """The date; Apple writes a year that means none, and names it in a parameter."""
    omitted = day.parameters.get("X-APPLE-OMIT-YEAR", ("",))[0]
    text = day.text
    if omitted and text.startswith(omitted):
        return f"--{text[len(omitted) :].lstrip('-')}"
    return text


def _names(entry: Entry, card: _Card) -> Iterator[PersonName]:
    family, given, middle, _, suffix = (card.first("N").fields() + [""] * 5)[:5]
    given, family = entry.name("N (given)", given), entry.name("N (family)", family)
    company = card.first("X-ABSHOWAS").text.casefold() == "company"
    if given or family:
        yield PersonName(given, family, entry.name("N", middle), entry.name("N", suffix))
    elif not company and (whole := entry.name("FN", card.first("FN").text)):
        yield full_name(whole)
    for nickname in card.first("NICKNAME").fields(","):
        if bare := entry.text("NICKNAME", nickname):
            yield PersonName(bare, family, kind=NameKind.NICKNAME)
    if maiden := entry.text("X-MAIDENNAME", card.first("X-MAIDENNAME").text):
        yield PersonName(given, maiden, kind=NameKind.MAIDEN)


def _account(entry: Entry, card: _Card) -> tuple[str, str]:
    """The first profile on a platform we read."""
    for one in card.all("X-SOCIALPROFILE", "URL"):
        platform, name = profile(one.text[:LONGEST_LINK])
        if platform and (handle := entry.handle(one.name, name)):
            return platform, handle
    return "", ""


def _related(entry: Entry, card: _Card) -> Iterator[RelatedPerson]:
    labels = {one.group: one.text for one in card.all("X-ABLABEL") if one.group}
    for one in card.all(*sorted(_NAMED_RELATIVES)):
        if one.text.casefold().startswith(("urn:", "http:", "https:", "mailto:", "tel:")):
            continue  # 4.0 may point to another card instead of naming the person
        label = "spouse" if one.name in _SPOUSES else labels.get(one.group, "")
        label = label or next(iter(sorted(one.types - {"pref"})), "")
        person = related_person(entry, one.name, label, one.text)
        if person:
            yield person
