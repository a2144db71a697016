"""Stored facts read back by the million: the same few facts stand in nearly every record."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import orjson

from policy_service.domain.facts import Fact, Facts, Known, TieFacts, fact_from_json

KEPT = 100_000
"""Facts remembered; beyond that all are forgotten and met anew."""


class _Values(dict[str | int, Fact]):
    """Known facts by their value, each made when it is first met."""

    def __missing__(self, value: str | int) -> Fact:
        if len(self) > KEPT:
            self.clear()
        fact = self[value] = Known(value)
        return fact


class FactsReader:
    """Reads what `facts_to_json` wrote. Facts are values, so equal ones may be one object."""

    def __init__(self) -> None:
        self._known = _Values()
        self._others: dict[str, Fact] = {}

    def read(self, raw: bytes) -> Facts:
        """The facts of a stored record. ValueError for anything else."""
        body = orjson.loads(raw)
        return Facts(
            as_of=date.fromisoformat(body["as_of"]),
            base=self._facts(body["base"]),
            ties=tuple(TieFacts(tie["ref"], self._facts(tie["facts"])) for tie in body["ties"]),
            candidates=frozenset(body.get("candidates", ())),
        )

    def _facts(self, body: Mapping[str, Any]) -> dict[str, Fact]:
        known, other = self._known, self._other
        return {
            name: known[one["value"]] if "value" in one else other(one)
            for name, one in body.items()
        }

    def _other(self, one: Mapping[str, Any]) -> Fact:
        text = repr(one)
        fact = self._others.get(text)
        if fact is None:
            if len(self._others) > KEPT:
                self._others.clear()
            fact = self._others[text] = fact_from_json(one)
        return fact
