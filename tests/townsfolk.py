"""Invented strangers for tests that need many people: same seed, same people."""

from __future__ import annotations

from random import Random

from policy_service.domain.people import Address, PersonName, PersonRecord

_GIVEN_WORDS = (
    "Agnes Bruno Clara Dmitri Elena Felix Greta Hugo Ines Jakob Karin Leon Mara Nils Olga Pavel "
    "Quentin Rosa Stefan Tilda Ulrich Vera Willem Xenia Yusuf Zora Amara Boris Celia Dorian"
)
_FAMILY_WORDS = (
    "Abernathy Bjornstad Castellano Dragomir Ehrlich Fontaine Grimaldi Halloran Ivanova Jankowski "
    "Kowalczyk Lindqvist Montenegro Nakamura Oyelaran Petrescu Quiroga Rasmussen Szymanski Tanaka "
    "Underhill Vasquez Wojcik Xiang Yamamoto Zielinski"
)
_STREET_WORDS = "Alder Birch Cedar Dogwood Elmwood Foxglove Gable Hawthorn Ivywood Juniper"
_GIVEN, _FAMILY, _STREETS = map(str.split, (_GIVEN_WORDS, _FAMILY_WORDS, _STREET_WORDS))


def townsfolk(number: int, seed: int = 7, postcode: str = "") -> list[PersonRecord]:
    """`number` people who are nobody's relatives; with `postcode`, all of them live in it."""
    random = Random(seed)
    return [_person(random, postcode) for _ in range(number)]


def _person(random: Random, postcode: str) -> PersonRecord:
    given, family = random.choice(_GIVEN), random.choice(_FAMILY)
    day = f"{random.randrange(1940, 2005)}-{random.randrange(1, 13):02d}-{random.randrange(2, 29)}"
    line = random.randrange(2_000_000, 5_000_000)
    address = Address(
        house=str(random.randrange(1, 999)),
        street=f"{random.choice(_STREETS)} Street",
        city=random.choice(("Austin", "Waco", "Laredo")),
        postcode=postcode or f"{random.randrange(73_000, 79_999)}",
    )
    return PersonRecord(
        (PersonName(given, family),),
        birth_date=f"{day[:8]}{int(day[8:]):02d}",
        sex=random.choice(("female", "male")),
        phones=(f"+1512{line}",),
        emails=(f"{given}.{line}@example.org".lower(),),
        addresses=(address,),
    )
