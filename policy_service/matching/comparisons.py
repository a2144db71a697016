"""How far each field of two people agrees: a level per field, no weights.

Where a person has several names, addresses or phones, every pairing is an *alternative*; the
hypotheses keep the one that speaks loudest. Each function is symmetric in its two arguments.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA, JaroWinkler

from policy_service.matching.keys import sound
from policy_service.matching.names import FoldedName
from policy_service.matching.normalise import Features
from policy_service.matching.places import Place
from policy_service.matching.short_names import are_variants, is_known_name


@dataclass(frozen=True, slots=True)
class Level:
    """One field's agreement. `counted` is the frequency text of an agreed value, else ""."""

    field: str
    level: str
    query: str
    candidate: str
    counted: str = ""


Alternative = tuple[Level, ...]


def name_alternatives(query: Features, candidate: Features) -> list[Alternative]:
    """Every pairing of the two people's names, compared."""
    pairs = product(query.names, candidate.names)
    other_family = _other_family({query.sex, candidate.sex} - {""})
    return [_name_levels(one, other, other_family) for one, other in pairs]


def _other_family(sexes: set[str]) -> str:
    """The level of unlike family names: many women, and so some unknowns, married into another."""
    if not sexes:
        return "different_sex_unknown"
    return "different_may_be_married" if sexes == {"female"} else "different"


def _name_levels(one: FoldedName, other: FoldedName, other_family: str) -> Alternative:
    crossed = _crossed(one, other)
    if crossed:
        return crossed
    levels = (
        _given(one, other),
        _family(one, other, other_family),
        _middle(one, other),
        _suffix(one, other),
    )
    return tuple(level for level in levels if level)


def _crossed(one: FoldedName, other: FoldedName) -> Alternative:
    """Given and family name exchanged; or one of them written in the other's place."""
    if _are_alike(one.given, other.given) or _are_alike(one.family, other.family):
        return ()
    if _are_alike(one.given, other.family) and _are_alike(one.family, other.given):
        given = Level("given", "swapped", one.given, other.family)
        return given, Level("family", "swapped", one.family, other.given)
    if one.given and one.given == other.family:
        return (Level("family", "displaced", one.given, other.family),)
    if one.family and one.family == other.given:
        return (Level("family", "displaced", one.family, other.given),)
    return ()


def _are_alike(one: str, other: str) -> bool:
    return bool(one and other) and _is_close(one, other)


def _given(one: FoldedName, other: FoldedName) -> Level | None:
    if not (one.given and other.given):
        return None
    level = given_level(one, other)
    counted = f"given:{one.given}" if one.given == other.given else ""
    return Level("given", level, one.given, other.given, counted)


def given_level(one: FoldedName, other: FoldedName) -> str:
    """The level of two stated given names."""
    left, right = one.given.replace(" ", ""), other.given.replace(" ", "")
    if left == right:
        return "exact"
    if min(len(left), len(right)) == 1:
        return "initial" if left[0] == right[0] else "different"
    if _goes_by_another(one, other) or are_variants(one.given, other.given):
        return "variant"
    if _is_close(left, right):
        if is_known_name(left) and is_known_name(right):
            return "close_but_both_names"
        return "close" if OSA.distance(left, right) == 1 else "near"
    return "sound" if sound(left) == sound(right) else "different"


def _goes_by_another(one: FoldedName, other: FoldedName) -> bool:
    """A second given name or the middle name in everyday use ("Mary Ann", "J. Robert")."""
    mine = {*one.given.split(), *one.middle.split()}
    theirs = {*other.given.split(), *other.middle.split()}
    return one.given in theirs or other.given in mine


def _family(one: FoldedName, other: FoldedName, other_family: str) -> Level | None:
    if not (one.family and other.family):
        return None
    level = family_level(one, other)
    if level == "different":
        level = other_family
    counted = f"family:{min(one.family, other.family)}" if level == "exact" else ""
    return Level("family", level, one.family, other.family, counted)


def family_level(one: FoldedName, other: FoldedName) -> str:
    """The level of two stated family names, particles aside."""
    left, right = "".join(one.family_parts), "".join(other.family_parts)
    if left == right:
        return "exact"
    if not {*one.family_parts}.isdisjoint(other.family_parts):
        return "part"
    if _is_close(left, right):
        return "close" if OSA.distance(left, right) == 1 else "near"
    return "sound" if sound(left) == sound(right) else "different"


def _is_close(one: str, other: str) -> bool:
    """One slip of the pen, two from six letters on, or Jaro-Winkler from 0.92."""
    if not one or not other or one == other:
        return one == other != ""
    longest = max(len(one), len(other))
    slips = OSA.distance(one, other, score_cutoff=2)
    if slips <= (0 if longest < 4 else 1 if longest < 6 else 2):
        return True
    return longest > 4 and JaroWinkler.similarity(one, other) >= 0.92


def _middle(one: FoldedName, other: FoldedName) -> Level | None:
    if not (one.middle and other.middle):
        return None
    if one.middle == other.middle and len(one.middle) > 1:
        return Level("middle", "exact", one.middle, other.middle)
    short = 1 in (len(one.middle), len(other.middle)) and one.middle[0] == other.middle[0]
    close = short or _is_close(one.middle, other.middle)
    return Level("middle", "initial" if close else "different", one.middle, other.middle)


def _suffix(one: FoldedName, other: FoldedName) -> Level | None:
    if not (one.suffix and other.suffix):
        return None
    level = "exact" if one.suffix == other.suffix else "different"
    return Level("suffix", level, one.suffix, other.suffix)


def sex_alternatives(query: Features, candidate: Features) -> list[Alternative]:
    """Recorded sex, when both are known."""
    if not (query.sex and candidate.sex):
        return []
    level = "exact" if query.sex == candidate.sex else "different"
    return [(Level("sex", level, query.sex, candidate.sex),)]


def place_alternatives(query: Features, candidate: Features) -> list[Alternative]:
    """Every pairing of the two people's addresses, compared part by part."""
    return [_place_levels(one, other) for one, other in product(query.places, candidate.places)]


def _place_levels(one: Place, other: Place) -> Alternative:
    postcode = _postcode(one, other)
    same_area = _is(postcode, "exact")
    city = None if same_area else _city(one, other)
    elsewhere = _is(postcode, "different") and _is(city, "different")
    found = (None, None) if elsewhere else _street_and_house(one, other, same_area)
    street, house = found  # one street name in two towns is no common home
    inside = _unit(one, other, _is(house, "exact"))
    return tuple(level for level in (street, house, inside, postcode, city) if level)


def _street_and_house(
    one: Place, other: Place, same_area: bool
) -> tuple[Level | None, Level | None]:
    """House numbers count within one street; one street with two houses is a neighbourhood."""
    street = _street(one, other)
    same_street = street.level != "different" if street else same_area
    house = _part("house", one.house, other.house) if same_street else None
    if street and _is(house, "different"):
        return Level("street", "other_house", one.street, other.street), None
    if street and _is(house, "exact") and one.dwelling == other.dwelling != "":
        counted = f"dwelling:{one.dwelling}"
        street = Level("street", street.level, one.street, other.street, counted)
    return street, house


def _unit(one: Place, other: Place, same_house: bool) -> Level | None:
    """Units tell within one house; building names tell anywhere."""
    if one.building and other.building:
        level = _spelling(one.building, other.building, 2)
        return Level("building", level, one.building, other.building)
    return _part("unit", one.unit, other.unit) if same_house else None


def _is(level: Level | None, wanted: str) -> bool:
    return level is not None and level.level == wanted


def _part(field: str, one: str, other: str) -> Level | None:
    if not (one and other):
        return None
    return Level(field, "exact" if one == other else "different", one, other)


def _street(one: Place, other: Place) -> Level | None:
    if not (one.street and other.street):
        return None
    if one.street == other.street:
        return Level("street", "exact", one.street, other.street)
    if (one.street == other.building) or (one.building == other.street):
        return Level("street", "close", one.street, other.street)  # address lines exchanged
    same_name = one.street_name == other.street_name
    close = same_name or fuzz.ratio(one.street, other.street) >= 80
    return Level("street", "close" if close else "different", one.street, other.street)


def _postcode(one: Place, other: Place) -> Level | None:
    level = _spelling(one.postcode, other.postcode, 1)
    counted = f"postcode:{one.postcode}" if level == "exact" else ""
    return Level("postcode", level, one.postcode, other.postcode, counted) if level else None


def _city(one: Place, other: Place) -> Level | None:
    level = _spelling(one.city, other.city, 2)
    counted = f"city:{one.city}" if level == "exact" else ""
    return Level("city", level, one.city, other.city, counted) if level else None


def _spelling(one: str, other: str, slips: int) -> str:
    if not (one and other):
        return ""
    if one == other:
        return "exact"
    return "close" if OSA.distance(one, other, score_cutoff=slips) <= slips else "different"


def phone_alternatives(query: Features, candidate: Features) -> list[Alternative]:
    """Every pairing of phone numbers; numbers that differ count once, as different."""
    pairs = product(sorted(query.phones), sorted(candidate.phones))
    return [(_phone(one, other),) for one, other in pairs]


def _phone(one: str, other: str) -> Level:
    if one == other:
        return Level("phone", "exact", one, other, f"phone:{one}")
    return Level("phone", "last_seven" if one[-7:] == other[-7:] else "different", one, other)


def email_alternatives(query: Features, candidate: Features) -> list[Alternative]:
    """Every pairing of e-mail addresses; the part before the at-sign may agree alone."""
    found: list[Alternative] = []
    for one, other in product(query.emails, candidate.emails):
        name_part = one.local == other.local and not one.is_role
        level = "exact" if one == other else "name_part" if name_part else "different"
        counted = f"email:{one.whole}" if level == "exact" else ""
        found.append((Level("email", level, one.whole, other.whole, counted),))
    return found


def handle_alternatives(query: Features, candidate: Features) -> list[Alternative]:
    """Handles on one platform; different platforms cannot be compared."""
    pairs = product(sorted(query.handles), sorted(candidate.handles))
    same_platform = (pair for pair in pairs if _platform(pair[0]) == _platform(pair[1]))
    return [(level,) for one, other in same_platform if (level := _part("handle", one, other))]


def _platform(handle: str) -> str:
    return handle.partition(":")[0]


def company_alternatives(query: Features, candidate: Features) -> list[Alternative]:
    """Employers, when both are known."""
    one, other = query.company, candidate.company
    if not (one and other):
        return []
    same = fuzz.token_sort_ratio(one, other) >= 90
    counted = f"company:{min(one, other)}" if same else ""
    return [(Level("company", "exact" if same else "different", one, other, counted),)]
