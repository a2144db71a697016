"""How common a person's values are in this practice: counted by a measurement, else by key holders.

A measurement counts what people bear, each value under a keyed hash of its own. Between two
measurements, and for values that one person bore when it counted, the holders of a match key tell.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from policy_service.database import match_index
from policy_service.matching.frequencies import Frequencies
from policy_service.services.context import Context


def frequencies(context: Context, values: Collection[str], held: Frequencies) -> Frequencies:
    """How many of `held.total` people bear each value (`matching.frequency_texts`).

    `held` says what the holders of match keys tell; it stands where nothing was counted.
    """
    counted = counted_values(context, values)
    return Frequencies(held.total, {**held.counts, **_scaled(context, counted, held.total)})


def counted_values(context: Context, values: Iterable[str]) -> dict[str, int]:
    """The values that the last measurement counted, with the people who bore them then."""
    if not context.matching.counted:
        return {}
    by_key = {context.keyring.frequency_key(value): value for value in values}
    counts = match_index.value_counts(context.session, context.matching.counted, by_key)
    return {by_key[key]: count for key, count in counts.items()}


def _scaled(context: Context, counted: Mapping[str, int], total: int) -> dict[str, int]:
    """As many of `total` as bore the value among those who were counted; the bearer stays one."""
    people = max(context.matching.people, 1)
    return {value: 1 + (count - 1) * total // people for value, count in counted.items()}
