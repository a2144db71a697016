"""A seeded generator of households: a development set for kin, never a source of weights.

`generate(seed)` gives a registry (former clients in full, disclosed persons with gaps, social
entries of a name and perhaps a town), intakes, and the truth: which registry person is what to
which intake. Everything is invented.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from random import Random

from policy_service.domain.people import (
    Address,
    NameKind,
    PersonName,
    PersonRecord,
    RelatedPerson,
    RelatedRole,
)

_FEMALE = (
    "mary linda susan karen nancy lisa sarah emily anna laura julia megan olivia grace chloe "
    "hannah rachel alice maria carmen elena sofia fatima mei priya nora ruth iris hazel joan"
)
_MALE = (
    "james robert john michael william david richard joseph thomas daniel matthew anthony mark "
    "paul steven andrew kevin brian jose carlos ahmed wei raj oliver henry lucas noah owen felix"
)
_FAMILY = (
    "smith johnson williams brown jones garcia miller davis rodriguez martinez hernandez lopez "
    "gonzalez wilson anderson thomas taylor moore jackson martin lee perez thompson white harris"
)
_SYLLABLES = "bar ken dor lis mon tar vel rok han sil pet gor mal fen dru cas win tol ber nak"
_STREETS = "oak maple cedar pine elm lake hill park river mill church spring forest meadow sunset"
_TOWNS = (("austin", "78701"), ("round rock", "78664"), ("dayton", "45402"), ("kyle", "78640"))
_SHORT = {"robert": "bob", "william": "bill", "michael": "mike", "susan": "sue", "james": "jim"}
KINDS = (
    "SELF spouse ex_spouse sibling twin parent child namesake room_mate stranger namesake_stranger"
)


@dataclass(frozen=True)
class Truth:
    """What `registry` is to `intake`: a word of `KINDS`; `source` says how the registry knows."""

    intake: str
    registry: str
    kind: str
    source: str


@dataclass
class Population:
    """The generated set. `unrelated` intakes have no true partner."""

    registry: dict[str, PersonRecord] = field(default_factory=dict)
    intakes: dict[str, PersonRecord] = field(default_factory=dict)
    truth: list[Truth] = field(default_factory=list)
    unrelated: list[str] = field(default_factory=list)


def generate(seed: int, per_kind: int = 100, strangers: int = 2000) -> Population:
    """A population with `per_kind` true pairs of every kind and as many unrelated intakes."""
    return _Generator(Random(seed)).population(per_kind, strangers)


@dataclass
class _Generator:
    random: Random

    def population(self, per_kind: int, strangers: int) -> Population:
        made = Population()
        for number in range(strangers):
            made.registry[f"stranger-{number}"] = self.thinned(self.person(), self.source())
        for kind in KINDS.split():
            for number in range(per_kind):
                self.add(made, kind, f"{kind}-{number}")
        return made

    def add(self, made: Population, kind: str, ref: str) -> None:
        """One intake of `kind`; a stranger has no partner, a namesake stranger only his name."""
        known = self.person()
        if kind == "stranger":
            made.intakes[ref] = self.person()
            made.unrelated.append(ref)
            return
        intake = self.partner(known, kind)
        source = self.source()
        made.registry[ref] = self.thinned(known, source)
        if kind == "namesake_stranger":
            made.unrelated.append(ref)
        else:
            made.truth.append(Truth(ref, ref, kind, source))
            intake = self.with_contact(intake, known, kind)
        made.intakes[ref] = intake

    def person(self, born: int = 0, sex: str = "") -> PersonRecord:
        sex = sex or self.random.choice(("female", "male"))
        return PersonRecord(
            names=(PersonName(self.given(sex), self.family()),),
            birth_date=self.date(born or self.random.randint(1945, 2003)),
            sex=sex,
            phones=(self.phone(),),
            emails=(f"u{self.random.randrange(10**8)}@gmail.com",),
            addresses=(self.address(),),
        )

    def given(self, sex: str) -> str:
        return self.random.choice((_FEMALE if sex == "female" else _MALE).split()).title()

    def family(self) -> str:
        if self.random.random() < 0.4:
            return self.random.choice(_FAMILY.split()).title()
        return "".join(self.random.sample(_SYLLABLES.split(), 2)).title()

    def date(self, year: int) -> str:
        return f"{year}-{self.random.randint(1, 12):02d}-{self.random.randint(2, 28):02d}"

    def phone(self) -> str:
        return f"512{self.random.randint(200, 554)}{self.random.randrange(10000):04d}"

    def address(self) -> Address:
        town, postcode = self.random.choice(_TOWNS)
        street = f"{self.random.choice(_STREETS.split())} {self.random.choice(('street', 'drive'))}"
        return Address(str(self.random.randint(1, 900)), street, "", town, postcode)

    def source(self) -> str:
        return self.random.choice(("former", "disclosed", "social"))

    def partner(self, known: PersonRecord, kind: str) -> PersonRecord:
        """The intake who is `kind` to `known`."""
        if kind == "SELF":
            return self.returned(known)
        if kind == "namesake_stranger":
            return replace(self.person(sex=known.sex), names=known.names)
        born = int(known.birth_date[:4]) + self.years_apart(kind)
        other = "male" if known.sex == "female" else "female"
        sex = other if "spouse" in kind else known.sex if kind == "namesake" else ""
        kin = self.person(born, sex)
        while kind != "namesake" and kin.names[0].given == known.names[0].given:
            kin = self.person(born, sex)
        return self.shared(known, kin, kind)

    def years_apart(self, kind: str) -> int:
        """Years from the known person's birth to the intake's."""
        if kind == "twin":
            return 0
        if kind in ("parent", "child", "namesake"):
            gap = self.random.randint(20, 38)
            return -gap if kind == "parent" else gap
        return self.random.randint(-9, 9)

    def shared(self, known: PersonRecord, kin: PersonRecord, kind: str) -> PersonRecord:
        """What kin of this kind have in common: name, home, phone, birth date."""
        name, known_name = kin.names[0], known.names[0]
        if kind in ("sibling", "twin", "parent", "child") or self.happens(0.6, kind == "spouse"):
            name = replace(name, family=known_name.family)
        if kind == "namesake":
            name = known_name
        names: tuple[PersonName, ...] = (name,)
        if self.happens(0.4, kind == "ex_spouse"):
            names += (PersonName(name.given, known_name.family, kind=NameKind.FORMER),)
        at_home = {"spouse": 0.9, "room_mate": 1.0, "twin": 1.0, "namesake": 0.9, "ex_spouse": 0.05}
        home = self.happens(at_home.get(kind, 0.4))
        return replace(
            kin,
            names=names,
            birth_date=known.birth_date if kind == "twin" else kin.birth_date,
            addresses=known.addresses if home else kin.addresses,
            phones=known.phones if home and self.happens(0.3) else kin.phones,
        )

    def returned(self, known: PersonRecord) -> PersonRecord:
        """The same person years later: slips of the pen, a short name, a move, a new phone."""
        name = known.names[0]
        given = _SHORT.get(name.given.lower(), name.given) if self.happens(0.3) else name.given
        family = self.mistyped(name.family) if self.happens(0.15) else name.family
        return replace(
            known,
            names=(PersonName(given, family),),
            addresses=known.addresses if self.happens(0.6) else (self.address(),),
            phones=known.phones if self.happens(0.6) else (self.phone(),),
            emails=known.emails if self.happens(0.6) else (),
            birth_date=self.mistyped(known.birth_date) if self.happens(0.05) else known.birth_date,
        )

    def mistyped(self, text: str) -> str:
        place = self.random.randrange(len(text) - 1)
        return text[:place] + text[place + 1] + text[place] + text[place + 2 :]

    def happens(self, chance: float, applies: bool = True) -> bool:
        return applies and self.random.random() < chance

    def with_contact(self, intake: PersonRecord, known: PersonRecord, kind: str) -> PersonRecord:
        """Half of the kin name the known person as emergency contact."""
        if kind in ("SELF", "ex_spouse") or not self.happens(0.5):
            return intake
        phone = known.phones[0] if self.happens(0.7) else ""
        role = RelatedRole.EMERGENCY_CONTACT
        return replace(intake, related=(RelatedPerson(known.names[0], "", role, "", phone),))

    def thinned(self, person: PersonRecord, source: str) -> PersonRecord:
        """What the registry holds by this source."""
        if source == "former":
            return person
        if source == "social":
            town = (Address(city=person.addresses[0].city),) if self.happens(0.6) else ()
            emails = person.emails if self.happens(0.1) else ()
            return PersonRecord(names=person.names, addresses=town, emails=emails)
        return replace(
            person,
            birth_date=self.random.choice(("", person.birth_date[:4], person.birth_date)),
            addresses=person.addresses if self.happens(0.5) else (),
            phones=person.phones if self.happens(0.4) else (),
            emails=(),
        )


def kinds(truth: Iterable[Truth]) -> tuple[str, ...]:
    """The kinds that occur, in the order of `KINDS`."""
    found = {pair.kind for pair in truth}
    return tuple(kind for kind in KINDS.split() if kind in found)
