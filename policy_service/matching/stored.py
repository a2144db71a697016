"""Features as they are kept beside a person's record, so that no candidate is normalised twice.

The form is lists of strings, integers and lists in a fixed order: canonical-JSON-safe, and read
back in a few microseconds. It holds nothing that the record does not say. `NORMALISER` numbers what
`normalise` makes of a record: whoever changes that raises the number, and features under another
number are made anew from the record (`tests/matching/test_stored.py` fails until it is raised).
"""

from __future__ import annotations

from typing import Any

from policy_service.domain.people import NameKind
from policy_service.matching.contacts import Email
from policy_service.matching.dates import BirthDate
from policy_service.matching.names import FoldedName
from policy_service.matching.normalise import Features, NamedPerson
from policy_service.matching.places import Place

NORMALISER = 1
"""What made the features. Kept in clear beside them; never two meanings for one number."""

_KINDS = {kind.value: kind for kind in NameKind}


def stored_form(features: Features) -> list[Any]:
    """The features as lists, for `read_stored`."""
    return [
        [_name_form(name) for name in features.names],
        _birth_form(features.birth),
        features.sex,
        sorted(features.phones),
        [[email.whole, email.local, int(email.is_role)] for email in features.emails],
        [list(place) for place in features.places],
        sorted(features.handles),
        features.company,
        [
            [_name_form(one.name), one.relation, one.role, _birth_form(one.birth), one.phone]
            for one in features.related
        ],
    ]


def read_stored(form: list[Any]) -> Features:
    """The features that `stored_form` wrote, without the record."""
    names, birth, sex, phones, emails, places, handles, company, related = form
    return Features(
        tuple([_name(*one) for one in names]),
        BirthDate(*birth) if birth else None,
        sex,
        frozenset(phones),
        tuple([Email(whole, local, is_role == 1) for whole, local, is_role in emails]),
        tuple([Place(*one) for one in places]),
        frozenset(handles),
        company,
        tuple([_named_person(*one) for one in related]),
    )


def _name_form(name: FoldedName) -> list[Any]:
    *texts, given_parts, family_parts, kind = name
    return [*texts, list(given_parts), list(family_parts), kind.value]


def _name(given: str, family: str, middle: str, suffix: str, *parts: Any) -> FoldedName:
    given_parts, family_parts, kind = parts
    return FoldedName(
        given, family, middle, suffix, tuple(given_parts), tuple(family_parts), _KINDS[kind]
    )


def _birth_form(birth: BirthDate | None) -> list[Any]:
    return [birth.year, birth.month, birth.day, birth.digits] if birth else []


def _named_person(
    name: list[Any], relation: str, role: str, birth: list[Any], phone: str
) -> NamedPerson:
    born = BirthDate(*birth) if birth else None
    return NamedPerson(_name(*name), relation, role, born, phone)
