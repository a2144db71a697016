"""The most that classes of levels can weigh, for SELF and for each kind of kin side by side."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache

from policy_service.matching.comparisons import other_family_level
from policy_service.matching.model import Group, MatchModel
from policy_service.matching.sketch_levels import ANY, DIFFERENT, EQUAL, LIKE, NONE

LANE = 32
"""Bits of the integer for each sum: what is added never reaches the neighbour."""

Lanes = tuple[int, ...]
Name = tuple[int, int, int, int, int, int]
"""Classes of given, family, middle name and suffix, then how rare given and family name are."""
Place = tuple[int, int, int, int, int, int, int, int, int]
"""Classes of building, street, house, unit, postcode, town, then how rare home, postcode, town."""
Rest = tuple[str, int, int, int, int, int]
"""The level of the birth dates, then classes of e-mail address (how rare), handle, employer (how
rare)."""
_SEXES = ("", "female", "male")
_EXACT = frozenset({"exact", "exact_apart", "former"})
_CROSSED = frozenset({"swapped", "displaced"})


def packed(lanes: Iterable[int]) -> int:
    """The sums in one integer, each in its lane: adding integers adds lane by lane."""
    return sum(most << LANE * number for number, most in enumerate(lanes))


@lru_cache(maxsize=16384)
def most_of_names(model: MatchModel, names: tuple[Name, ...], sexes: tuple[int, int]) -> int:
    """The loudest pair of names, with the sexes, whose evidence counts with the name."""
    sex: dict[str, Lanes] = {}
    if all(sexes):
        sex["sex"] = _lanes(model, "sex", {"exact" if sexes[0] == sexes[1] else "different"})
    other_family = other_family_level({_SEXES[one] for one in sexes} - {""})
    pairs = [_name(model, name, other_family) for name in names] or [{}]
    return packed(_highest(_bounded(model, pair | sex) for pair in pairs))


def _name(model: MatchModel, name: Name, other_family: str) -> dict[str, Lanes]:
    given, family, middle, suffix, rare_given, rare_family = name
    return {
        "given": _class(model, "given", given, rare_given),
        "family": _lanes(model, "family", {other_family})
        if family == DIFFERENT
        else _class(model, "family", family, rare_family),
        "middle": _class(model, "middle", middle),
        "suffix": _class(model, "suffix", suffix),
    }


@lru_cache(maxsize=16384)
def most_of_homes(model: MatchModel, places: tuple[Place, ...], phone: tuple[int, int]) -> int:
    """The loudest pair of addresses, with the phone, whose evidence counts with the home."""
    line = {"phone": _class(model, "phone", *phone)}
    homes = [_home(model, place) for place in places] or [{}]
    return packed(_highest(_bounded(model, home | line) for home in homes))


def _home(model: MatchModel, place: Place) -> dict[str, Lanes]:
    """Two homes that are surely apart agree in their area at most (`households.live_apart`)."""
    building, street, house, unit, postcode, city, rare_home, rare_postcode, rare_city = place
    other_house = house == DIFFERENT and (street != NONE or postcode == EQUAL)
    apart = not building and (street == DIFFERENT or other_house)
    streets = {"different", "other_house"} if street >= LIKE else {"different"}
    return {
        "street": _lanes(model, "street", streets, is_compared=False)
        if apart
        else _class(model, "street", ANY if street else NONE, rare_home),
        "house": _class(model, "house", NONE if apart else house, is_compared=False),
        "unit": _class(model, "unit", NONE if apart else unit, is_compared=False),
        "building": _class(model, "building", building),
        "postcode": _area(model, "postcode", (postcode, rare_postcode), apart),
        "city": _area(model, "city", (city, rare_city), apart, postcode != EQUAL),
    }


def _area(
    model: MatchModel, field: str, kind: tuple[int, int], apart: bool, is_compared: bool = True
) -> Lanes:
    found, rare = kind
    if found == NONE:
        return _lanes(model, field, ())
    levels = {"different_apart"}
    if not apart:
        levels.add("different")
    if found >= LIKE:
        levels.add("close")
    if found == EQUAL:
        levels.add("exact_apart")
    if found == EQUAL and not apart:
        levels.add("exact")
    return _lanes(model, field, levels, rare, is_compared)


@lru_cache(maxsize=16384)
def most_of_rest(model: MatchModel, rest: Rest) -> int:
    """Birth dates, e-mail addresses, handles and employers."""
    birth, email, rare_email, handle, company, rare_company = rest
    return packed(
        _bounded(
            model,
            {
                "birth_date": _lanes(model, "birth_date", {birth} if birth else ()),
                "email": _class(model, "email", email, rare_email),
                "handle": _class(model, "handle", handle, is_compared=False),
                "company": _class(model, "company", company, rare_company),
            },
        )
    )


def _class(
    model: MatchModel, field: str, kind: int, rare: int = 0, is_compared: bool = True
) -> Lanes:
    levels: Collection[str] = model.fields[field].levels
    if kind == NONE:
        levels = ()
    elif kind == DIFFERENT:
        levels = {"different"}
    elif kind == LIKE:
        levels = set(levels) - _EXACT - _CROSSED
    elif kind == EQUAL:
        levels = set(levels) - _CROSSED
    else:
        rare, is_compared = max(rare, 0), False
    return _lanes(model, field, levels, rare, is_compared)


def _lanes(
    model: MatchModel,
    field: str,
    levels: Collection[str],
    rare: int = 0,
    is_compared: bool = True,
) -> Lanes:
    """The most that these levels of a field weigh; 0 too where the field may not be compared."""
    weights = model.fields[field].bits
    said = [weights[one].rarer(rare) if one in _EXACT else weights[one] for one in levels]
    lanes = [(one.same, *one.kin) for one in said]
    if not lanes or not is_compared:
        lanes.append((0,) * (1 + len(model.kin)))
    return _highest(lanes)


def _highest(several: Iterable[Lanes]) -> Lanes:
    return tuple(map(max, zip(*several, strict=True)))


def _bounded(model: MatchModel, fields: Mapping[str, Lanes]) -> Lanes:
    """The sum of the fields, each evidence group within its limits."""
    by_group: dict[Group, list[Lanes]] = {}
    for field, lanes in fields.items():
        by_group.setdefault(model.fields[field].group, []).append(lanes)
    bounded = []
    for group, several in by_group.items():
        low, high = model.limits.get(group, (-1_000_000, 1_000_000))
        sums = map(sum, zip(*several, strict=True))
        bounded.append(tuple(min(max(total, low), high) for total in sums))
    return tuple(map(sum, zip(*bounded, strict=True)))
