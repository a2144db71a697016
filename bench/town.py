"""An invented town for the household generator: names by popularity, homes, numbers, slips."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate, product
from random import Random

FEMALE_WORDS = (
    "mary linda susan karen nancy lisa sarah emily anna laura julia megan olivia grace chloe "
    "hannah rachel alice maria carmen elena sofia fatima mei priya nora ruth iris hazel joan "
    "elizabeth jennifer patricia barbara jessica margaret sandra ashley kimberly donna michelle "
    "carol amanda melissa deborah stephanie rebecca sharon cynthia kathleen amy angela brenda "
    "pamela nicole samantha katherine christine debra catherine carolyn janet heather diane "
    "virginia maria teresa guadalupe rosa lucia ingrid aisha leila yuki lan tatiana natalia "
    "svetlana zofia agnes greta beatriz dolores esther miriam naomi tara bridget fiona"
)
FEMALE = tuple(FEMALE_WORDS.split())
MALE_WORDS = (
    "james robert john michael william david richard joseph thomas daniel matthew anthony mark "
    "paul steven andrew kevin brian jose carlos ahmed wei raj oliver henry lucas noah owen "
    "felix christopher charles donald joshua kenneth george edward ronald timothy jason jeffrey "
    "ryan jacob gary nicholas eric jonathan stephen larry justin scott brandon benjamin samuel "
    "gregory alexander patrick frank raymond jack dennis jerry tyler aaron adam nathan zachary "
    "walter francisco antonio miguel javier pedro omar yusuf hassan mohammed ivan dmitri sergei "
    "piotr lars hans kenji minh arjun vikram samir elias theo hugo leon oscar isaac ezra gideon"
)
MALE = tuple(MALE_WORDS.split())
_COMMON_WORDS = (
    "smith johnson williams brown jones garcia miller davis rodriguez martinez hernandez lopez "
    "gonzalez wilson anderson thomas taylor moore jackson martin lee perez thompson white "
    "harris sanchez clark ramirez lewis robinson walker young allen king wright scott torres "
    "nguyen hill flores green adams nelson baker hall rivera campbell mitchell carter roberts"
)
_COMMON = tuple(_COMMON_WORDS.split())
_SYLLABLES = "bar ken dor lis mon tar vel rok han sil pet gor mal fen dru cas win tol ber nak"
_ENDINGS = "son man ski berg ez ley ton field sen er ov wood stein ard ham"
_STREETS = "oak maple cedar pine elm lake hill park river mill church spring forest meadow sunset"
_MORE = "washington lincoln jackson franklin highland valley orchard chestnut walnut prairie"
_WAYS = ("Street", "St", "Drive", "Ave", "Lane", "Road")
_AUSTIN_WORDS = (
    "78701 78702 78703 78704 78705 78717 78721 78722 78723 78724 78725 78726 78727 78728 78729 "
    "78730 78731 78735 78736 78737 78738 78739 78741 78744 78745 78746 78747 78748 78749 78750 "
    "78751 78752 78753 78754 78756 78757 78758 78759"
)
TOWNS = (
    ("Austin", tuple(_AUSTIN_WORDS.split()), 8),
    ("Round Rock", ("78664", "78665", "78681"), 3),
    ("Kyle", ("78640",), 1),
    ("Pflugerville", ("78660",), 1),
    ("Georgetown", ("78626", "78628", "78633"), 1),
    ("San Marcos", ("78666",), 1),
)
SHORT = {
    "robert": "bob", "william": "bill", "michael": "mike", "susan": "sue", "james": "jim",
    "elizabeth": "liz", "jennifer": "jenny", "margaret": "peggy", "katherine": "kate",
    "richard": "rick", "joseph": "joe", "thomas": "tom", "daniel": "dan", "anthony": "tony",
    "christopher": "chris", "jose": "pepe", "francisco": "paco", "alexander": "sasha",
    "rebecca": "becky", "patricia": "trish", "deborah": "debbie", "samuel": "sam",
    "benjamin": "ben", "guadalupe": "lupe", "natalia": "natasha", "mohammed": "mo",
    "edward": "ted", "andrew": "drew", "matthew": "matt", "dolores": "lola",
}  # fmt: skip


@dataclass(frozen=True)
class Home:
    """Where people live together, with their line."""

    street: str
    city: str
    postcode: str
    phone: str


@dataclass
class Town:
    """Draws names, homes and numbers; the same seed draws the same."""

    random: Random
    family_names: int = 0

    def given(self, sex: str) -> str:
        """A given name; the first of the list are the commonest."""
        names = FEMALE if sex == "female" else MALE
        return self._drawn(names, _zipf(len(names), 3, 0.6)).title()

    def family(self) -> str:
        """A family name, about as common as in the US census.

        Of 10,000 people 82 bear the commonest, 9 the hundredth, one the thousandth; two people
        share a name in eight of 10,000 pairs.

        With `family_names`, of so many only: a town where everybody bears a common name.
        """
        if self.family_names:
            names = families()[: self.family_names]
            return self._drawn(names, _zipf(len(names), 3, 0.6)).title()
        return self._drawn(families(), _zipf(len(families()), 8, 0.85)).title()

    def _drawn(self, names: Sequence[str], weights: list[float]) -> str:
        return self.random.choices(names, cum_weights=weights)[0]

    def home(self, city: str = "") -> Home:
        """A home, in `city` where one is asked for."""
        towns = [town for town in TOWNS if town[0] == city] or list(TOWNS)
        name, postcodes, _ = self.random.choices(towns, [town[2] for town in towns])[0]
        way = self.random.choice(f"{_STREETS} {_MORE}".split()).title()
        street = f"{self.random.randint(1, 2400)} {way} {self.random.choice(_WAYS)}"
        if self.random.random() < 0.2:
            street += f" Apt {self.random.randint(1, 40)}"
        return Home(street, name, self.random.choice(postcodes), self.phone())

    def phone(self) -> str:
        """A number as a person writes it."""
        middle, last = self.random.randint(200, 554), self.random.randrange(10000)
        shape = self.random.choice(("(512) {}-{:04d}", "512-{}-{:04d}", "+1 512 {} {:04d}"))
        return shape.format(middle, last)

    def date(self, year: int) -> str:
        """A day of `year`."""
        return f"{year}-{self.random.randint(1, 12):02d}-{self.random.randint(1, 28):02d}"

    def mistyped(self, text: str) -> str:
        """One slip: two letters exchanged, one lost, doubled or changed."""
        if len(text) < 3:
            return text
        at = self.random.randrange(len(text) - 1)
        slip = self.random.randrange(4)
        if slip == 0:
            return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
        if slip == 1:
            return text[:at] + text[at + 1 :]
        other = text[at] if slip == 2 else self.random.choice("aeiorstln")
        return text[: at + (slip == 2)] + other + text[at + 1 :]

    def misdated(self, date: str) -> str:
        """A birth date with one digit wrong, or day and month exchanged."""
        year, month, day = date.split("-")
        if int(day) <= 12 and self.random.random() < 0.3:
            return f"{year}-{day}-{month}"
        if self.random.random() < 0.4:
            return f"{int(year) + self.random.choice((-1, 1, -10, 10))}-{month}-{day}"
        return f"{year}-{month}-{int(day) % 28 + 1:02d}"


@cache
def families() -> list[str]:
    """Family names, the commonest first."""
    middle = _SYLLABLES.split()
    rare = [one + two for one, two in product(middle, _ENDINGS.split())]
    rarer = [one + two + end for one, two in product(middle, middle) for end in ("er", "ova", "i")]
    rarest = [one + two + end for one, two in product(rarer, middle) for end in ("", "o", "in")]
    return list(dict.fromkeys([*_COMMON, *rare, *rarer, *rarest[:20000]]))


@cache
def _zipf(count: int, level: int, steepness: float) -> list[float]:
    """Cumulative weights by rank; the first `level` ranks are about as common."""
    return list(accumulate(1 / (rank + level) ** steepness for rank in range(count)))
