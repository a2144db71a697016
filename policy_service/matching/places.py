"""Postal addresses as they are compared: house, street words, town, postcode."""

from __future__ import annotations

import re
from typing import NamedTuple

from policy_service.domain.people import Address
from policy_service.matching.names import fold, real_name

_STREET_WORDS = {
    "st": "street", "str": "street", "rd": "road", "ave": "avenue", "av": "avenue",
    "blvd": "boulevard", "dr": "drive", "ln": "lane", "ct": "court", "crt": "court",
    "pl": "place", "sq": "square", "ter": "terrace", "tce": "terrace", "cir": "circle",
    "cct": "circuit", "cres": "crescent", "cr": "crescent", "hwy": "highway", "pkwy": "parkway",
    "cl": "close", "gr": "grove", "n": "north", "s": "south", "e": "east", "w": "west",
}  # fmt: skip
_HOUSE = re.compile(r"^(\d+[a-z]?)\s+(.+)$")
_UNIT = re.compile(r"\s(?:apt|apartment|unit|suite|ste|flat|no)\s*(\w+)$")


class Place(NamedTuple):
    """A folded address; each part is "" when not known. A US ZIP keeps its five digits."""

    house: str
    street: str
    unit: str
    city: str
    postcode: str
    state: str

    @property
    def street_name(self) -> str:
        """The word that tells streets apart (the first that is not a number or a direction)."""
        words = self.street.split()
        named = [word for word in words if word not in {"north", "south", "east", "west", "the"}]
        return (named or words or [""])[0]

    @property
    def building(self) -> str:
        """The unit where it is a name rather than a number ("rose lodge", not "4b")."""
        return self.unit if len(self.unit) > 3 and not any(map(str.isdigit, self.unit)) else ""

    @property
    def dwelling(self) -> str:
        """House, street and postcode (else town) as one text, or "" when one is missing."""
        where = self.postcode or self.city
        if not (self.house and self.street and where):
            return ""
        return f"{self.house} {self.street} {where}"


def read_address(address: Address) -> Place | None:
    """The folded address, or None when it says nothing."""
    house, street, unit = _street_parts(address)
    postcode = fold(address.postcode).replace(" ", "")
    if postcode[:5].isdigit() and len(postcode) == 9:
        postcode = postcode[:5]
    if postcode and len(set(postcode)) == 1:
        postcode = ""
    place = Place(house, street, unit, real_name(fold(address.city)), postcode, fold(address.state))
    return place if place.street or place.city or place.postcode else None


def _street_parts(address: Address) -> tuple[str, str, str]:
    house = fold(address.house).replace(" ", "")
    street = real_name(fold(address.street))
    unit = fold(address.unit)
    if match := _UNIT.search(street):
        unit, street = unit or match[1], street[: match.start()]
    if not house and (match := _HOUSE.match(street)):
        house, street = match[1], match[2]
    words = (_STREET_WORDS.get(word, word) for word in street.split())
    return house.lstrip("0"), " ".join(words), unit
