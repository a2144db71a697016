"""A record as recognition sees it: every value folded, every placeholder gone, all remarks kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from policy_service.domain.people import NameKind, PersonRecord, RelatedPerson
from policy_service.matching.contacts import Email, read_email, read_handle, read_phone
from policy_service.matching.dates import BirthDate, read_birth_date
from policy_service.matching.names import (
    NOBODY,
    FoldedName,
    fold,
    fold_name,
    is_placeholder,
    real_name,
)
from policy_service.matching.places import Place, read_address
from policy_service.matching.short_names import is_known_name

_SEXES = {"m": "male", "male": "male", "f": "female", "female": "female"}


class NamedPerson(NamedTuple):
    """A related person, folded."""

    name: FoldedName
    relation: str
    role: str
    birth: BirthDate | None
    phone: str


@dataclass(slots=True)  # not frozen: dozens are made for each query, and frozen costs thrice
class Features:
    """What two records are compared by; never changed. `record` is only at hand for a query."""

    names: tuple[FoldedName, ...]
    birth: BirthDate | None
    sex: str
    phones: frozenset[str]
    emails: tuple[Email, ...]
    places: tuple[Place, ...]
    handles: frozenset[str]
    company: str
    related: tuple[NamedPerson, ...]
    record: PersonRecord | None = field(default=None, compare=False)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was stated and could not be used."""
        return tuple(_warnings(self.record)) if self.record else ()


def normalise(record: PersonRecord) -> Features:
    """The features of `record`; never raises, whatever the record holds."""
    birth, _ = read_birth_date(record.birth_date)
    places = (read_address(address) for address in record.addresses)
    return Features(
        names=_distinct_names(record),
        birth=birth,
        sex=_SEXES.get(record.sex.lower(), ""),
        phones=frozenset(filter(None, map(read_phone, record.phones))),
        emails=tuple(filter(None, map(read_email, record.emails))),
        places=tuple(dict.fromkeys(place for place in places if place)),
        handles=frozenset(filter(None, map(read_handle, record.handles))),
        company=real_name(fold(record.company)),
        related=tuple(filter(None, map(_named_person, record.related))),
        record=record,
    )


def _distinct_names(record: PersonRecord) -> tuple[FoldedName, ...]:
    folded = [name for name in map(fold_name, record.names) if name]
    completed = (full for name in folded for full in _completed(name, folded[0]))
    return tuple(dict.fromkeys(completed))


def _completed(name: FoldedName, first: FoldedName) -> Iterator[FoldedName]:
    """A further name of one part only goes with the other part of the first name.

    One word as an alias may be a nickname or a former family name; unless the tables know it for a
    given name, it is read as both.
    """
    word = name.given or name.family
    if name is first or (name.given and name.family) or not (first.given and first.family):
        yield name
        return
    parts = name.given_parts if name.given else name.family_parts
    if name.given:
        yield name._replace(family=first.family, family_parts=first.family_parts)
    if name.family or (name.kind is NameKind.ALIAS and not is_known_name(word)):
        yield first._replace(family=word, family_parts=parts, kind=name.kind)


def _named_person(person: RelatedPerson) -> NamedPerson | None:
    name, phone = fold_name(person.name), read_phone(person.phone)
    if name is None and not phone:
        return None
    birth, _ = read_birth_date(person.birth_date)
    return NamedPerson(name or NOBODY, person.relation, person.role.value, birth, phone)


def _warnings(record: PersonRecord) -> Iterator[str]:
    if any(map(is_placeholder, record.names)):
        yield "name is a placeholder"
    if remark := read_birth_date(record.birth_date)[1]:
        yield remark
    if any(not read_phone(phone) for phone in record.phones):
        yield "phone is a placeholder or no number"
    if any(read_email(email) is None for email in record.emails):
        yield "email is a placeholder or no address"
    if record.addresses and not any(map(read_address, record.addresses)):
        yield "address holds no usable part"
