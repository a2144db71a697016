"""Stored facts read back by the million: the same few facts stand in nearly every record."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import orjson

from policy_service.domain.facts import Fact, Facts, Known, TieFacts, fact_from_json

KEPT = 200_000
_ABSENT = object()


class FactsReader:
    """Reads what `facts_to_json` wrote. Facts are values, so equal ones may be one object."""

    def __init__(self) -> None:
        self._known: dict[Any, Fact] = {}
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
        known = self._known
        facts: dict[str, Fact] = {}
        for name, one in body.items():
            value = one.get("value", _ABSENT)
            fact = known.get(value) if len(one) == 1 else None
            facts[name] = fact if fact is not None else self._new(one, value)
        return facts

    def _new(self, one: Mapping[str, Any], value: Any) -> Fact:
        if value is not _ABSENT and type(value) is not bool:
            fact = fact_from_json(one)
            self._keep(self._known, value, fact)
            return fact
        text = repr(one)
        found = self._others.get(text)
        if found is None:
            found = fact_from_json(one)
            self._keep(self._others, text, found)
        return found

    @staticmethod
    def _keep(kept: dict[Any, Fact], key: Any, fact: Fact) -> None:
        if len(kept) < KEPT and (not isinstance(fact, Known) or fact.value == key):
            kept[key] = fact
