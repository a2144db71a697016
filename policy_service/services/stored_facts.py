"""Stored facts read back by the million: the same few facts stand in nearly every record.

Facts are flat, so the JSON of a record's base is cut between them, and each piece is parsed when it
is first met. A piece is never misread: inside a JSON string a quote is escaped, so what is cut
anywhere else than between two facts is no JSON by itself, and that record is read the plain way.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import orjson

from policy_service.domain.facts import Fact, Facts, TieFacts, fact_from_json, facts_from_json

KEPT = 100_000
"""Facts remembered; beyond that all are forgotten and met anew."""


class _Pieces(dict[bytes, tuple[str, Fact]]):
    """Name and fact by their JSON, but for the braces around; each made when it is first met."""

    def __missing__(self, piece: bytes) -> tuple[str, Fact]:
        if len(self) >= KEPT:
            self.clear()
        ((name, body),) = orjson.loads(b'{"%b}}' % piece).items()
        found = self[piece] = name, fact_from_json(body)
        return found


class _Days(dict[bytes, date]):
    """The as-of date by the JSON up to the base; a log has few."""

    def __missing__(self, head: bytes) -> date:
        if len(self) >= KEPT:
            self.clear()
        day = self[head] = date.fromisoformat(orjson.loads(head + b"}")["as_of"])
        return day


class FactsReader:
    """Reads what `facts_to_json` wrote. Facts are values, so equal ones may be one object."""

    def __init__(self) -> None:
        self._pieces = _Pieces()
        self._days = _Days()
        self._of_ties: dict[str, Fact] = {}

    def read(self, raw: bytes) -> Facts:
        """The facts of a stored record. ValueError for anything else."""
        try:
            return self._in_pieces(raw)
        except ValueError:
            return facts_from_json(orjson.loads(raw))

    def _in_pieces(self, raw: bytes) -> Facts:
        head, _, rest = raw.partition(b',"base":{"')
        base, _, rest = rest.partition(b'}},"')
        piece = self._pieces.__getitem__
        facts = dict(map(piece, base.split(b'},"')))
        more = orjson.loads(b'{"' + rest) if rest != b'ties":[]}' else _NO_TIE
        return Facts(
            as_of=self._days[head],
            base=facts,
            ties=tuple(TieFacts(tie["ref"], self._facts(tie["facts"])) for tie in more["ties"]),
            candidates=frozenset(more.get("candidates", ())),
        )

    def _facts(self, body: Mapping[str, Any]) -> dict[str, Fact]:
        return {name: self._fact(repr(fact), fact) for name, fact in body.items()}

    def _fact(self, text: str, body: Mapping[str, Any]) -> Fact:
        fact = self._of_ties.get(text)
        if fact is None:
            if len(self._of_ties) >= KEPT:
                self._of_ties.clear()
            fact = self._of_ties[text] = fact_from_json(body)
        return fact


_NO_TIE: Mapping[str, Any] = {"ties": ()}
