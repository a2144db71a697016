"""What two records say of each other: one names the other, or both name a third person."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from policy_service.matching.comparisons import Alternative, Level, family_level, given_level
from policy_service.matching.names import FoldedName
from policy_service.matching.normalise import Features, NamedPerson

_SAME_GIVEN = frozenset({"exact", "variant", "close"})
_SAME_FAMILY = frozenset({"exact", "part", "close"})


def named_alternatives(query: Features, candidate: Features) -> list[Alternative]:
    """Where a person named by one record (emergency contact, guarantor …) is the other person."""
    one_line = not query.phones.isdisjoint(candidate.phones)
    found = [_named(person, candidate, one_line) for person in query.related]
    found += [_named(person, query, one_line) for person in candidate.related]
    return [(level,) for level in found if level]


def shared_alternatives(query: Features, candidate: Features) -> list[Alternative]:
    """Where both records name the same third person."""
    pairs = product(query.related, candidate.related)
    return [
        (Level("shared_contact", "exact", shown(one.name), shown(other.name)),)
        for one, other in pairs
        if is_same_name(one.name, other.name)
    ]


def naming(one: Features, other: Features) -> Iterator[NamedPerson]:
    """The people named by `one` who agree with `other` by name or phone."""
    return (person for person in one.related if _named(person, other, False))


def _named(person: NamedPerson, other: Features, one_line: bool) -> Level | None:
    same_name = next((name for name in other.names if is_same_name(person.name, name)), None)
    same_phone = person.phone != "" and person.phone in other.phones
    if same_name:
        same_birth = person.birth is not None and person.birth == other.birth
        level = "name_and_second_field" if same_phone or same_birth else "name"
        if level == "name" and person.phone and other.phones and not one_line:
            level = "name_other_phone"
        counted = f"name:{same_name.given}|{same_name.family}"
        return Level("named_contact", level, *_both(person.name, same_name), counted)
    if same_phone:
        return Level("named_contact", "phone", person.phone, person.phone)
    return None


def _both(one: FoldedName, other: FoldedName) -> tuple[str, str]:
    return shown(one), shown(other)


def is_same_name(one: FoldedName, other: FoldedName) -> bool:
    """Whether given and family names are both stated and agree."""
    if not (one.given and one.family and other.given and other.family):
        return False
    return given_level(one, other) in _SAME_GIVEN and family_level(one, other) in _SAME_FAMILY


def shown(name: FoldedName) -> str:
    """The folded name as one text."""
    return f"{name.given} {name.family}".strip()
