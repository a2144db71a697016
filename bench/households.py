"""A seeded generator of households: a development set for kin, never a source of weights.

`generate(seed)` gives a registry and intakes as rows of `flask matching score`, and the truth: what
each intake person is to which registry person. The registry knows former clients in full, disclosed
people with gaps, social entries by a name and perhaps a town. Everything is invented.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from random import Random

from bench.town import SHORT, Home, Town
from policy_service.importers.people import COLUMNS

KINDS_WORDS = (
    "SELF spouse ex_spouse sibling twin parent child namesake room_mate stranger namesake_stranger"
)
KINDS = tuple(KINDS_WORDS.split())
SOURCES = ("former", "disclosed", "social")
_RELATED = {
    "spouse": "SPS", "ex_spouse": "FMRSPS", "sibling": "SIB", "twin": "TWIN", "parent": "PRN",
    "child": "CHILD", "room_mate": "ROOM",
}  # fmt: skip
_CONVERSE = {"PRN": "CHILD", "CHILD": "PRN"}
# kind: chance of one family name, of one home, of one town otherwise, of one line when apart.
_SHARED = {
    "spouse": (0.65, 0.85, 0.7, 0.05),
    "ex_spouse": (0.3, 0.03, 0.6, 0.05),
    "sibling": (0.75, 0.2, 0.55, 0.03),
    "twin": (0.85, 0.5, 0.6, 0.05),
    "parent": (0.75, 0.35, 0.6, 0.08),
    "child": (0.75, 0.35, 0.6, 0.08),
    "namesake": (1.0, 0.45, 0.6, 0.05),
    "room_mate": (0.0, 1.0, 1.0, 0.0),
}
Cells = dict[str, str]


@dataclass(frozen=True)
class Regime:
    """How full the records are. Shares of the three sources; of kin who name each other.

    `named` is for kin in general, former spouses, room-mates.
    """

    sources: tuple[float, float, float]
    named: tuple[float, float, float]
    family_names: int = 0

    def share_named(self, kind: str) -> float:
        """How many of this kind of kin stand on the other's form."""
        apart = {"ex_spouse": 1, "room_mate": 2}
        return self.named[apart.get(kind, 0)]


REGIMES = {
    "full": Regime((0.5, 0.3, 0.2), (0.5, 0.5, 0.5)),
    "common_names": Regime((0.5, 0.3, 0.2), (0.5, 0.5, 0.5), 150),
    "even": Regime((1, 1, 1), (0.5, 0.25, 0.35)),
    "sparse": Regime((1, 1, 1), (0.5, 0.08, 0.25)),
}
"""From records as a practice of long standing has them to those of a new one.

`full`: half of the known are former clients and half of all kin name each other. `even`: a third of
the known are social entries of a name and perhaps a town. `sparse`: and former spouses seldom name
each other. In none has a social entry more than its export gives.
"""


@dataclass(frozen=True)
class Truth:
    """The intake person is `kind` to the registry person, whom the practice knows by `source`."""

    intake: str
    registry: str
    kind: str
    source: str


@dataclass
class Population:
    """The generated set. `unrelated` intakes have no true partner."""

    registry: dict[str, Cells] = field(default_factory=dict)
    intakes: dict[str, Cells] = field(default_factory=dict)
    truth: list[Truth] = field(default_factory=list)
    unrelated: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Soul:
    """A person as he or she is, before any record is made."""

    given: str
    family: str
    born: str
    sex: str
    home: Home
    mobile: str
    email: str
    handle: str
    company: str
    suffix: str = ""
    former: str = ""


def generate(
    seed: int, per_kind: int = 100, strangers: int = 1500, regime: Regime = REGIMES["even"]
) -> Population:
    """`per_kind` true pairs of every kind, and unrelated intakes, among `strangers`.

    A third as many unrelated intakes bear the full name of someone known.
    """
    return _Generator(Random(seed), regime).population(per_kind, strangers)


def as_csv(rows: Mapping[str, Cells]) -> bytes:
    """The rows as the command reads them."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, restval="")
    writer.writeheader()
    writer.writerows({"id": ref, **cells} for ref, cells in rows.items())
    return text.getvalue().encode()


class _Generator:
    def __init__(self, random: Random, regime: Regime) -> None:
        self.random = random
        self.regime = regime
        self.town = Town(random, regime.family_names)

    def source(self) -> str:
        """How the practice came to know of somebody."""
        return self.random.choices(SOURCES, self.regime.sources)[0]

    def population(self, per_kind: int, strangers: int) -> Population:
        made = Population()
        for number in range(strangers):
            source = self.source()
            made.registry[f"r{number}"] = self.registered(self.soul(), source)
        for kind in KINDS:
            many = per_kind // 3 if kind == "namesake_stranger" else per_kind
            for number in range(many):
                self.add(made, kind, f"{kind}-{number}")
        return made

    def add(self, made: Population, kind: str, ref: str) -> None:
        """One intake of `kind`; strangers have no partner, namesake strangers only a name."""
        known, source = self.soul(), self.source()
        intake = self.partner(known, kind)
        cells = self.at_intake(intake)
        if kind != "stranger":
            made.registry[ref] = self.registered(known, source)
        if kind.endswith("stranger"):
            made.unrelated.append(ref)
            self.with_contact(cells, self.soul(), self.random.choice(tuple(_RELATED.values())))
        else:
            made.truth.append(Truth(ref, ref, kind, source))
            self.with_ties(cells, made.registry[ref], kind, (intake, known, source))
        made.intakes[ref] = cells

    def happens(self, chance: float) -> bool:
        return self.random.random() < chance

    def soul(self, sex: str = "", born: int = 0) -> Soul:
        sex = sex or self.random.choice(("female", "male"))
        given, family = self.town.given(sex), self.town.family()
        home = self.town.home()
        number = self.random.randrange(1000)
        return Soul(
            given=given,
            family=family,
            born=self.town.date(born or self.random.randint(1945, 2005)),
            sex=sex,
            home=home,
            mobile=self.town.phone(),
            email=f"{given[:1]}{family}{number}@{self.random.choice(_MAIL)}".lower(),
            handle=f"{given}{family}{number % 100}".lower(),
            company=self.random.choice(_COMPANIES),
        )

    def partner(self, known: Soul, kind: str) -> Soul:
        """The intake person who is `kind` to `known`."""
        if kind == "SELF":
            return self.years_later(known)
        if kind == "namesake_stranger":
            return replace(self.soul(known.sex), given=known.given, family=known.family)
        if kind == "stranger":
            return self.soul()
        kin = self.soul(self.sex_of(known, kind), self.year_of(known, kind))
        while kind != "namesake" and kin.given == known.given:
            kin = replace(kin, given=self.town.given(kin.sex))
        if kind == "namesake":
            kin = replace(kin, given=known.given, suffix="Jr" if self.happens(0.4) else "")
        return self.sharing(known, kin, kind)

    def sex_of(self, known: Soul, kind: str) -> str:
        other = "male" if known.sex == "female" else "female"
        if kind in ("spouse", "ex_spouse"):
            return other if self.happens(0.92) else known.sex
        if kind == "namesake":
            return known.sex
        return known.sex if kind == "room_mate" and self.happens(0.7) else ""

    def year_of(self, known: Soul, kind: str) -> int:
        year = int(known.born[:4])
        if kind in ("parent", "child", "namesake"):
            gap = self.random.randint(18, 42)
            return year - gap if kind == "parent" else year + gap
        spread = 9 if kind == "sibling" else 5
        return year + round(self.random.gauss(0, spread / 2))

    def sharing(self, known: Soul, kin: Soul, kind: str) -> Soul:
        """What kin of this kind have in common."""
        family, home, town, line = _SHARED[kind]
        if self.happens(family):
            kin = replace(kin, family=known.family)
        elif (kind == "ex_spouse" and self.happens(0.35)) or kind in ("sibling", "twin", "child"):
            kin = replace(kin, former=known.family)
        if kind == "twin":
            kin = replace(kin, born=known.born)
        if self.happens(home):
            return replace(kin, home=known.home)
        place = self.town.home(known.home.city if self.happens(town) else "")
        phone = known.home.phone if self.happens(line) else place.phone
        return replace(kin, home=replace(place, phone=phone))

    def years_later(self, known: Soul) -> Soul:
        """The same person: perhaps married, moved, with another number and address."""
        soul = known
        if soul.sex == "female" and self.happens(0.15):
            soul = replace(soul, family=self.town.family(), former=soul.family)
        if self.happens(0.4):
            soul = replace(soul, home=self.town.home(soul.home.city if self.happens(0.6) else ""))
        if self.happens(0.3):
            soul = replace(soul, mobile=self.town.phone())
        if self.happens(0.3):
            soul = replace(soul, email=self.soul().email)
        return soul

    def at_intake(self, soul: Soul) -> Cells:
        """What the front desk writes: nearly everything, with slips and placeholders."""
        cells = self.full(soul)
        short = SHORT.get(soul.given.lower(), "")
        if short and self.happens(0.25):
            cells["given"] = short.title()
        if soul.former and self.happens(0.5):
            cells["aliases"] = soul.former
        for name in ("given", "family", "address"):
            if self.happens(0.05):
                cells[name] = self.town.mistyped(cells[name])
        if self.happens(0.04):
            cells["birth_date"] = self.town.misdated(soul.born)
        if self.happens(0.03):
            cells["given"], cells["family"] = cells["family"], cells["given"]
        return self.spoilt(cells)

    def spoilt(self, cells: Cells) -> Cells:
        """Placeholders and gaps."""
        for name, filler, chance in _FILLERS:
            if self.happens(chance):
                cells[name] = filler
        return cells

    def full(self, soul: Soul) -> Cells:
        phones = [soul.mobile] if self.happens(0.8) else []
        if self.happens(0.35):
            phones.append(soul.home.phone)
        return {
            "given": soul.given,
            "family": f"{soul.family} {soul.suffix}".strip(),
            "birth_date": soul.born,
            "sex": soul.sex if self.happens(0.9) else "",
            "phones": ";".join(phones),
            "emails": soul.email if self.happens(0.75) else "",
            "address": soul.home.street,
            "city": soul.home.city,
            "postcode": soul.home.postcode,
            "state": "TX",
        }

    def registered(self, soul: Soul, source: str) -> Cells:
        """What the practice holds by this source."""
        if source == "former":
            return {"source": source, **self.spoilt(self.full(soul))}
        if source == "social":
            return self.social(soul)
        cells = self.full(soul) | {"source": source, "emails": ""}
        cells["relation"] = self.random.choice(("SIS", "BRO", "FRND", "FMRSPS", "COUSN", "SPS"))
        cells["birth_date"] = self.random.choice(("", "", soul.born[:4], soul.born))
        if self.happens(0.55):
            cells |= {"address": "", "postcode": ""}
            cells["city"] = soul.home.city if self.happens(0.5) else ""
        if self.happens(0.6):
            cells["phones"] = ""
        return cells

    def social(self, soul: Soul) -> Cells:
        short = SHORT.get(soul.given.lower(), "")
        given = short.title() if short and self.happens(0.3) else soul.given
        return {
            "source": "social",
            "given": given,
            "family": soul.family,
            "city": soul.home.city if self.happens(0.6) else "",
            "emails": soul.email if self.happens(0.1) else "",
            "handles": f"instagram:{soul.handle}" if self.happens(0.4) else "",
            "company": soul.company if self.happens(0.3) else "",
        }

    def with_ties(
        self, cells: Cells, registry: Cells, kind: str, pair: tuple[Soul, Soul, str]
    ) -> None:
        """Half of the kin name each other; some people give their handle."""
        intake, known, source = pair
        if self.happens(0.2):
            cells["handles"] = f"instagram:{intake.handle}"
        code = _RELATED.get(kind, "CHILD" if kind == "namesake" else "")
        share = self.regime.share_named(kind)
        if code and self.happens(share):
            self.with_contact(cells, known, _CONVERSE.get(code, code))
        elif kind == "SELF" or self.happens(0.5):
            self.with_contact(cells, self.soul(), self.random.choice(tuple(_RELATED.values())))
        if code and source == "former" and self.happens(share / 2):
            self.with_contact(registry, intake, code)

    def with_contact(self, cells: Cells, contact: Soul, code: str) -> None:
        """The emergency contact on a form."""
        cells["emergency_contact_name"] = f"{contact.given} {contact.family}"
        if self.happens(0.8):
            cells["emergency_contact_phone"] = contact.mobile
        if self.happens(0.85):
            cells["emergency_contact_relation"] = code
        if code == "PRN" and self.happens(0.3):
            cells["guarantor_name"] = cells["emergency_contact_name"]


_MAIL = ("gmail.com", "yahoo.com", "outlook.com", "icloud.com")
_COMPANIES = ("Acme", "Initech", "Lone Star Dental", "H-E-B", "Dell", "St David's", "City", "UT")
_FILLERS = (
    ("birth_date", "1900-01-01", 0.02),
    ("birth_date", "", 0.03),
    ("phones", "0000000000", 0.03),
    ("phones", "", 0.08),
    ("emails", "none@none.com", 0.03),
    ("address", "unknown", 0.02),
)


def kinds(truth: Iterable[Truth]) -> tuple[str, ...]:
    """The kinds that occur, in the order of `KINDS`."""
    found = {pair.kind for pair in truth}
    return tuple(kind for kind in KINDS if kind in found)
