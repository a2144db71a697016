"""Witnesses: one record for each kind of change, ready to become a test of a rule."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from policy_service.domain.decisions import decide
from policy_service.policy.analysis.counting import find
from policy_service.policy.analysis.levels import Change, Level, level_by_engine, levels_in
from policy_service.policy.analysis.records import Record, given_in_yaml, record_of
from policy_service.policy.engine import read_alone
from policy_service.policy.pack import Pack
from policy_service.policy.rule import Rule
from policy_service.policy.rule_form import TEST_DAY


@dataclass(frozen=True, slots=True)
class Witness:
    """A record on which two versions decide differently.

    `test` is a line for the tests of `rule`; it holds in the version `holds_in` ("old" or "new"),
    the stricter one. `confirmed` says that the engine itself decided both as the diagram does.
    """

    old: Level
    new: Level
    record: Record
    rule: str
    holds_in: str
    test: str
    confirmed: bool

    def to_json(self) -> dict[str, Any]:
        """Canonical-JSON-safe form."""
        return {
            "old": self.old.word,
            "new": self.new.word,
            "record": self.record.to_json(),
            "rule": self.rule,
            "holds_in": self.holds_in,
            "test": self.test,
            "confirmed": self.confirmed,
        }


def witness(change: Change, leaf: int, old: Pack, new: Pack) -> Witness:
    """A witness of one leaf of the change; LookupError if no combination changes so."""
    path = find(change.space.diagrams, change.pairs, lambda one: one == leaf)
    if path is None:
        raise LookupError(f"no combination changes as {levels_in(leaf)}")
    record = record_of(change.space, path)
    before, after = levels_in(leaf)
    stricter, side = (old, "old") if before > after else (new, "new")
    rule = _loudest(stricter, record)
    decided = (level_by_engine(old, record), level_by_engine(new, record))
    return Witness(
        old=before,
        new=after,
        record=record,
        rule=rule.id,
        holds_in=side,
        test=_test(stricter, rule, record),
        confirmed=decided == (before, after),
    )


def _loudest(pack: Pack, record: Record) -> Rule:
    """The rule that says the most of a record; of several the first by id."""

    def loudness(rule: Rule) -> Level:
        return level_by_engine(replace(pack, rules=(rule,)), record)

    rules = sorted((rule for rule in pack.rules if rule.status.is_read), key=lambda rule: rule.id)
    return max(rules, key=loudness)


def _test(pack: Pack, rule: Rule, record: Record) -> str:
    """One line of YAML: what this rule alone makes of the record."""
    given = {name: fact for name, fact in record.facts.items() if name in rule.facts}
    decision = decide([read_alone(pack, rule, given, record.as_of)], ())
    worst = f", could_become: {decision.could_become}"
    said = f"expect: {decision.outcome}{worst if decision.could_become > decision.outcome else ''}"
    as_of = "" if record.as_of == TEST_DAY else f"as_of: {record.as_of.isoformat()}, "
    return f"- {{given: {given_in_yaml(given)}, {as_of}{said}}}"
