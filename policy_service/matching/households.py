"""How far two people's addresses agree, part by part. Symmetric; no weights."""

from __future__ import annotations

from itertools import product

from policy_service.matching.comparisons import Alternative, Level
from policy_service.matching.normalise import Features
from policy_service.matching.places import Place
from policy_service.matching.spelling import ratio, slips


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
    area = (postcode, city)
    if elsewhere or live_apart(street, house):
        area = (apart(postcode), apart(city))
    return tuple(level for level in (street, house, inside, *area) if level)


def live_apart(street: Level | None, house: Level | None) -> bool:
    """Whether two known streets or house numbers show two homes."""
    unlike = street is not None and street.level in ("different", "other_house")
    return unlike or _is(house, "different")


def apart(level: Level | None) -> Level | None:
    """The level of an area once the homes are known to differ.

    One postcode is then no part of a common home, and two are no further difference.
    """
    if level is None or level.level == "close":
        return level
    field, found, one, other, counted = level
    return Level(field, f"{found}_apart", one, other, counted)


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
    if _is_line(one.street, other.building) or _is_line(one.building, other.street):
        return Level("street", "close", one.street, other.street)  # address lines exchanged
    same_name = one.street_name == other.street_name
    close = same_name or ratio(one.street, other.street) >= 80
    return Level("street", "close" if close else "different", one.street, other.street)


def _is_line(street: str, building: str) -> bool:
    return bool(street and building) and ratio(street, building) >= 80


def _postcode(one: Place, other: Place) -> Level | None:
    level = _spelling(one.postcode, other.postcode, 1)
    counted = f"postcode:{one.postcode}" if level == "exact" else ""
    return Level("postcode", level, one.postcode, other.postcode, counted) if level else None


def _city(one: Place, other: Place) -> Level | None:
    level = _spelling(one.city, other.city, 2)
    counted = f"city:{one.city}" if level == "exact" else ""
    return Level("city", level, one.city, other.city, counted) if level else None


def _spelling(one: str, other: str, most: int) -> str:
    if not (one and other):
        return ""
    if one == other:
        return "exact"
    return "close" if slips(one, other, most) <= most else "different"
