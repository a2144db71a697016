"""Counts of the practice, in steps: what every answer rests on moves seldom, and all are told.

How many people there are, and how many share a common value, weighs in every comparison. Read
exactly, each registration would change the answer about everyone by a hair; so large counts are
rounded up to three binary digits. When one moves a step, whoever it concerns is asked about again.
"""

from __future__ import annotations

from policy_service.matching.probing import HOT_KEY

SMALLEST_PRACTICE = 256
"""Practices below this size are weighed alike: the model's own chances carry more."""
_DIGITS = 3


def in_steps(count: int) -> int:
    """`count` rounded up to three binary digits: at most a quarter more."""
    spare = max(count.bit_length() - _DIGITS, 0)
    return -(-count >> spare) << spare


def people_counted(count: int) -> int:
    """The size of the practice as recognition weighs it."""
    return max(in_steps(count), SMALLEST_PRACTICE)


def holders_counted(count: int) -> int:
    """The holders of a key as recognition weighs them: exact while the key can find people."""
    return count if count <= HOT_KEY else in_steps(count)


def key_step(count: int) -> int:
    """0 for a key that can find people; for a hot one the step of its count."""
    return 0 if count <= HOT_KEY else in_steps(count)
