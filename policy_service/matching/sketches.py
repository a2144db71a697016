"""A sketch of a person: enough to rule most candidates out unseen, and no value of the record.

Of every word a sketch keeps a hash (32 bits), which letters occur, and the length; of a birth date
its parts. Two equal words have equal hashes; two words that differ by a slip have nearly the same
letters. So a sketch bounds how far two people can agree (`matching.bounds`), and most candidates
need not be opened. It tells no more than the match keys do to whoever holds the practice's key;
it is sealed under that key, one value a person, and deleted with the match keys.

    version, how many of each kind | sex | birth | employer | names | phones | e-mails | places |
    handles | named people, all as little-endian integers
"""

from __future__ import annotations

import struct
from functools import cache, lru_cache
from itertools import accumulate
from typing import NamedTuple
from zlib import crc32

from policy_service.matching.contacts import Email
from policy_service.matching.dates import BirthDate
from policy_service.matching.keys import sound
from policy_service.matching.names import FoldedName
from policy_service.matching.normalise import Features
from policy_service.matching.places import Place
from policy_service.matching.short_names import formal_names

SKETCHES = 1
"""What made a sketch. Candidates whose sketch begins with another number are opened."""

Spelt = tuple[int, int, int]
"""A word's hash, the letters that occur in it, its length; all 0 for no word."""

_MOST = 255
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
_BITS = {letter: 1 << number for number, letter in enumerate(_LETTERS)}
_OTHER = 1 << len(_LETTERS)
_SEXES = {"": 0, "female": 1, "male": 2}
_WORD = "IQB"
_NAME = f"BB{_WORD}IQ{_WORD}I{_WORD}"
_FORMS = (_NAME, "I", f"{_WORD}IB", f"BI{_WORD}II{_WORD}{_WORD}", "I", f"{_NAME}I")
"""Names, phones, e-mail addresses, places, handles, named people."""
_ALWAYS = f"BHBBI{_WORD}"  # sex, year, month, day, digits, employer
_HEAD = struct.Struct(f"<x{len(_FORMS)}B")
_FIRST, _OWN = 1 + len(_FORMS), 1 + len(_FORMS) + 8
_VERSION = bytes((SKETCHES,))


class NameSketch(NamedTuple):
    """A name; `is_odd` where a part has several words, or particles."""

    is_odd: int
    has_suffix: int
    given: int
    given_letters: int
    given_length: int
    given_sound: int
    formal: int
    """A bit for each formal name that the given name may stand for (one of 64 by its hash)."""
    family: int
    family_letters: int
    family_length: int
    family_sound: int
    middle: int
    middle_letters: int
    middle_length: int


class EmailSketch(NamedTuple):
    """An e-mail address; `local` is the part before the at-sign."""

    whole: int
    letters: int
    length: int
    local: int
    is_role: int


class PlaceSketch(NamedTuple):
    """An address; `street_name` is the word that tells streets apart."""

    has_building: int
    house: int
    street: int
    street_letters: int
    street_length: int
    street_name: int
    unit: int
    postcode: int
    postcode_letters: int
    postcode_length: int
    city: int
    city_letters: int
    city_length: int


class Sketch(NamedTuple):
    """What the sketch tells of a person: integers, 0 for what is not known."""

    sex: int
    birth: BirthDate | None
    company: tuple[int, int, int]
    names: list[NameSketch]
    phones: tuple[int, ...]
    emails: list[EmailSketch]
    places: list[PlaceSketch]
    handles: tuple[int, ...]
    related: list[tuple[NameSketch, int]]
    """The people whom the record names, and their phones."""


def sketch_of(features: Features) -> bytes:
    """The sketch of a person, for `read_sketch`; empty for more of one kind than it can count."""
    birth = features.birth or BirthDate(0)
    parts: tuple[list[tuple[int, ...]], ...] = (
        [_name(name) for name in features.names],
        [(hashed(phone[-7:]),) for phone in sorted(features.phones)],
        [_email(email) for email in features.emails],
        [_place(place) for place in features.places],
        [(hashed(handle.partition(":")[2]),) for handle in sorted(features.handles)],
        [(*_name(one.name), hashed(one.phone[-7:])) for one in features.related],
    )
    counts = tuple(map(len, parts))
    if max(counts) > _MOST:
        return b""
    digits = int(birth.digits) if birth.digits else 0
    own = (_SEXES[features.sex], birth.year, birth.month, birth.day, digits)
    values = [value for part in parts for one in part for value in one]
    return _form(counts).pack(SKETCHES, *counts, *own, *spelt(features.company), *values)


def read_sketch(raw: bytes) -> Sketch | None:
    """The sketch that `sketch_of` wrote; None where another release wrote it."""
    if raw[:1] != _VERSION:
        return None
    counts = _HEAD.unpack_from(raw)
    values = _form(counts).unpack(raw)
    names, phones, emails, places, handles, related = _ends(counts)
    sex, year, month, day, digits, *_ = values[_FIRST:_OWN]
    return Sketch(
        sex,
        _birth(year, month, day, digits) if year else None,
        values[_OWN - 3 : _OWN],
        [NameSketch._make(values[at : at + 14]) for at in range(_OWN, names, 14)],
        values[names:phones],
        [EmailSketch._make(values[at : at + 5]) for at in range(phones, emails, 5)],
        [PlaceSketch._make(values[at : at + 13]) for at in range(emails, places, 13)],
        values[places:handles],
        [
            (NameSketch._make(values[at : at + 14]), values[at + 14])
            for at in range(handles, related, 15)
        ],
    )


@lru_cache(maxsize=65536)
def _birth(year: int, month: int, day: int, digits: int) -> BirthDate:
    return BirthDate(year, month, day, f"{digits:08d}" if digits else "")


@cache
def _form(counts: tuple[int, ...]) -> struct.Struct:
    repeated = "".join(form * count for form, count in zip(_FORMS, counts, strict=True))
    return struct.Struct(f"<B{len(_FORMS)}B{_ALWAYS}{repeated}")


@cache
def _ends(counts: tuple[int, ...]) -> tuple[int, ...]:
    """Where each kind of part ends among the values."""
    sizes = (14, 1, 5, 13, 1, 15)
    lengths = (count * size for count, size in zip(counts, sizes, strict=True))
    return tuple(accumulate(lengths, initial=_OWN))[1:]


def _name(name: FoldedName) -> tuple[int, ...]:
    one_word = name.family_parts == ((name.family,) if name.family else ())
    is_odd = not one_word or " " in name.given or " " in name.middle
    return (
        int(is_odd),
        int(name.suffix != ""),
        *spelt(name.given),
        _sound(name.given),
        _formal(name.given),
        *spelt(name.family),
        _sound(name.family),
        *spelt(name.middle),
    )


def _email(email: Email) -> tuple[int, ...]:
    return (*spelt(email.whole), hashed(email.local), int(email.is_role))


def _place(place: Place) -> tuple[int, ...]:
    return (
        int(place.building != ""),
        hashed(place.house),
        *spelt(place.street),
        hashed(place.street_name),
        hashed(place.unit),
        *spelt(place.postcode),
        *spelt(place.city),
    )


def hashed(text: str) -> int:
    """The same number for the same text; 0 for none."""
    return crc32(text.encode()) or 1 if text else 0


@lru_cache(maxsize=8192)
def spelt(text: str) -> Spelt:
    """What is kept of a word; of more than 255 letters the first are counted."""
    letters = 0
    for letter in text:
        letters |= _BITS.get(letter, _OTHER)
    return hashed(text), letters, min(len(text), _MOST)


@lru_cache(maxsize=8192)
def _formal(given: str) -> int:
    bits = 0
    for name in formal_names(given):
        bits |= 1 << hashed(name) % 64
    return bits


def _sound(word: str) -> int:
    return hashed(sound(word)) if word else 0
