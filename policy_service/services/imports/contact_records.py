"""A contact between upload and storing: its sealed form, what finds it again, its record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from policy_service.domain.accounts import ConnectionState, Direction
from policy_service.domain.people import (
    Address,
    Handle,
    NameKind,
    PersonName,
    PersonRecord,
    RelatedPerson,
    clean_text,
)
from policy_service.domain.ties import TIE_KINDS
from policy_service.importers.contacts import Contact
from policy_service.ledger.canonical import canonical_bytes

_TEXTS = ("handle", "platform", "company", "city", "birth_date", "since")
_STATES = (  # of two entries about one account, the one that says more
    ConnectionState.ACCEPTED,
    ConnectionState.REQUESTED,
    ConnectionState.DECLINED,
    ConnectionState.REMOVED,
)
ROLE_TIES = {"partner": "SIGOTHR", "guardian": "guardian", "family": "FAMMEMB"}


@dataclass(frozen=True, slots=True)
class Line:
    """One contact as it will be stored. `tie` is what a card says the person is to the clinician.

    `name` finds the same contact in another export of the same source; it holds names, so it is
    kept nowhere but as a keyed hash.
    """

    contact: Contact
    name: str
    tie: str = ""

    @property
    def is_connection(self) -> bool:
        """Whether the source is a platform: an address book connects nobody."""
        return self.contact.direction is not None and self.contact.state is not None

    @property
    def record(self) -> PersonRecord:
        """What recognition may look at. People whom a contact names are not kept."""
        contact = self.contact
        handle = Handle(contact.platform, contact.handle)
        return PersonRecord(
            names=contact.names,
            birth_date=contact.birth_date if contact.birth_date[:1].isdigit() else "",
            phones=contact.phones,
            emails=contact.emails,
            addresses=(Address(city=contact.city),) if contact.city else (),
            handles=(handle,) if contact.handle else (),
            company=contact.company,
        )

    @property
    def content(self) -> str:
        """All that an export says of the contact: does a newer one say anything else?"""
        return canonical_bytes(self.to_json()).decode()

    def to_json(self) -> dict[str, Any]:
        """The form that is sealed: texts and lists only."""
        contact = self.contact
        parts: dict[str, Any] = {name: getattr(contact, name) for name in _TEXTS}
        parts |= {
            "source": contact.source,
            "record": self.record.to_json(),
            "direction": contact.direction.value if contact.direction else "",
            "state": contact.state.value if contact.state else "",
            "initiator": contact.initiator or "",
            "name": self.name,
            "tie": self.tie,
        }
        return {name: part for name, part in parts.items() if part}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Line:
        """The line that `to_json` wrote."""
        record = PersonRecord.from_json(value["record"])
        direction, state = value.get("direction"), value.get("state")
        contact = Contact(
            source=value["source"],
            names=record.names,
            emails=record.emails,
            phones=record.phones,
            direction=Direction(direction) if direction else None,
            state=ConnectionState(state) if state else None,
            initiator=value.get("initiator"),
            **{name: value.get(name, "") for name in _TEXTS},
        )
        return cls(contact, value["name"], value.get("tie", ""))


def cleaned(contact: Contact) -> Contact:
    """Without control and formatting characters, and no longer than a record may be."""
    texts: dict[str, Any] = {name: clean_text(getattr(contact, name)) for name in _TEXTS}
    texts |= {name: tuple(map(clean_text, getattr(contact, name))) for name in ("emails", "phones")}
    return replace(contact, **texts)


@dataclass(slots=True)
class Lines:
    """The contacts of one source, each once: entries about one account are joined."""

    own_names: frozenset[str]
    by_name: dict[str, Line] = field(default_factory=dict)
    _alike: Counter[tuple[str, ...]] = field(default_factory=Counter)

    def add(self, contact: Contact) -> None:
        """Take one contact; a card in the clinician's own name gives the people it names as well.

        Such a card may be a namesake's: it is kept like any other.
        """
        contact = cleaned(contact)
        self._put(contact, _said_of(contact, self.own_names))
        if not contact.direction and self.own_names & set(map(full_name, contact.names)):
            for related in contact.related:
                if kind := _kind(related):
                    self._put(_described(contact, related), kind)

    def _put(self, contact: Contact, tie: str) -> None:
        name = f"handle:{contact.handle.casefold()}" if contact.handle else self._numbered(contact)
        line = Line(contact, name, tie)
        known = self.by_name.get(name)
        self.by_name[name] = _joined(known, line) if known else line

    def _numbered(self, contact: Contact) -> str:
        """Where a source gives names only: the first, the second … of that name in one list."""
        told = _told(contact)
        alike = (told, contact.direction or "", contact.state or "")
        self._alike[alike] += 1
        return f"{told}:{self._alike[alike]}"


def _told(contact: Contact) -> str:
    """What tells the contact from others where there is no handle."""
    for name in contact.names:
        if full_name(name):
            return f"name:{full_name(name)}"
    points = (*contact.emails, *contact.phones, contact.company)
    return f"point:{next(filter(None, points), '')}".casefold()


def full_name(name: PersonName) -> str:
    """A name in one spelling, to compare with itself only."""
    return " ".join(f"{name.given} {name.family}".casefold().split())


def _joined(one: Line, other: Line) -> Line:
    """Two entries about one account: who follows and is followed is connected both ways."""
    first, second = one.contact, other.contact
    directions = {first.direction, second.direction} - {None}
    state = next((state for state in _STATES if state in (first.state, second.state)), None)
    days = (contact.since for contact in (first, second) if contact.state == state)
    both = len(directions) > 1 and first.state == second.state
    joined = replace(
        first,
        names=first.names or second.names,
        direction=Direction.MUTUAL if both else first.direction or second.direction,
        state=state,
        initiator=first.initiator or second.initiator,
        since=min(filter(None, days), default=""),
    )
    return replace(one, contact=joined, tie=one.tie or other.tie)


def _said_of(contact: Contact, own_names: Iterable[str]) -> str:
    """What the card says the contact is to the clinician, whom it names: the converse."""
    for related in contact.related:
        if full_name(related.name) in own_names and (kind := _kind(related)):
            return TIE_KINDS[kind].converse
    return ""


def _kind(related: RelatedPerson) -> str:
    kind = related.relation if related.relation in TIE_KINDS else ROLE_TIES.get(related.role, "")
    return "" if kind == "ONESELF" else kind


def _described(contact: Contact, related: RelatedPerson) -> Contact:
    """Someone whom the clinician's own card names, as a contact of their own."""
    return Contact(
        contact.source,
        names=(replace(related.name, kind=NameKind.LEGAL),),
        phones=(related.phone,) if related.phone else (),
        birth_date=related.birth_date,
    )
