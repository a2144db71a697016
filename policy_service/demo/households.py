"""Invented clients in households, with their episodes of care, as the rosters of a practice.

The same people come out every time: one seed, and no clock but the day given. A household shares
its address and telephone, most of its family name, and some of its members: parents, children, a
grandparent, twins. Names repeat as they do in life.
"""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from policy_service.demo.clinicians import WITH_CASELOAD
from policy_service.demo.names import FAMILY, GIVEN, STREETS, TOWNS

CLIENTS = 3000
_SEED = "cedar-street-1"
_SIZES = (1, 1, 1, 2, 2, 2, 3, 3, 4, 5)
_REASONS = ("planned", "planned", "client_choice", "transfer", "lost_contact")
_CLIENT_COLUMNS = (
    "external_id",
    "given_name",
    "family_name",
    "former_family_names",
    "birth_date",
    "sex",
    "phones",
    "emails",
    "house",
    "street",
    "city",
    "state",
    "postcode",
)
_EPISODE_COLUMNS = (
    "external_id",
    "client_id",
    "clinician_id",
    "began_on",
    "last_contact_on",
    "terminated_on",
    "termination_reason",
)
_SHARE_IN_CARE = 0.2


@dataclass(frozen=True, slots=True)
class Home:
    """What a household shares."""

    family: str
    phone: str
    house: int
    street: str
    town: tuple[str, str, str]


def client_roster(count: int = CLIENTS) -> bytes:
    """The clients, as clients.csv."""
    chance = random.Random(_SEED)
    return _table(_CLIENT_COLUMNS, _people(chance, count))


def episode_roster(today: date, count: int = CLIENTS) -> bytes:
    """Their episodes, as episodes.csv: about a fifth in care today, the others former clients."""
    chance = random.Random(f"{_SEED}/care")
    rows = (_episode(chance, today, number) for number in range(1, count + 1))
    return _table(_EPISODE_COLUMNS, rows)


def _table(columns: Iterable[str], rows: Iterable[Iterable[object]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue().encode()


def _people(chance: random.Random, count: int) -> Iterator[list[object]]:
    phones = _phones(chance)
    number = 0
    while True:
        home = _home(chance, phones)
        eldest = chance.randint(1935, 2000)
        for place in range(chance.choice(_SIZES)):
            number += 1
            if number > count:
                return
            yield _member(chance, home, number, _born(chance, eldest, place))


def _phones(chance: random.Random) -> dict[str, list[str]]:
    """555-0100 to 555-0199 of each area are reserved for fiction; none is given out twice."""
    areas = sorted({area for *_, codes in TOWNS for area in codes})
    numbers = {area: [f"{area}-555-01{end:02d}" for end in range(60)] for area in areas}
    for left in numbers.values():
        chance.shuffle(left)
    return numbers


def _home(chance: random.Random, phones: dict[str, list[str]]) -> Home:
    town, state, postcode, areas = chance.choice(TOWNS)
    left = phones[chance.choice(areas)]
    return Home(
        family=chance.choice(FAMILY),
        phone=left.pop() if left else "",
        house=chance.randint(2, 9800),
        street=chance.choice(STREETS),
        town=(town, state, f"{postcode}{chance.randint(1, 60):02d}"),
    )


def _born(chance: random.Random, eldest: int, place: int) -> date:
    """The first two are of an age, the others their children."""
    year = eldest + (chance.randint(-6, 6) if place == 1 else 0)
    year += chance.randint(22, 40) if place > 1 else 0
    return date(min(year, 2019), 1, 1) + timedelta(days=chance.randrange(365))


def _member(chance: random.Random, home: Home, number: int, born: date) -> list[object]:
    sex = chance.choice(("female", "male"))
    given = chance.choice(GIVEN[sex])
    other = chance.choice(FAMILY) if chance.random() < 0.12 else home.family
    former = chance.choice(FAMILY) if sex == "female" and chance.random() < 0.15 else ""
    email = f"{given}.{other}.{born:%y}{number}@example.org".lower()
    return [
        f"CSC-{number:05d}",
        given,
        other,
        former,
        born.isoformat(),
        sex,
        home.phone,
        email if chance.random() < 0.8 else "",
        home.house,
        home.street,
        *home.town,
    ]


def _episode(chance: random.Random, today: date, number: int) -> list[object]:
    began = today - timedelta(days=chance.randint(30, 12 * 365))
    clinician = chance.choice(WITH_CASELOAD)
    known = [f"CSE-{number:05d}", f"CSC-{number:05d}", clinician, began.isoformat()]
    if chance.random() < _SHARE_IN_CARE:
        return [*known, "", "", ""]
    ended = began + timedelta(days=chance.randint(14, (today - began).days))
    last = ended - timedelta(days=chance.randint(0, 14))
    return [*known, max(last, began).isoformat(), ended.isoformat(), chance.choice(_REASONS)]
