"""An invented population for the speed bench: US-like households by the hundred thousand.

Names follow steep popularity curves as in the census (the commonest family name about one in a
hundred, a long tail of thousands); towns of unequal size, several thousand as over a nation or a
few hundred as in one region, with a postcode for about eight thousand people; households of one to
five share a home, a line and mostly a family name. Everything is drawn from a seed; nobody exists.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import accumulate, product
from random import Random

from bench.town import FEMALE, MALE, Town, families
from policy_service.domain.people import Address, PersonName, PersonRecord

NATION, REGION = 8000, 300
_SIZES = (1, 1, 2, 2, 3, 4, 4, 5)
_STREETS_WORDS = (
    "oak maple cedar pine elm lake hill park river mill church spring forest meadow sunset main "
    "washington lincoln jackson franklin highland valley orchard chestnut walnut prairie college "
    "jefferson madison adams monroe garfield grant sycamore hickory willow dogwood laurel ridge "
    "railroad market water north south east west first second third fourth fifth sixth seventh"
)
_WAYS = ("Street", "Avenue", "Road", "Drive", "Lane", "Court")
_MAIL = ("gmail.com", "yahoo.com", "outlook.com", "icloud.com", "aol.com", "hotmail.com")
_ONSETS = ("b", "br", "c", "ch", "d", "f", "g", "gr", "h", "j", "k", "kl", "l", "m", "n", "p", "pr")
_ONSETS += ("r", "s", "st", "t", "tr", "v", "w", "z")
_RIMES = ("a", "ar", "an", "e", "el", "en", "i", "il", "in", "o", "or", "on", "u", "ul", "un", "ai")


@dataclass
class Population:
    """Draws people; the same seed and size draw the same."""

    people: int
    towns: int = NATION
    random: Random = field(default_factory=lambda: Random(20261123))

    def records(self) -> Iterator[PersonRecord]:
        """`people` records, household by household."""
        left = self.people
        while left > 0:
            members = list(self._household())[:left]
            left -= len(members)
            yield from members

    def _household(self) -> Iterator[PersonRecord]:
        random = self.random
        home, line, family = self._home(), self._phone(), self._popular(_family_names(), 0.78)
        elder = random.randint(1940, 2002)
        for number in range(random.choice(_SIZES)):
            born = elder + random.randint(-3, 3) if number < 2 else min(elder + 28 + number, 2021)
            own = self._popular(_family_names(), 0.78) if random.random() < 0.15 else family
            yield self._person(own, born, home, line)

    def _person(self, family: str, year: int, home: Address, line: str) -> PersonRecord:
        random = self.random
        sex = random.choice(("female", "male"))
        given = self._popular(_given_names(sex), 0.75)
        phones = [self._phone()] if random.random() < 0.8 else []
        phones += [line] if random.random() < 0.4 else []
        mail = f"{given[:1]}{family}{random.randrange(10000)}@{random.choice(_MAIL)}".lower()
        middle = self._popular(_given_names(sex), 0.75)[:1] if random.random() < 0.4 else ""
        return PersonRecord(
            names=(PersonName(given.title(), family.title(), middle),),
            birth_date=f"{year}-{random.randint(1, 12):02d}-{random.randint(1, 28):02d}",
            sex=sex,
            phones=tuple(phones),
            emails=(mail,) if random.random() < 0.7 else (),
            addresses=(home,),
        )

    def _home(self) -> Address:
        random = self.random
        town = random.choices(range(self.towns), cum_weights=_curve(self.towns, 0.9))[0]
        postcodes = max(1, round(self.people * self._share(town) / 8000))
        return Address(
            house=str(random.randint(1, 4000)),
            street=f"{random.choice(_STREETS_WORDS.split())} {random.choice(_WAYS)}".title(),
            unit=f"Apt {random.randint(1, 60)}" if random.random() < 0.2 else "",
            city=_town_names()[town],
            postcode=_postcode(town, random.randrange(postcodes)),
            state="OH",
        )

    def _share(self, town: int) -> float:
        curve = _curve(self.towns, 0.9)
        return (curve[town] - (curve[town - 1] if town else 0)) / curve[-1]

    def _phone(self) -> str:
        middle = self.random.randrange(200, 1000)
        return f"{self.random.randint(201, 989)}{middle if middle != 555 else 556}" + (
            f"{self.random.randrange(10000):04d}"
        )

    def _popular(self, names: Sequence[str], steepness: float) -> str:
        return self.random.choices(names, cum_weights=_curve(len(names), steepness))[0]

    def queries(self, known: Sequence[PersonRecord], count: int) -> list[tuple[int, PersonRecord]]:
        """Records of known people as somebody else would write them down, with their places."""
        chosen = self.random.sample(range(len(known)), count)
        return [(number, self.corrupted(known[number])) for number in chosen]

    def corrupted(self, record: PersonRecord) -> PersonRecord:
        """One to three of: a slip in a name, a wrong date, another phone, no e-mail, moved."""
        town = Town(self.random)
        name = record.names[0]
        for change in self.random.sample(range(6), self.random.randint(1, 3)):
            if change == 0:
                name = replace(name, given=town.mistyped(name.given))
            elif change == 1:
                name = replace(name, family=town.mistyped(name.family))
            elif change == 2:
                record = replace(record, birth_date=town.misdated(record.birth_date))
            elif change == 3:
                record = replace(record, phones=(self._phone(),))
            elif change == 4:
                record = replace(record, emails=())
            else:
                record = replace(record, addresses=(self._home(),))
        return replace(record, names=(name,))


@cache
def _family_names() -> list[str]:
    tail = (a + b + c + d for a, b, c, d in product(_ONSETS, _RIMES, _ONSETS, _RIMES))
    return [*families(), *Random(1).sample(sorted(tail), 20_000)]


@cache
def _given_names(sex: str) -> list[str]:
    rare = [a + b + c for a, b, c in product(_ONSETS, _RIMES, _ONSETS)]
    end = "a" if sex == "female" else "o"
    more = [name + end for name in Random(2).sample(rare, 900)]
    return [*dict.fromkeys((*(FEMALE if sex == "female" else MALE), *more))]


@cache
def _town_names() -> list[str]:
    stems = sorted(a + b + c for a, b, c in product(_ONSETS, _RIMES, _ONSETS))
    ends = ("ville", "ton", "burg", " Springs")
    return [
        (stem + end).title()
        for stem, end in zip(Random(3).sample(stems, NATION), ends * 2000, strict=True)
    ]


def _postcode(town: int, number: int) -> str:
    """Five digits; a big town has several, apart from those of others while there are enough."""
    return f"{10000 + (town * 11 + number * 7919) % 90000:05d}"


@cache
def _curve(count: int, steepness: float) -> list[float]:
    return list(accumulate(1 / (rank + 3) ** steepness for rank in range(count)))
