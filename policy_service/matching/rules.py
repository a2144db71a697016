"""What fields say only together: twins, seniors and juniors are kin, never one person."""

from __future__ import annotations

from collections.abc import Callable, Mapping

_ONE_BIRTH = frozenset({"exact", "day_month_swapped", "one_digit", "year_and_month", "year"})
_OTHER_GIVEN = frozenset(
    {"different", "close_but_both_names", "close_other_initial", "forms_of_third"}
)
_SAME_GIVEN = frozenset(
    {"exact", "variant", "close", "close_other_initial", "near", "sound", "initial", "swapped"}
)
_SAME_FAMILY = frozenset({"exact", "former", "part", "close", "near", "sound", "swapped"})
_PERSONAL = {
    "email": frozenset({"exact"}),  # what stands before the at-sign is often the name again
    "handle": frozenset({"exact", "other_platform"}),
    "middle": frozenset({"exact", "initial"}),
    "suffix": frozenset({"exact"}),
}
_APART = frozenset({"generation_apart", "generations_apart"})
Levels = Mapping[str, str]


def is_twin(levels: Levels) -> bool:
    """One birth date as far as it is known, one family name, another given name.

    A slip in one date, or a year alone, does not make one person of two given names either.
    """
    return (
        levels.get("birth_date") in _ONE_BIRTH
        and levels.get("family") in _SAME_FAMILY | {"displaced"}
        and levels.get("given") in _OTHER_GIVEN
    )


def is_namesake(levels: Levels) -> bool:
    """Senior and junior: one full name, births fifteen years or more apart, or unlike suffixes.

    A date that differs in one digit alone (1951 for 1981, same day) is a slip of the pen in one
    record far more often than a parent born on the child's birthday; it does not count here.
    """
    apart = levels.get("birth_date") in _APART
    return _one_name(levels) and (apart or levels.get("suffix") == "different")


def is_named_namesake(levels: Levels) -> bool:
    """One full name, and one record names a relative of that very name; no birth date tells."""
    named = levels.get("named_contact") in ("name", "name_other_phone", "name_and_second_field")
    return named and _one_name(levels) and levels.get("birth_date", "") not in _ONE_BIRTH


def is_one_suffix(levels: Levels) -> bool:
    """One full name, a suffix in one record alone, and no birth date tells."""
    return (
        levels.get("suffix") == "one_sided"
        and _one_name(levels)
        and levels.get("birth_date", "") not in _ONE_BIRTH
    )


def is_possible_namesake(levels: Levels) -> bool:
    """One full name, and nothing personal tells who of a family it is.

    Fathers and sons share a name, a town, a home and a telephone; a birth date, an e-mail address,
    a handle or a middle name would tell.
    """
    personal = any(levels.get(field) in said for field, said in _PERSONAL.items())
    return _one_name(levels) and "birth_date" not in levels and not personal


def _one_name(levels: Levels) -> bool:
    return levels.get("given") in _SAME_GIVEN and levels.get("family") in _SAME_FAMILY


POSSIBLE_NAMESAKE = "possible_namesake"
RULES: tuple[tuple[str, Callable[[Levels], bool]], ...] = (
    ("twin", is_twin),
    ("same_name_generation_apart", is_namesake),
    ("named_namesake", is_named_namesake),
    ("same_name_one_suffix", is_one_suffix),
    (POSSIBLE_NAMESAKE, is_possible_namesake),
)
KIN_EXPLAINS = "kin_explains_it_better"
"""The rule for all other pairs that kinship explains better: they are not one person as well."""
