"""How far two people can agree at most, as their sketches tell: the rest need not be opened.

A candidate is passed over only if no hypothesis can reach the lowest threshold, whatever the
record says; so the answer is the one that opening everybody gives (a law tests it). Of every field
the most that its possible levels weigh is taken, for SELF and for each kind of kin by itself, and
bounded by group as in `hypotheses`; the kinds together, share times chance, say no more than the
one that says most. Rules move bits from SELF to KIN, never above the greater of the two; the
ceilings of `bands` only lower a band.

The sums of SELF and of the kinds of kin stand side by side in one integer (`bound_weights.LANE`).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from policy_service.matching.births import birth_level
from policy_service.matching.bound_weights import (
    LANE,
    Name,
    Place,
    Rest,
    most_of_homes,
    most_of_names,
    most_of_rest,
    packed,
)
from policy_service.matching.hypotheses import Scales
from policy_service.matching.normalise import Features
from policy_service.matching.sketch_levels import (
    ANY,
    EQUAL,
    email_class,
    employer_class,
    may_name,
    name_class,
    overlap,
    place_class,
)
from policy_service.matching.sketches import Sketch, read_sketch, sketch_of

_APART = "exact_apart"


class Prospects:
    """A query made ready: of which candidates might anything be said?

    `chance` is what chance agreement costs (`bands.against_chance`).
    """

    def __init__(self, query: Features, scales: Scales, chance: int) -> None:
        self._model = scales.model
        self._own = read_sketch(sketch_of(query))
        self._rarities = _Rarities(query, scales)
        least = chance + self._model.thresholds["possible"]
        starts = [0] * (1 + len(self._model.kin))
        half = 1 << LANE - 1
        self._start = packed(start - least + half for start in starts)
        self._reached = packed(half for _ in starts)

    def may_matter(self, other: Sketch) -> bool:
        """False only if nothing can be said of the candidate: band and identity are weak."""
        own, model = self._own, self._model
        if own is None or ((own.related or other.related) and may_name(own, other)):
            return True
        most = (
            most_of_names(model, self._names(own, other), (own.sex, other.sex))
            + most_of_homes(model, self._places(own, other), self._phone(own, other))
            + most_of_rest(model, self._rest(own, other))
        )
        return (self._start + most) & self._reached != 0

    def _names(self, own: Sketch, other: Sketch) -> tuple[Name, ...]:
        rare = self._rarities
        kinds = [name_class(*pair) for pair in product(own.names, other.names)]
        return tuple([(*kind, *rare.of_name(kind)) for kind in kinds])

    def _places(self, own: Sketch, other: Sketch) -> tuple[Place, ...]:
        rare = self._rarities
        kinds = [place_class(*pair) for pair in product(own.places, other.places)]
        return tuple([(*kind, *rare.of_place(kind)) for kind in kinds])

    def _phone(self, own: Sketch, other: Sketch) -> tuple[int, int]:
        found = overlap(own.phones, other.phones)
        return found, self._rarities.phone if found == EQUAL else 0

    def _rest(self, own: Sketch, other: Sketch) -> Rest:
        rare = self._rarities
        email = email_class(own.emails, other.emails)
        employer = employer_class(own.company, other.company)
        return (
            birth_level(own.birth, other.birth) if own.birth and other.birth else "",
            email,
            rare.email if email == EQUAL else 0,
            overlap(own.handles, other.handles),
            employer,
            rare.company if employer == ANY else 0,
        )


class _Rarities:
    """By how much the query's own values are rarer than the model's chances: the rarest of each."""

    def __init__(self, query: Features, scales: Scales) -> None:
        self._scales = scales
        names, places = query.names, query.places
        self.given = self._rarest("given", [f"given:{one.given}" for one in names])
        self.family = self._rarest("family", [f"family:{one.family}" for one in names], "former")
        self.phone = self._rarest("phone", [f"phone:{one}" for one in query.phones])
        self.email = self._rarest("email", [f"email:{one.whole}" for one in query.emails])
        self.company = self._rarest("company", [f"company:{query.company}"])
        self._home = self._rarest("street", [f"dwelling:{one.dwelling}" for one in places])
        codes, cities = ([one.postcode for one in places], [one.city for one in places])
        self._postcode = self._rarest("postcode", [f"postcode:{one}" for one in codes], _APART)
        self._city = self._rarest("city", [f"city:{one}" for one in cities], _APART)

    def _rarest(self, field: str, values: Sequence[str], level: str = "exact") -> int:
        """The most over the values; one that was never counted shifts nothing."""
        counts, rarity = self._scales.frequencies.counts, self._scales.rarity
        shifts = [
            max(rarity(field, "exact", one), rarity(field, level, one)) if one in counts else 0
            for one in values
        ]
        return max(shifts, default=0)

    def of_name(self, kind: Sequence[int]) -> tuple[int, int]:
        """Those of the parts that agree."""
        return self.given if kind[0] >= EQUAL else 0, self.family if kind[1] >= EQUAL else 0

    def of_place(self, kind: Sequence[int]) -> tuple[int, int, int]:
        """Those of the parts that agree."""
        _, street, _, _, postcode, city = kind
        return (
            self._home if street == EQUAL else 0,
            self._postcode if postcode == EQUAL else 0,
            self._city if city == EQUAL else 0,
        )
