"""The table of a measurement's frequencies: added to in short steps, thinned, and dropped.

Rows are written in the order of their keys and a thousand at a time, so that no writer of the day
waits for long and the table grows page by page.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from policy_service.database.tables.matching import FrequencyRow
from policy_service.domain.principals import Principal
from policy_service.services.context import Context
from policy_service.services.desk import Desk

MOST_IN_MEMORY = 100_000
"""Distinct values that are counted before they are written."""
_STEP = 1_000
_LIVE_FIELDS = frozenset({"phone", "email", "dwelling"})
"""A value of these that one person bears is not kept: the holders of its match key are counted at
every check anyhow, and freshly."""


@dataclass(slots=True)
class FrequencyTable:
    """The counts of measurement `number`, while they are being made."""

    desk: Desk
    principal: Principal
    number: int
    _waiting: Counter[str] = field(default_factory=Counter)

    def add(self, values: Iterable[str]) -> None:
        """Count one person's values (`matching.frequency_texts`)."""
        self._waiting.update(values)
        if len(self._waiting) >= MOST_IN_MEMORY:
            self._write()

    def finish(self) -> int:
        """Write what waits and drop what live keys tell better; returns how many rows are left."""
        self._write()
        self._drop_live_singles()
        with self.desk.reading(self.principal) as context:
            kept = select(func.count()).select_from(FrequencyRow).where(*self._mine(context))
            return context.session.scalar(kept) or 0

    def drop_older(self) -> None:
        """Drop the counts of measurements that were replaced, or that never ended."""
        while True:
            with self.desk.writing(self.principal) as context:
                older = (
                    select(FrequencyRow.measurement, FrequencyRow.key)
                    .where(
                        FrequencyRow.practice_id == context.practice_id,
                        FrequencyRow.measurement < self.number,
                    )
                    .limit(_STEP)
                )
                rows = context.session.execute(older).all()
                for number in {row.measurement for row in rows}:
                    _delete(context, number, [r.key for r in rows if r.measurement == number])
            if not rows:
                return

    def _write(self) -> None:
        with self.desk.reading(self.principal) as context:
            rows = [self._row(context, *counted) for counted in self._waiting.items()]
        self._waiting.clear()
        rows.sort(key=lambda row: int(row["key"]))
        for chunk in _chunks(rows):
            with self.desk.writing(self.principal) as context:
                _sum(context, chunk)

    def _row(self, context: Context, value: str, count: int) -> dict[str, Any]:
        return {
            "practice_id": context.practice_id,
            "measurement": self.number,
            "key": context.keyring.frequency_key(value),
            "field": value.partition(":")[0],
            "count": count,
        }

    def _mine(self, context: Context) -> tuple[Any, ...]:
        practice = FrequencyRow.practice_id == context.practice_id
        return practice, FrequencyRow.measurement == self.number

    def _drop_live_singles(self) -> None:
        """One walk along the keys; what is kept is never looked at twice."""
        after = -(2**63)
        while True:
            with self.desk.reading(self.principal) as context:
                walked = (
                    select(FrequencyRow.key, FrequencyRow.field, FrequencyRow.count.label("people"))
                    .where(*self._mine(context), FrequencyRow.key > after)
                    .order_by(FrequencyRow.key)
                    .limit(_STEP)
                )
                rows = context.session.execute(walked).all()
            if not rows:
                return
            after = rows[-1].key
            singles = [r.key for r in rows if r.people == 1 and r.field in _LIVE_FIELDS]
            if singles:
                with self.desk.writing(self.principal) as context:
                    _delete(context, self.number, singles)


def _sum(context: Context, rows: list[dict[str, Any]]) -> None:
    same = ["practice_id", "measurement", "key"]
    statement: Any
    if context.session.get_bind().dialect.name == "sqlite":
        lite = sqlite.insert(FrequencyRow)
        summed = FrequencyRow.count + lite.excluded.count
        statement = lite.on_conflict_do_update(index_elements=same, set_={"count": summed})
    else:
        full = postgresql.insert(FrequencyRow)
        summed = FrequencyRow.count + full.excluded.count
        statement = full.on_conflict_do_update(index_elements=same, set_={"count": summed})
    context.session.execute(statement, rows)


def _delete(context: Context, number: int, keys: list[int]) -> None:
    context.session.execute(
        delete(FrequencyRow)
        .where(
            FrequencyRow.practice_id == context.practice_id,
            FrequencyRow.measurement == number,
            FrequencyRow.key.in_(keys),
        )
        .execution_options(synchronize_session=False)
    )


def _chunks(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    left = iter(rows)
    while chunk := list(islice(left, _STEP)):
        yield chunk
