"""Match texts: what two records must share, at least once, to be compared at all.

About twenty texts a person (matching page, section 11.2). The caller turns each into a keyed hash;
the text begins with its kind, so a house number never meets a birth year. A related person's texts
are those he or she would have as a person, so a named contact meets that person's own record.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import product
from typing import NamedTuple

from jellyfish import metaphone, soundex

from policy_service.domain.people import PersonRecord
from policy_service.matching.names import FoldedName
from policy_service.matching.normalise import Features, NamedPerson, normalise
from policy_service.matching.places import Place
from policy_service.matching.short_names import formal_names

KEYS_VERSION = 1
"""Raised with every change of what `match_texts` gives: people filed before are filed anew."""
_MAX_TEXTS = 160  # a record of many aliases and addresses must not flood the index


class KeyText(NamedTuple):
    """One text to hash. `family` is what a reader is told ("name and birth year").

    An optional text finds people for whom it is the only clue, such as a rare family name. Where it
    is common it says next to nothing by itself, so passing it over leaves no question open.

    `measures` names the frequency text (see `Frequencies`) that the number of its holders measures.
    """

    family: str
    text: str
    is_optional: bool = False
    measures: str = ""


def match_texts(record: PersonRecord) -> tuple[KeyText, ...]:
    """The distinct match texts of `record`, most telling first; empty when nothing is known."""
    return features_texts(normalise(record))


def features_texts(features: Features) -> tuple[KeyText, ...]:
    """`match_texts` for a record that is normalised already."""
    by_text: dict[str, KeyText] = {}
    for key in _all_keys(features):
        by_text.setdefault(key.text, key)
    return tuple(by_text.values())[:_MAX_TEXTS]


def _all_keys(features: Features) -> Iterator[KeyText]:
    yield from _contact_keys(features)
    yield from _related_keys(features)
    for name in features.names:
        yield from _name_keys(name)
        yield from _nickname_keys(name, features)
        yield from _family_keys(name)
    words = _words(features)
    yield from _birth_keys(words, features)
    for place in features.places:
        yield from _place_keys(place, words, features)
    yield from _work_keys(features)


def _contact_keys(features: Features) -> Iterator[KeyText]:
    for email in features.emails:
        yield KeyText("email", f"em:{email.whole}", measures=f"email:{email.whole}")
        if not email.is_role:
            yield KeyText("email name", f"el:{email.local}")
            yield KeyText("email by sound", f"es:{sound(_letters(email.local))}", is_optional=True)
            domain = email.whole.partition("@")[2]
            yield KeyText("email domain", f"ed:{domain}", is_optional=True)
    for phone in sorted(features.phones):
        yield KeyText("phone", f"ph:{phone[-7:]}", measures=f"phone:{phone}")
    for handle in sorted(features.handles):
        yield KeyText("handle", f"ha:{handle.partition(':')[2]}")


def _related_keys(features: Features) -> Iterator[KeyText]:
    for person in features.related:
        yield from _related_person_keys(person)


def _related_person_keys(person: NamedPerson) -> Iterator[KeyText]:
    if person.phone:
        yield KeyText("phone of a named person", f"ph:{person.phone[-7:]}")
    for key in _name_keys(person.name):
        yield KeyText("name of a named person", key.text)
    for formal, family in product(
        sorted(formal_names(person.name.given)), person.name.family_parts
    ):
        yield KeyText("name of a named person", f"nf:{formal}|{sound(family)}")
    if person.birth and person.birth.is_full:
        yield KeyText("birth date of a named person", f"bd:{person.birth}")


def _family_keys(name: FoldedName) -> Iterator[KeyText]:
    for family in name.family_parts:
        measures = f"family:{name.family}" if len(name.family_parts) == 1 else ""
        yield KeyText("family name", f"fa:{family}", is_optional=True, measures=measures)


def _name_keys(name: FoldedName) -> Iterator[KeyText]:
    for given, family in product(name.given_parts[:1], name.family_parts):
        yield KeyText("name by sound", f"nm:{_pair(sound(given), sound(family))}")
        yield KeyText("name by soundex", f"ns:{_pair(soundex(given), soundex(family))}")


def _nickname_keys(name: FoldedName, features: Features) -> Iterator[KeyText]:
    cities = {place.city for place in features.places if place.city}
    for formal in sorted(formal_names(name.given)):
        for family in name.family_parts:
            yield KeyText("nickname and family name", f"nf:{formal}|{sound(family)}")
    for city in sorted(cities) if name.given else ():
        yield KeyText("given name and town", f"gc:{name.given_parts[0]}|{city}")


def _birth_keys(words: tuple[str, ...], features: Features) -> Iterator[KeyText]:
    birth = features.birth
    if not birth:
        return
    if birth.is_full:
        yield KeyText("birth date", f"bd:{birth}")
    for word in words:
        for years in (f"{birth.year // 2}", f"{(birth.year + 1) // 2}+"):  # neighbours share one
            yield KeyText("name and birth year", f"ny:{sound(word)}|{years}")
        if birth.is_full:
            yield KeyText("name and birthday", f"nd:{sound(word)}|{birth.month}|{birth.day}")
            yield KeyText("letters, year and day", f"ld:{word[:2]}|{birth.year}|{birth.day}")


def _place_keys(place: Place, words: tuple[str, ...], features: Features) -> Iterator[KeyText]:
    street = sound(place.street_name)
    if place.postcode:
        yield from _postcode_keys(place, words, features)
    elif place.city:
        yield KeyText("town", f"ci:{place.city}", is_optional=True)
    if place.house and street:
        yield KeyText("house and street", f"hs:{place.house}|{street}")
    if place.house and place.building:
        yield KeyText("house and street", f"hs:{place.house}|{sound(place.building.split()[0])}")
    for word in words if place.house else ():
        yield KeyText("name and house number", f"wh:{sound(word)}|{place.house}", is_optional=True)
    if place.house and place.city:
        near = f"ht:{place.house}|{soundex(place.city)}"
        yield KeyText("house number and town", near, is_optional=True)
    if place.city and features.birth:
        about = f"ty:{soundex(place.city)}|{features.birth.year}"
        yield KeyText("town and birth year", about, is_optional=True)
    for word in words if place.city else ():
        yield KeyText("name and town", f"nc:{soundex(word)}|{soundex(place.city)}")


def _postcode_keys(place: Place, words: tuple[str, ...], features: Features) -> Iterator[KeyText]:
    if place.house:
        measures = f"dwelling:{place.dwelling}" if place.dwelling else ""
        yield KeyText("postcode and house", f"ch:{place.postcode}|{place.house}", measures=measures)
    if place.street:
        yield KeyText("postcode and street", f"cs:{place.postcode}|{sound(place.street_name)}")
    for word in words:
        yield KeyText("postcode and name", f"cn:{place.postcode}|{sound(word)}")
    yield KeyText("postcode", f"po:{place.postcode}", is_optional=True)
    if features.birth:
        yield KeyText("postcode and birth year", f"cy:{place.postcode}|{features.birth.year}")


def _work_keys(features: Features) -> Iterator[KeyText]:
    for name in features.names if features.company else ():
        if name.given:
            yield KeyText("employer and given name", f"wg:{features.company}|{name.given_parts[0]}")


def _words(features: Features) -> tuple[str, ...]:
    """Every given and family word of every name; swapped names thus share all their keys."""
    parts = (
        word for name in features.names for word in (*name.given_parts[:1], *name.family_parts)
    )
    return tuple(dict.fromkeys(parts))


def _letters(local: str) -> str:
    return "".join(filter(str.isalpha, local)) or local


@lru_cache(maxsize=8192)
def sound(word: str) -> str:
    """Metaphone, or the word itself where metaphone hears nothing."""
    return metaphone(word) or word


def _pair(one: str, other: str) -> str:
    return "|".join(sorted((one, other)))
