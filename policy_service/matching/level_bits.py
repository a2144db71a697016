"""Chances turned to bits, once for a model."""

from __future__ import annotations

import math
from typing import NamedTuple

AGREEING_WORDS = (
    "exact exact_apart former variant close near close_but_both_names forms_of_third sound "
    "close_other_initial initial swapped displaced part day_month_swapped one_digit two_parts "
    "all_near year_and_month year other_house last_seven name_part other_platform "
    "name_and_second_field name_other_phone name phone"
)
AGREEING = frozenset(AGREEING_WORDS.split())
"""Levels of agreement: never evidence against anybody, so that the score is monotone."""


class LevelBits(NamedTuple):
    """Hundredths of a bit of one level, for SELF and for every kind of kin, against NONE."""

    same: int
    kin: tuple[int, ...]

    def rarer(self, shift: int) -> LevelBits:
        """For a value that is rarer (or, below zero, commoner) than the model's by `shift`.

        Whoever shares values no oftener than strangers do gains nothing by a rare one.
        """
        return LevelBits(
            max(self.same + shift, 0), tuple(max(k + shift, 0) if k > 0 else k for k in self.kin)
        )


def bits(chance: float, among_strangers: float) -> int:
    """log2 of the ratio in hundredths of a bit, rounded once, here."""
    return round(100 * math.log2(chance / among_strangers))


def level_bits(level: str, same: int, kin: tuple[int, ...], none: int) -> LevelBits:
    """The bits of a level from its chances in parts per million."""
    least = 0 if level in AGREEING else -1_000_000
    return LevelBits(
        max(bits(same, none), least), tuple(max(bits(chance, none), least) for chance in kin)
    )
