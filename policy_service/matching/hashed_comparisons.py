"""How far a person agrees with a third party of whom only keyed hashes are kept.

The levels are those of plain comparison, so the same model weighs them. What a slip of the pen
changes is seen in the letter pairs. Values shown are the query's own; the other side has none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import product

from policy_service.matching.births import birth_level
from policy_service.matching.comparisons import Alternative, Level, other_family_level
from policy_service.matching.dates import BirthDate
from policy_service.matching.hashed import (
    Hash,
    HashedName,
    HashedPlace,
    HashedRecord,
    HashedText,
    OpenDates,
    hash_features,
)
from policy_service.matching.households import apart, live_apart
from policy_service.matching.names import FoldedName
from policy_service.matching.normalise import Features, NamedPerson
from policy_service.matching.places import Place

CLOSE, NEAR = 0.66, 0.5  # Dice: one slip in six letters keeps five pairs of seven
_LONG = 6


@dataclass(frozen=True, slots=True)
class Hashed:
    """Features of which values are hashes; a birth date and a sex are read back."""

    names: tuple[HashedName, ...]
    birth: BirthDate | None
    sex: str
    phones: tuple[tuple[int, int], ...]
    emails: tuple[tuple[int, int], ...]
    handles: tuple[tuple[int, int], ...]
    company: int
    places: tuple[HashedPlace, ...]
    related: tuple[()] = ()

    @classmethod
    def opened(cls, record: HashedRecord, dates: OpenDates) -> Hashed:
        """A stored record with its dates read."""
        return cls(
            record.names,
            dates.birth(record),
            dates.sex(record),
            record.phones,
            record.emails,
            record.handles,
            record.company,
            record.places,
        )


@dataclass(frozen=True, slots=True)
class HashedQuery:
    """A person with the hashes of the record and of the people it names."""

    features: Features
    own: HashedRecord
    named: tuple[tuple[NamedPerson, HashedRecord], ...]

    @classmethod
    def of(cls, features: Features, hashed: Hash) -> HashedQuery:
        """Hashed once, to be compared with many."""
        named = (
            (person, hash_features(_alone(person, features), hashed)) for person in features.related
        )
        return cls(features, hash_features(features, hashed), tuple(named))

    def alternatives(self, candidate: Hashed) -> list[list[Alternative]]:
        """All fields that can be compared, as the scales take them."""
        fields = [compared(self.features, self.own, candidate) for compared in _COMPARED]
        fields.append(_named(self.named, candidate))
        return [alternatives for alternatives in fields if alternatives]


def _alone(person: NamedPerson, features: Features) -> Features:
    """What is known of a person whom a record names."""
    return replace(
        features,
        names=(person.name,) if person.name.given or person.name.family else (),
        birth=person.birth,
        sex="",
        phones=frozenset({person.phone} - {""}),
        emails=(),
        places=(),
        handles=frozenset(),
        company="",
        related=(),
    )


def _names(query: Features, own: HashedRecord, candidate: Hashed) -> list[Alternative]:
    unlike = other_family_level({query.sex, candidate.sex} - {""})
    pairs = product(zip(query.names, own.names, strict=True), candidate.names)
    return [tuple(_name_levels(*mine, theirs, unlike)) for mine, theirs in pairs]


def _name_levels(
    shown: FoldedName, one: HashedName, other: HashedName, unlike: str
) -> Iterator[Level]:
    if _is_crossed(one, other):
        yield Level("given", "swapped", shown.given, "")
        yield Level("family", "swapped", shown.family, "")
        return
    if displaced := _displaced(one, other):
        yield Level("family", "displaced", getattr(shown, displaced), "")
        return
    if one.given and other.given:
        level = _given_level(one, other, one.given, other.given)
        counted = f"given:{shown.given}" if level == "exact" else ""
        yield Level("given", level, shown.given, "", counted)
    if one.family and other.family:
        level = _family_level(one.family, other.family)
        counted = f"family:{shown.family}" if level == "exact" else ""
        if level == "exact" and not (one.is_current and other.is_current):
            level = "former"
        yield Level("family", unlike if level == "different" else level, shown.family, "", counted)
    if one.suffix or other.suffix:
        both = "exact" if one.suffix == other.suffix else "different"
        yield Level("suffix", both if one.suffix and other.suffix else "one_sided", "", "")


def _is_crossed(one: HashedName, other: HashedName) -> bool:
    if not (one.given and one.family and other.given and other.family):
        return False
    if _is_alike(one.given, other.given) or _is_alike(one.family, other.family):
        return False
    return _is_alike(one.given, other.family) and _is_alike(one.family, other.given)


def _displaced(one: HashedName, other: HashedName) -> str:
    """Which part of the query's name stands in the other's place, where nothing else agrees."""
    parts = (one.given, other.given), (one.family, other.family)
    if any(mine and theirs and _is_alike(mine, theirs) for mine, theirs in parts):
        return ""
    if one.given and other.family and _is_written_as(one.given, other.family):
        return "given"
    crossed = one.family and other.given and _is_written_as(one.family, other.given)
    return "family" if crossed else ""


def _is_written_as(one: HashedText, other: HashedText) -> bool:
    """One word in two columns; from six letters on with a slip of the pen."""
    return one.whole == other.whole or (
        min(one.length, other.length) >= _LONG and _slip(one, other) == "close"
    )


def _is_alike(one: HashedText, other: HashedText) -> bool:
    return one.whole == other.whole or _slip(one, other) != ""


def _slip(one: HashedText, other: HashedText) -> str:
    """ "close", "near" or "" by the letter pairs; short words must be nearly whole."""
    likeness = one.likeness(other)
    if min(one.length, other.length) < 4:
        return ""
    if likeness >= CLOSE:
        return "close"
    return "near" if likeness >= NEAR and max(one.length, other.length) >= _LONG else ""


def _given_level(one: HashedName, other: HashedName, mine: HashedText, theirs: HashedText) -> str:
    if mine.whole == theirs.whole:
        return "exact"
    if min(mine.length, theirs.length) == 1:
        return "initial" if one.initial == other.initial else "different"
    if not {*one.forms}.isdisjoint(other.forms) or not {*mine.words}.isdisjoint(theirs.words):
        return "variant"
    if slip := _slip(mine, theirs):
        if one.is_known and other.is_known:
            return "close_but_both_names"
        return slip if one.initial == other.initial else "close_other_initial"
    return "sound" if mine.sound == theirs.sound else "different"


def _family_level(mine: HashedText, theirs: HashedText) -> str:
    if mine.whole == theirs.whole:
        return "exact"
    if not {*mine.words}.isdisjoint(theirs.words):
        return "part"
    return _slip(mine, theirs) or ("sound" if mine.sound == theirs.sound else "different")


def _sex(query: Features, _own: HashedRecord, candidate: Hashed) -> list[Alternative]:
    if not (query.sex and candidate.sex):
        return []
    level = "exact" if query.sex == candidate.sex else "different"
    return [(Level("sex", level, query.sex, ""),)]


def _birth(query: Features, _own: HashedRecord, candidate: Hashed) -> list[Alternative]:
    if not (query.birth and candidate.birth):
        return []
    level = birth_level(query.birth, candidate.birth)
    return [(Level("birth_date", level, str(query.birth), ""),)]


def _places(query: Features, own: HashedRecord, candidate: Hashed) -> list[Alternative]:
    pairs = product(zip(query.places, own.places, strict=True), candidate.places)
    return [tuple(_place_levels(*mine, theirs)) for mine, theirs in pairs]


def _place_levels(shown: Place, one: HashedPlace, other: HashedPlace) -> Iterator[Level]:
    postcode = _spelling("postcode", (shown.postcode, one.postcode, other.postcode), 0.6)
    same_area = postcode is not None and postcode.level == "exact"
    city = None if same_area else _spelling("city", (shown.city, one.city, other.city), CLOSE)
    unlike = [level is not None and level.level == "different" for level in (postcode, city)]
    found = [] if all(unlike) else list(_street_levels(shown, one, other, same_area))
    by_field = {level.field: level for level in found}
    area = (postcode, city)
    if all(unlike) or live_apart(by_field.get("street"), by_field.get("house")):
        area = (apart(postcode), apart(city))
    yield from found
    yield from (level for level in area if level)


def _street_levels(
    shown: Place, one: HashedPlace, other: HashedPlace, same_area: bool
) -> Iterator[Level]:
    street = _street(shown, one, other)
    houses = one.house and other.house
    same_street = street.level != "different" if street else same_area
    if street and same_street and houses and one.house != other.house:
        yield Level("street", "other_house", shown.street, "")
        return
    if street:
        counted = f"dwelling:{shown.dwelling}" if houses and same_street else ""
        yield Level("street", street.level, shown.street, "", counted if shown.dwelling else "")
    if houses and same_street:
        same = one.house == other.house
        yield Level("house", "exact" if same else "different", shown.house, "")
        if same and one.unit and other.unit:
            level = "exact" if one.unit == other.unit else "different"
            yield Level("building" if shown.building else "unit", level, shown.unit, "")


def _street(shown: Place, one: HashedPlace, other: HashedPlace) -> Level | None:
    if not (one.street and other.street):
        return None
    if one.street.whole == other.street.whole:
        return Level("street", "exact", shown.street, "")
    close = one.street_name == other.street_name or one.street.likeness(other.street) >= CLOSE
    return Level("street", "close" if close else "different", shown.street, "")


def _spelling(
    field: str, values: tuple[str, HashedText | None, HashedText | None], close: float
) -> Level | None:
    shown, one, other = values
    if not (one and other):
        return None
    if one.whole == other.whole:
        return Level(field, "exact", shown, "", f"{field}:{shown}")
    return Level(field, "close" if one.likeness(other) >= close else "different", shown, "")


def _phones(query: Features, own: HashedRecord, candidate: Hashed) -> list[Alternative]:
    pairs = product(zip(sorted(query.phones), own.phones, strict=True), candidate.phones)
    return [(_point("phone", *mine, theirs, "last_seven"),) for mine, theirs in pairs]


def _emails(query: Features, own: HashedRecord, candidate: Hashed) -> list[Alternative]:
    shown = (email.whole for email in query.emails)
    pairs = product(zip(shown, own.emails, strict=True), candidate.emails)
    return [(_point("email", *mine, theirs, "name_part"),) for mine, theirs in pairs]


def _point(
    field: str, shown: str, one: tuple[int, int], other: tuple[int, int], half: str
) -> Level:
    if one[0] == other[0]:
        return Level(field, "exact", shown, "", f"{field}:{shown}")
    return Level(field, half if one[1] == other[1] != 0 else "different", shown, "")


def _handles(query: Features, own: HashedRecord, candidate: Hashed) -> list[Alternative]:
    pairs = product(zip(sorted(query.handles), own.handles, strict=True), candidate.handles)
    found = (_handle(*mine, theirs) for mine, theirs in pairs)
    return [(level,) for level in found if level]


def _handle(shown: str, one: tuple[int, int], other: tuple[int, int]) -> Level | None:
    if one[1] == other[1]:
        known = one[0] == other[0] or not (one[0] and other[0])
        return Level("handle", "exact" if known else "other_platform", shown, "")
    return Level("handle", "different", shown, "") if one[0] == other[0] else None


def _company(query: Features, own: HashedRecord, candidate: Hashed) -> list[Alternative]:
    if not (own.company and candidate.company):
        return []
    same = own.company == candidate.company
    counted = f"company:{query.company}" if same else ""
    return [(Level("company", "exact" if same else "different", query.company, "", counted),)]


def _named(
    named: tuple[tuple[NamedPerson, HashedRecord], ...], candidate: Hashed
) -> list[Alternative]:
    """Where a person whom the query names is the third party."""
    found = (_named_level(person, own, candidate) for person, own in named)
    return [(level,) for level in found if level]


def _named_level(person: NamedPerson, own: HashedRecord, candidate: Hashed) -> Level | None:
    same_name = any(map(_is_one_name, product(own.names, candidate.names)))
    same_phone = any(p[0] == q[0] for p, q in product(own.phones, candidate.phones))
    same_birth = person.birth is not None and person.birth == candidate.birth
    if same_name:
        level = "name_and_second_field" if same_phone or same_birth else "name"
        return Level("named_contact", level, person.name.given, "")
    return Level("named_contact", "phone", person.phone, "") if same_phone else None


def _is_one_name(pair: tuple[HashedName, HashedName]) -> bool:
    one, other = pair
    if not (one.given and one.family and other.given and other.family):
        return False
    given = _given_level(one, other, one.given, other.given)
    family = _family_level(one.family, other.family)
    return given in ("exact", "variant", "close") and family in ("exact", "part", "close")


_COMPARED: tuple[Callable[[Features, HashedRecord, Hashed], list[Alternative]], ...] = (
    _names,
    _sex,
    _birth,
    _places,
    _phones,
    _emails,
    _handles,
    _company,
)
