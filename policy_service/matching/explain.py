"""Why a candidate was found: rows that sum to the score, and what could not be compared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from policy_service.matching.hypotheses import Hypothesis, Weight
from policy_service.matching.normalise import Features

if TYPE_CHECKING:  # who compares plain records alone does not pay for hashes
    from policy_service.matching.hashed_comparisons import Hashed

_FIELD_WORDS = {
    "given": "given names", "family": "family names", "middle": "middle names",
    "suffix": "name suffixes", "sex": "sexes", "birth_date": "birth dates", "street": "streets",
    "house": "house numbers", "unit": "units",
    "building": "building names", "postcode": "postcodes", "city": "towns",
    "phone": "phones", "email": "e-mail addresses", "handle": "handles", "company": "employers",
}  # fmt: skip
_LEVEL_WORDS = {
    "exact": "agree", "exact_apart": "agree, the homes differ",
    "different_apart": "differ, as the homes do", "variant": "are forms of one name",
    "close": "differ by a slip of the pen",
    "near": "are alike", "other_house": "agree, the house numbers differ",
    "close_other_initial": "look alike but for the initial",
    "forms_of_third": "may both be short for a third name",
    "close_but_both_names": "look alike but are two names", "sound": "sound alike",
    "initial": "agree in their initial", "swapped": "are swapped with the other name",
    "displaced": "agree, one of them written in the place of the given name",
    "part": "share a part", "different": "differ",
    "different_sex_unknown": "differ, as they may after a marriage",
    "different_may_be_married": "differ, as they may after a marriage",
    "day_month_swapped": "agree with day and month swapped", "one_digit": "differ in one digit",
    "one_digit_generation_apart": "differ in one digit, which makes a generation",
    "two_parts": "agree in two of year, month and day", "year_and_month": "agree in year and month",
    "year": "agree in the year", "near_year": "are about a year apart",
    "former": "agree, one of them a former name", "years_apart": "are some years apart",
    "generation_apart": "are a generation apart", "generations_apart": "are generations apart",
    "one_sided": "are stated by one record alone", "all_near": "agree about in every part",
    "other_platform": "agree on two platforms", "last_seven": "agree in the last seven digits",
    "name_part": "agree before the at-sign",
}  # fmt: skip
_OWN_SENTENCES = {
    "name_and_second_field": "One record names the other person, and a second field agrees.",
    "name": "One record names a person of the other's name.",
    "name_other_phone": "One record names a person of the other's name, with another phone.",
    "phone": "The phone of a person named in one record is the other's phone.",
    "twin": "One birth date and family name but two given names: twins, not one person.",
    "same_name_generation_apart": "One full name a generation apart: parent and child.",
    "named_namesake": "One record names a relative of this very name, and no birth date tells.",
    "same_name_one_suffix": "One full name, a suffix in one record, and no birth date tells.",
    "possible_namesake": "One full name, and nothing tells a senior from a junior.",
    "kin_explains_it_better": "Kinship explains the two records better than one person does.",
    "bounded": "Fields of this kind share a cause; their sum is bounded.",
}


class FieldEvidence(NamedTuple):
    """One row of an explanation. `bits` (hundredths) is what it adds to the comparison's score;
    `self_bits` and `kin_bits` what it adds to the two scores that the comparison chose from."""

    field: str
    group: str
    level: str
    bits: int
    query: str
    candidate: str
    sentence: str
    self_bits: int = 0
    kin_bits: int = 0

    def to_json(self, with_values: bool = True) -> dict[str, Any]:
        """Integers and strings only; without the compared values where the reader may not know."""
        values = {"query": self.query, "candidate": self.candidate} if with_values else {}
        return {
            "field": self.field,
            "group": self.group,
            "level": self.level,
            "bits": self.bits,
            "sentence": self.sentence,
            **values,
        }


def evidence_row(weight: Weight, hypothesis: Hypothesis) -> FieldEvidence:
    """The row for a weight, read under `hypothesis`."""
    level = weight.level
    said = weight.kin if hypothesis is Hypothesis.KIN else weight.same
    return FieldEvidence(
        level.field,
        weight.group.value,
        level.level,
        said,
        level.query,
        level.candidate,
        sentence(weight),
        weight.same,
        weight.kin,
    )


def sentence(weight: Weight) -> str:
    """One row in words a clinician can read; no values, so that any audience may see it."""
    field, level = weight.level.field, weight.level.level
    if field in _FIELD_WORDS:
        return f"The {_FIELD_WORDS[field]} {_LEVEL_WORDS[level]}."
    if field == "shared_contact":
        return "Both records name the same third person."
    if field == "kind":
        return f"Weighed as a {level.replace('_', ' ')}; this is how rare that is among kin."
    return _OWN_SENTENCES[level]


_STATED = {
    "name": "names", "birth_date": "birth", "sex": "sex", "address": "places", "phone": "phones",
    "email": "emails", "handle": "handles", "named people": "related", "employer": "company",
}  # fmt: skip


def not_compared(query: Features, candidate: Features | Hashed) -> tuple[str, ...]:
    """The fields that could not be compared and which record lacks them."""
    found = []
    for field, attribute in _STATED.items():
        lacking = [
            side
            for side, features in (("query", query), ("candidate", candidate))
            if not getattr(features, attribute)
        ]
        if lacking:
            found.append(f"{field}: not usable in {' and '.join(lacking)}")
    return tuple(found)
