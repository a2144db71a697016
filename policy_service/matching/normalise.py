"""A record as recognition sees it: every value folded, every placeholder gone, all remarks kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from policy_service.domain.people import PersonRecord, RelatedPerson
from policy_service.matching.contacts import Email, read_email, read_handle, read_phone
from policy_service.matching.dates import BirthDate, read_birth_date
from policy_service.matching.names import FoldedName, fold, fold_name, is_placeholder, real_name
from policy_service.matching.places import Place, read_address

_SEXES = {"m": "male", "male": "male", "f": "female", "female": "female"}


@dataclass(frozen=True, slots=True)
class NamedPerson:
    """A related person, folded."""

    name: FoldedName
    relation: str
    role: str
    birth: BirthDate | None
    phone: str


@dataclass(frozen=True, slots=True)
class Features:
    """What two records are compared by. `warnings` says what was stated and could not be used."""

    names: tuple[FoldedName, ...]
    birth: BirthDate | None
    sex: str
    phones: frozenset[str]
    emails: tuple[Email, ...]
    places: tuple[Place, ...]
    handles: frozenset[str]
    company: str
    related: tuple[NamedPerson, ...]
    warnings: tuple[str, ...]


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
        warnings=tuple(_warnings(record)),
    )


def _distinct_names(record: PersonRecord) -> tuple[FoldedName, ...]:
    folded = (fold_name(name) for name in record.names)
    return tuple(dict.fromkeys(name for name in folded if name))


def _named_person(person: RelatedPerson) -> NamedPerson | None:
    name = fold_name(person.name)
    if name is None:
        return None
    birth, _ = read_birth_date(person.birth_date)
    return NamedPerson(name, person.relation, person.role.value, birth, read_phone(person.phone))


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
