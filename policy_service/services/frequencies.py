"""How common a person's values are in this practice: counted by a measurement, else by key holders.

A measurement counts what people bear, each value under a keyed hash of its own. Between two
measurements, and for values that one person bore when it counted, the holders of a match key tell.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from sqlalchemy import bindparam, inspect, select

from policy_service.database.tables.matching import FrequencyRow
from policy_service.matching.frequencies import Frequencies
from policy_service.services.context import Context

_table = inspect(FrequencyRow).local_table
_COUNTS = select(_table.c.key, _table.c.count).where(
    _table.c.practice_id == bindparam("practice"),
    _table.c.measurement == bindparam("measurement"),
    _table.c.key.in_(bindparam("keys", expanding=True)),
)


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
    asked = {
        "practice": context.practice_id,
        "measurement": context.matching.counted,
        "keys": list(by_key),
    }
    rows = context.session.execute(_COUNTS, asked) if by_key else ()
    return {by_key[key]: count for key, count in rows}


def _scaled(context: Context, counted: Mapping[str, int], total: int) -> dict[str, int]:
    """As many of `total` as bore the value among those who were counted; the bearer stays one."""
    people = max(context.matching.people, 1)
    return {value: 1 + (count - 1) * total // people for value, count in counted.items()}
