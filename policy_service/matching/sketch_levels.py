"""Which levels two sketches leave possible, field by field.

Every function errs on the side of agreement: LIKE where the records may differ, never DIFFERENT
where a comparison of the records could find them alike. Symmetric.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import product

from policy_service.matching.sketches import EmailSketch, NameSketch, PlaceSketch, Sketch, Spelt

NONE, DIFFERENT, LIKE, EQUAL, ANY = range(5)
"""Not compared; surely the level `different`; any level but exact agreement; any level; any level,
also none, also of another part of the name."""


def may_be_close(letters: int, length: int, other_letters: int, other_length: int) -> bool:
    """False only if the two words are neither equal nor close (`comparisons._is_close`).

    A letter that the other word lacks costs a slip of its own, and is no match for Jaro-Winkler:
    from 0.92 on, with m matches, m / length + m / length is 1.6 at least.
    """
    longest = length if length > other_length else other_length
    if (letters ^ other_letters).bit_count() > (4 if longest < 9 else longest):
        return False  # more than either rule below can bear, and so for most pairs of words
    if not (length and other_length):
        return False
    mine = (letters & ~other_letters).bit_count()
    theirs = (other_letters & ~letters).bit_count()
    slips = 0 if longest < 4 else 1 if longest < 6 else 2
    if mine <= slips and theirs <= slips and abs(length - other_length) <= slips:
        return True
    matches = min(length - mine, other_length - theirs)
    return longest > 4 and 10 * matches * (length + other_length) >= 16 * length * other_length


def may_slip(one: Spelt, other: Spelt, most: int) -> bool:
    """False only if more than `most` slips lie between the two words."""
    _, letters, length = one
    _, other_letters, other_length = other
    return (
        abs(length - other_length) <= most
        and (letters & ~other_letters).bit_count() <= most
        and (other_letters & ~letters).bit_count() <= most
    )


def may_share(one: Spelt, other: Spelt, percent: int) -> bool:
    """False only if the two texts have fewer letters in common than `percent` (`ratio`)."""
    _, letters, length = one
    _, other_letters, other_length = other
    mine = length - (letters & ~other_letters).bit_count()
    theirs = other_length - (other_letters & ~letters).bit_count()
    return 200 * min(mine, theirs) >= percent * (length + other_length)


def name_class(one: NameSketch, other: NameSketch) -> tuple[int, int, int, int]:
    """The classes of given, family and middle name, and whether suffixes are compared."""
    suffix = ANY if one.has_suffix or other.has_suffix else NONE
    middle = _middle_class(one, other)
    if one.is_odd or other.is_odd or _may_cross(one, other):
        return ANY, ANY, ANY if middle else NONE, suffix
    return _given_class(one, other), _family_class(one, other), middle, suffix


def _may_cross(one: NameSketch, other: NameSketch) -> bool:
    """Whether one's given name may stand in the other's family name (`comparisons._crossed`)."""
    return may_be_close(
        one.given_letters, one.given_length, other.family_letters, other.family_length
    ) or may_be_close(
        one.family_letters, one.family_length, other.given_letters, other.given_length
    )


def _given_class(one: NameSketch, other: NameSketch) -> int:
    if not (one.given_length and other.given_length):
        return NONE
    if one.given == other.given:
        return EQUAL
    alike = (
        one.given_sound == other.given_sound
        or 1 in (one.given_length, other.given_length)
        or one.given == other.middle
        or one.middle == other.given
        or one.formal & other.formal
        or may_be_close(
            one.given_letters, one.given_length, other.given_letters, other.given_length
        )
    )
    return LIKE if alike else DIFFERENT


def _family_class(one: NameSketch, other: NameSketch) -> int:
    if not (one.family_length and other.family_length):
        return NONE
    if one.family == other.family:
        return EQUAL
    alike = one.family_sound == other.family_sound or may_be_close(
        one.family_letters, one.family_length, other.family_letters, other.family_length
    )
    return LIKE if alike else DIFFERENT


def _middle_class(one: NameSketch, other: NameSketch) -> int:
    """An initial may stand for a name."""
    if not (one.middle_length and other.middle_length):
        return NONE
    if one.middle == other.middle:
        return EQUAL
    short = 1 in (one.middle_length, other.middle_length)
    initial = short and one.middle_letters & other.middle_letters
    alike = initial or may_be_close(
        one.middle_letters, one.middle_length, other.middle_letters, other.middle_length
    )
    return LIKE if alike else DIFFERENT


def may_name(one: Sketch, other: Sketch) -> bool:
    """Whether one record may name the other person, or both a third one."""
    return (
        any(_may_be(named, other) for named in one.related)
        or any(_may_be(named, one) for named in other.related)
        or any(
            _may_be_same_name(named[0], third[0])
            for named, third in product(one.related, other.related)
        )
    )


def _may_be(named: tuple[NameSketch, int], person: Sketch) -> bool:
    name, phone = named
    return phone in person.phones or any(_may_be_same_name(name, own) for own in person.names)


def _may_be_same_name(one: NameSketch, other: NameSketch) -> bool:
    if one.is_odd or other.is_odd:
        return True
    return _given_class(one, other) >= LIKE and _family_class(one, other) >= LIKE


def overlap(some: Collection[int], others: Collection[int]) -> int:
    """EQUAL where one value may be in both; DIFFERENT where both have values, and none is."""
    if not (some and others):
        return NONE
    return DIFFERENT if set(some).isdisjoint(others) else EQUAL


def email_class(some: Sequence[EmailSketch], others: Sequence[EmailSketch]) -> int:
    """The class of the most alike addresses; LIKE where a slip or the domain may be all."""
    found = NONE
    for one, other in product(some, others):
        if one.whole == other.whole:
            return EQUAL
        roles = one.is_role or other.is_role
        slip = not roles and may_slip(one[:3], other[:3], 2)
        found = max(found, LIKE if slip or one.local == other.local else DIFFERENT)
    return found


def employer_class(one: Spelt, other: Spelt) -> int:
    """Two employers: one, where nine letters in ten may agree."""
    if not (one[2] and other[2]):
        return NONE
    return ANY if may_share(one, other, 90) else DIFFERENT


def place_class(one: PlaceSketch, other: PlaceSketch) -> tuple[int, int, int, int, int, int]:
    """The classes of building, street, house, unit, postcode and town."""
    return (
        ANY if one.has_building or other.has_building else NONE,
        _street_class(one, other),
        _hash_class(one.house, other.house),
        _hash_class(one.unit, other.unit),
        _spelling_class(one[7:10], other[7:10], 1),
        _spelling_class(one[10:], other[10:], 2),
    )


def _street_class(one: PlaceSketch, other: PlaceSketch) -> int:
    if not (one.street and other.street):
        return NONE
    if one.street == other.street:
        return EQUAL
    alike = one.street_name == other.street_name or may_share(one[2:5], other[2:5], 80)
    return LIKE if alike else DIFFERENT


def _hash_class(one: int, other: int) -> int:
    if not (one and other):
        return NONE
    return EQUAL if one == other else DIFFERENT


def _spelling_class(one: Spelt, other: Spelt, most: int) -> int:
    if not (one[0] and other[0]):
        return NONE
    if one[0] == other[0]:
        return EQUAL
    return LIKE if may_slip(one, other, most) else DIFFERENT
