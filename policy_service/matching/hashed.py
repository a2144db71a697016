"""Third parties as keyed hashes: all that is stored of someone who never came to the practice.

Every value becomes HMACs under a key of the practice: of the whole, of its sound, of its forms, and
of its letter pairs, so that slips of the pen still show. Nobody without the key can read or test a
name. With the key, names can only be guessed, but dates and sexes are few and are read back here.

The JSON form is canonical-safe: 48-bit integers, booleans and lists.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from policy_service.domain.people import PersonRecord
from policy_service.matching.dates import BirthDate
from policy_service.matching.keys import sound
from policy_service.matching.names import FoldedName
from policy_service.matching.normalise import Features, normalise
from policy_service.matching.places import Place
from policy_service.matching.short_names import formal_names, is_known_name

Hash = Callable[[str], int]
"""HMAC of a text under the practice's key, as an integer."""
_MASK = (1 << 48) - 1
_YEARS = range(1850, 2201)


@dataclass(frozen=True, slots=True)
class HashedText:
    """One value: the whole, its sound, its words and the pairs of its letters."""

    whole: int
    sound: int
    words: tuple[int, ...]
    pairs: tuple[int, ...]
    length: int

    def likeness(self, other: HashedText) -> float:
        """Dice coefficient of the letter pairs, 0 to 1."""
        mine, theirs = set(self.pairs), set(other.pairs)
        return 2 * len(mine & theirs) / (len(mine) + len(theirs) or 1)


@dataclass(frozen=True, slots=True)
class HashedName:
    """One name. `forms` are the formal names the given name may stand for."""

    given: HashedText | None
    family: HashedText | None
    initial: int
    forms: tuple[int, ...]
    is_known: bool
    suffix: int
    is_current: bool


@dataclass(frozen=True, slots=True)
class HashedPlace:
    """One address; a part that is not known is None or 0."""

    house: int
    street: HashedText | None
    street_name: int
    unit: int
    city: HashedText | None
    postcode: HashedText | None


@dataclass(frozen=True, slots=True)
class HashedRecord:
    """What is kept of a third party, beside the match keys."""

    names: tuple[HashedName, ...]
    born: tuple[int, int, int]
    sex: int
    phones: tuple[tuple[int, int], ...]
    emails: tuple[tuple[int, int], ...]
    handles: tuple[tuple[int, int], ...]
    company: int
    places: tuple[HashedPlace, ...]

    def to_json(self) -> dict[str, Any]:
        """Integers, booleans and lists only."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """The record that `to_json` wrote, also after a round through JSON."""
        year, month, day = value["born"]
        return cls(
            names=tuple(map(_name_from, value["names"])),
            born=(year, month, day),
            sex=value["sex"],
            phones=_pairs(value["phones"]),
            emails=_pairs(value["emails"]),
            handles=_pairs(value["handles"]),
            company=value["company"],
            places=tuple(map(_place_from, value["places"])),
        )


def hash_record(record: PersonRecord, hashed: Hash) -> HashedRecord:
    """What to store of `record`. People whom it names are not kept."""
    return hash_features(normalise(record), hashed)


def hash_features(features: Features, hashed: Hash) -> HashedRecord:
    """`hash_record` for features."""
    hasher = _Hasher(hashed)
    birth = features.birth
    parts = (birth.year, birth.month, birth.day) if birth else (0, 0, 0)
    year, month, day = (hasher.one(*part) for part in zip("ymd", map(_shown, parts), strict=True))
    return HashedRecord(
        names=tuple(hasher.name(name) for name in features.names),
        born=(year, month, day),
        sex=hasher.one("sex", features.sex),
        phones=tuple(
            (hasher.one("p", p), hasher.one("p7", p[-7:])) for p in sorted(features.phones)
        ),
        emails=tuple(
            (hasher.one("e", e.whole), 0 if e.is_role else hasher.one("el", e.local))
            for e in features.emails
        ),
        handles=tuple(hasher.handle(handle) for handle in sorted(features.handles)),
        company=hasher.one("co", features.company),
        places=tuple(hasher.place(place) for place in features.places),
    )


def _shown(part: int) -> str:
    return str(part) if part else ""


@dataclass(frozen=True, slots=True)
class _Hasher:
    hashed: Hash

    def one(self, kind: str, text: str) -> int:
        """0 where there is nothing to hash."""
        return self.hashed(f"{kind}={text}") & _MASK if text else 0

    def text(self, kind: str, text: str) -> HashedText | None:
        """Letter pairs run over the ends, so that first and last letters count."""
        if not text:
            return None
        padded = f"_{text.replace(' ', '')}_"
        pairs = sorted({padded[at : at + 2] for at in range(len(padded) - 1)})
        return HashedText(
            whole=self.one(kind, text),
            sound=self.one("sound", sound(text.replace(" ", ""))),
            words=tuple(self.one(kind, word) for word in text.split()),
            pairs=tuple(self.one("pair", pair) for pair in pairs),
            length=len(padded) - 2,
        )

    def name(self, name: FoldedName) -> HashedName:
        family = " ".join(name.family_parts)
        return HashedName(
            given=self.text("name", name.given),
            family=self.text("name", family),
            initial=self.one("initial", name.given[:1]),
            forms=tuple(self.one("form", form) for form in sorted(formal_names(name.given))),
            is_known=is_known_name(name.given),
            suffix=self.one("suffix", name.suffix),
            is_current=name.kind not in ("maiden", "former", "alias"),
        )

    def place(self, place: Place) -> HashedPlace:
        return HashedPlace(
            house=self.one("house", place.house),
            street=self.text("street", place.street),
            street_name=self.one("street_name", place.street_name),
            unit=self.one("unit", place.unit),
            city=self.text("city", place.city),
            postcode=self.text("postcode", place.postcode),
        )

    def handle(self, handle: str) -> tuple[int, int]:
        platform, _, name = handle.partition(":")
        return self.one("platform", platform), self.one("handle", name)


@dataclass(frozen=True, slots=True)
class OpenDates:
    """Reads back the few values of which a hash is no secret to whoever holds the key."""

    hashed: Hash
    _read: Mapping[int, tuple[str, str]]

    @classmethod
    def under(cls, hashed: Hash) -> Self:
        """The table for one key; build it once."""
        one = _Hasher(hashed).one
        return cls(hashed, {one(kind, text): (kind, text) for kind, text in _readable()})

    def birth(self, record: HashedRecord) -> BirthDate | None:
        """The birth date, as far as it is known."""
        year, month, day = (int(self._text(part) or 0) for part in record.born)
        if not year:
            return None
        digits = f"{year:04d}{month:02d}{day:02d}" if day else ""
        return BirthDate(year, month, day, digits)

    def sex(self, record: HashedRecord) -> str:
        """The recorded sex, or ""."""
        return self._text(record.sex)

    def _text(self, value: int) -> str:
        return self._read.get(value, ("", ""))[1]


def _readable() -> Iterator[tuple[str, str]]:
    yield from (("y", str(year)) for year in _YEARS)
    yield from (("m", str(month)) for month in range(1, 13))
    yield from (("d", str(day)) for day in range(1, 32))
    yield from (("sex", sex) for sex in ("female", "male"))


def _pairs(value: list[list[int]]) -> tuple[tuple[int, int], ...]:
    return tuple((one, other) for one, other in value)


def _text_from(value: Mapping[str, Any] | None) -> HashedText | None:
    if value is None:
        return None
    return HashedText(**{**value, "words": tuple(value["words"]), "pairs": tuple(value["pairs"])})


def _name_from(value: Mapping[str, Any]) -> HashedName:
    texts = {part: _text_from(value[part]) for part in ("given", "family")}
    return HashedName(**{**value, **texts, "forms": tuple(value["forms"])})


def _place_from(value: Mapping[str, Any]) -> HashedPlace:
    texts = {part: _text_from(value[part]) for part in ("street", "city", "postcode")}
    return HashedPlace(**{**value, **texts})
