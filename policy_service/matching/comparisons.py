"""How far each field of two people agrees: a level per field, no weights.

Where a person has several names, addresses or phones, every pairing is an *alternative*; the
hypotheses keep the one that speaks loudest. Each function is symmetric in its two arguments.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import product
from typing import NamedTuple

from policy_service.domain.people import NameKind
from policy_service.matching.keys import sound
from policy_service.matching.names import FoldedName
from policy_service.matching.normalise import Features
from policy_service.matching.short_names import are_variants, is_form_of, is_known_name
from policy_service.matching.spelling import beginning_alike, slips


class Level(NamedTuple):
    """One field's agreement. `counted` is the frequency text of an agreed value, else ""."""

    field: str
    level: str
    query: str
    candidate: str
    counted: str = ""


Alternative = tuple[Level, ...]
_LONG_ENOUGH = 5
_NOT_CURRENT = frozenset({NameKind.MAIDEN, NameKind.FORMER, NameKind.ALIAS})


def name_alternatives(query: Features, candidate: Features) -> list[Alternative]:
    """Every pairing of the two people's names, compared."""
    pairs = product(query.names, candidate.names)
    other_family = other_family_level({query.sex, candidate.sex} - {""})
    return [_name_levels(one, other, other_family) for one, other in pairs]


def other_family_level(sexes: set[str]) -> str:
    """The level of unlike family names: many women, and so some unknowns, married into another."""
    if not sexes:
        return "different_sex_unknown"
    return "different_may_be_married" if sexes == {"female"} else "different"


def _name_levels(one: FoldedName, other: FoldedName, other_family: str) -> Alternative:
    crossed = _crossed(one, other)
    if crossed:
        return crossed
    levels = (
        _given(one, other),
        _family(one, other, other_family),
        _middle(one, other),
        _suffix(one, other),
    )
    return tuple(level for level in levels if level)


def _crossed(one: FoldedName, other: FoldedName) -> Alternative:
    """Given and family name exchanged; or one of them written in the other's place."""
    if _are_alike(one.given, other.given) or _are_alike(one.family, other.family):
        return ()
    if _are_exchanged((one.given, other.family), (one.family, other.given)):
        given = Level("given", "swapped", one.given, other.family)
        counted = (
            _crossed_text(one) if (one.given, one.family) == (other.family, other.given) else ""
        )
        return given, Level("family", "swapped", one.family, other.given, counted)
    if _is_written_as(one.given, other.family):
        return _displaced(one.given, other.family, (one.family, other.given))
    if _is_written_as(one.family, other.given):
        return _displaced(one.family, other.given, (one.given, other.family))
    return ()


def _displaced(one: str, other: str, others: tuple[str, str]) -> Alternative:
    """One part stands in the other's column; what stands opposite it may differ too."""
    family = Level("family", "displaced", one, other)
    return (family, Level("given", "different", *others)) if all(others) else (family,)


def _is_written_as(one: str, other: str) -> bool:
    """One word in two columns; from five letters on with a slip of the pen."""
    if one == other or min(len(one), len(other)) < _LONG_ENOUGH:
        return one == other != ""
    return slips(one, other, 1) == 1


def _crossed_text(name: FoldedName) -> str:
    return f"crossed:{min(name.given, name.family)}|{max(name.given, name.family)}"


def _are_exchanged(*crossed: tuple[str, str]) -> bool:
    """Both crossed pairs agree; one of them perhaps as a nickname ("Bob Roth", "Roth, Robert")."""
    alike = [_are_alike(*pair) for pair in crossed]
    if any(alike) and not all(alike):
        mine, theirs = crossed[alike.index(False)]
        return bool(mine and theirs) and is_form_of(mine, theirs)
    return all(alike)


def _are_alike(one: str, other: str) -> bool:
    return bool(one and other) and _is_close(one, other)


def _given(one: FoldedName, other: FoldedName) -> Level | None:
    if not (one.given and other.given):
        return None
    level = given_level(one, other)
    counted = f"given:{one.given}" if one.given == other.given else ""
    return Level("given", level, one.given, other.given, counted)


def given_level(one: FoldedName, other: FoldedName) -> str:
    """The level of two stated given names."""
    left, right = one.given.replace(" ", ""), other.given.replace(" ", "")
    if left == right:
        return "exact"
    if min(len(left), len(right)) == 1:
        return "initial" if left[0] == right[0] else "different"
    if _goes_by_another(one, other) or is_form_of(one.given, other.given):
        return "variant"
    if are_variants(one.given, other.given):
        return "variant" if _is_close(left, right) else "forms_of_third"
    if _is_close(left, right):
        if is_known_name(left) and is_known_name(right):
            return "close_but_both_names"
        if left[0] != right[0]:
            return "close_other_initial"  # a slip there is rare, and twins are named in rhyme
        return "close" if slips(left, right, 1) == 1 else "near"
    return "sound" if sound(left) == sound(right) else "different"


def _goes_by_another(one: FoldedName, other: FoldedName) -> bool:
    """A second given name or the middle name in everyday use ("Mary Ann", "J. Robert")."""
    if not (one.middle or other.middle or " " in one.given or " " in other.given):
        return False
    mine = {*one.given.split(), *one.middle.split()}
    theirs = {*other.given.split(), *other.middle.split()}
    return one.given in theirs or other.given in mine


def _family(one: FoldedName, other: FoldedName, other_family: str) -> Level | None:
    if not (one.family and other.family):
        return None
    level = family_level(one, other)
    if level == "different":
        level = other_family
    counted = f"family:{min(one.family, other.family)}" if level == "exact" else ""
    if level == "exact" and (one.kind in _NOT_CURRENT or other.kind in _NOT_CURRENT):
        level = "former"
    return Level("family", level, one.family, other.family, counted)


def family_level(one: FoldedName, other: FoldedName) -> str:
    """The level of two stated family names, particles aside."""
    left, right = "".join(one.family_parts), "".join(other.family_parts)
    if left == right:
        return "exact"
    if not {*one.family_parts}.isdisjoint(other.family_parts):
        return "part"
    if _is_close(left, right):
        return "close" if slips(left, right, 1) == 1 else "near"
    return "sound" if sound(left) == sound(right) else "different"


@lru_cache(maxsize=8192)  # every pair is asked twice, and common names with most candidates
def _is_close(one: str, other: str) -> bool:
    """One slip of the pen, two from six letters on, or Jaro-Winkler from 0.92."""
    if not one or not other or one == other:
        return one == other != ""
    longest = max(len(one), len(other))
    found = slips(one, other, 2)
    if found <= (0 if longest < 4 else 1 if longest < 6 else 2):
        return True
    return longest > 4 and beginning_alike(one, other) >= 0.92


def _middle(one: FoldedName, other: FoldedName) -> Level | None:
    if not (one.middle and other.middle):
        return None
    if one.middle == other.middle and len(one.middle) > 1:
        return Level("middle", "exact", one.middle, other.middle)
    short = 1 in (len(one.middle), len(other.middle)) and one.middle[0] == other.middle[0]
    close = short or _is_close(one.middle, other.middle)
    return Level("middle", "initial" if close else "different", one.middle, other.middle)


def _suffix(one: FoldedName, other: FoldedName) -> Level | None:
    if not (one.suffix or other.suffix):
        return None
    level = "exact" if one.suffix == other.suffix else "different"
    if not (one.suffix and other.suffix):
        level = "one_sided"
    return Level("suffix", level, one.suffix, other.suffix)


def sex_alternatives(query: Features, candidate: Features) -> list[Alternative]:
    """Recorded sex, when both are known."""
    if not (query.sex and candidate.sex):
        return []
    level = "exact" if query.sex == candidate.sex else "different"
    return [(Level("sex", level, query.sex, candidate.sex),)]
