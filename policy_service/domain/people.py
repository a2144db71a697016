"""What we may know of a person for recognition, and its sealed form.

`to_json` gives person blob **format v1**, which is final: what is sealed today must open for ever.

    {"v": 1, "names": [...], "birth_date": "1980-05", "sex": "female", "phones": [...],
     "emails": [...], "addresses": [...], "handles": [...], "company": "...", "related": [...]}

Only strings, integers, lists and objects occur, so the blob is canonical-JSON-safe; empty values
are left out. Text is neutralised here (control and bidirectional characters dropped, whitespace
folded, length cut) and never refused: refusing odd input with a message is the doors' work.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, Self

FORMAT = 1
TEXT_LIMIT = 200
LIST_LIMIT = 32
_DROPPED = {"Cc", "Cf", "Cs", "Co", "Cn"}  # control, format (bidi, zero-width), surrogate, private


class NameKind(StrEnum):
    """What a name is to the person who bears it."""

    LEGAL = "legal"
    MAIDEN = "maiden"
    FORMER = "former"
    CHOSEN = "chosen"
    NICKNAME = "nickname"
    ALIAS = "alias"


class RelatedRole(StrEnum):
    """Why a record names another person."""

    EMERGENCY_CONTACT = "emergency_contact"
    GUARANTOR = "guarantor"
    PARTNER = "partner"
    GUARDIAN = "guardian"
    FAMILY = "family"
    OTHER = "other"


def clean_text(text: str, limit: int = TEXT_LIMIT) -> str:
    """`text` without control, format or bidirectional characters, on one line, at most `limit`."""
    if len(text) <= limit and _is_clean(text):
        return text
    shown = text[: limit * 4]
    if shown.isascii() and shown.isprintable():  # most text: the same answer, ten times sooner
        return " ".join(shown.split())[:limit].rstrip()
    shown = unicodedata.normalize("NFC", shown)
    kept = "".join(" " if c.isspace() else c for c in shown if _is_kept(c))
    return " ".join(kept.split())[:limit].rstrip()


def _is_clean(text: str) -> bool:
    """Whether a plain text needs no cleaning: what was sealed clean is opened at every check."""
    plain = text.isascii() and text.isprintable()
    return plain and "  " not in text and text[:1] != " " and text[-1:] != " "


def _is_kept(character: str) -> bool:
    return character.isspace() or unicodedata.category(character) not in _DROPPED


def _clean_fields(record: object, names: Iterable[str]) -> None:
    for name in names:
        text: str = getattr(record, name)
        clean = clean_text(text)
        if clean is not text:
            object.__setattr__(record, name, clean)


def _texts(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(text for text in map(clean_text, tuple(values)[:LIST_LIMIT]) if text)


def _plain(record: Any) -> dict[str, Any]:
    named = ((field.name, getattr(record, field.name)) for field in fields(record))
    return {name: str(value) for name, value in named if value}


@dataclass(frozen=True, slots=True)
class PersonName:
    """One name of a person, in parts; any part may be empty."""

    given: str = ""
    family: str = ""
    middle: str = ""
    suffix: str = ""
    kind: NameKind = NameKind.LEGAL

    def __post_init__(self) -> None:
        _clean_fields(self, ("given", "family", "middle", "suffix"))

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """The name that `to_json` wrote."""
        return cls(**{**value, "kind": NameKind(value.get("kind", NameKind.LEGAL))})


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address in parts; any part may be empty."""

    house: str = ""
    street: str = ""
    unit: str = ""
    city: str = ""
    postcode: str = ""
    state: str = ""

    def __post_init__(self) -> None:
        _clean_fields(self, ("house", "street", "unit", "city", "postcode", "state"))


@dataclass(frozen=True, slots=True)
class Handle:
    """A name on a social platform, for example `Handle("linkedin", "anna-berg-1a2b")`."""

    platform: str
    handle: str

    def __post_init__(self) -> None:
        _clean_fields(self, ("platform", "handle"))


@dataclass(frozen=True, slots=True)
class RelatedPerson:
    """A person whom the record names: `relation` is what that person is to the record's person."""

    name: PersonName
    relation: str = ""
    role: RelatedRole = RelatedRole.OTHER
    birth_date: str = ""
    phone: str = ""

    def __post_init__(self) -> None:
        _clean_fields(self, ("relation", "birth_date", "phone"))

    def to_json(self) -> dict[str, Any]:
        """The canonical-JSON-safe form."""
        return {**_plain(self), "name": _plain(self.name), "role": self.role.value}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """The related person that `to_json` wrote."""
        name = PersonName.from_json(value["name"])
        return cls(**{**value, "name": name, "role": RelatedRole(value["role"])})


@dataclass(frozen=True, slots=True)
class PersonRecord:
    """All that recognition may look at. `birth_date` is a partial date: 1980, 1980-05, 1980-05-02.

    Names are alias rows, one per name ever borne: maiden and married names stand side by side.
    """

    names: tuple[PersonName, ...] = ()
    birth_date: str = ""
    sex: str = ""
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    addresses: tuple[Address, ...] = ()
    handles: tuple[Handle, ...] = ()
    company: str = ""
    related: tuple[RelatedPerson, ...] = ()

    def __post_init__(self) -> None:
        _clean_fields(self, ("birth_date", "sex", "company"))
        for name in ("phones", "emails"):
            object.__setattr__(self, name, _texts(getattr(self, name)))
        for name in ("names", "addresses", "handles", "related"):
            object.__setattr__(self, name, tuple(getattr(self, name))[:LIST_LIMIT])

    def to_json(self) -> dict[str, Any]:
        """Person blob format v1: strings, integers, lists and objects only."""
        parts: dict[str, Any] = {
            "names": [_plain(name) for name in self.names],
            "birth_date": self.birth_date,
            "sex": self.sex,
            "phones": list(self.phones),
            "emails": list(self.emails),
            "addresses": [_plain(address) for address in self.addresses],
            "handles": [_plain(handle) for handle in self.handles],
            "company": self.company,
            "related": [person.to_json() for person in self.related],
        }
        return {"v": FORMAT, **{name: part for name, part in parts.items() if part}}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """The record that `to_json` wrote. Raises `ValueError` for another format number."""
        if value.get("v") != FORMAT:
            raise ValueError(f"person blob format v must be {FORMAT}, not {value.get('v')!r}")
        return cls(
            names=tuple(map(PersonName.from_json, value.get("names", ()))),
            birth_date=value.get("birth_date", ""),
            sex=value.get("sex", ""),
            phones=tuple(value.get("phones", ())),
            emails=tuple(value.get("emails", ())),
            addresses=tuple(Address(**part) for part in value.get("addresses", ())),
            handles=tuple(_handle(part) for part in value.get("handles", ())),
            company=value.get("company", ""),
            related=tuple(map(RelatedPerson.from_json, value.get("related", ()))),
        )


def _handle(part: Mapping[str, str]) -> Handle:
    return Handle(part.get("platform", ""), part.get("handle", ""))
