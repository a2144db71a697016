"""Change days: the days on which what a pack says of a tie begun on that day can change.

A rule can look at the day of a beginning in three ways only: beside a constant, beside the end of a
period after care, and through the dates it is in force. So the days next to these, and next to the
first day asked about, stand for all days between them. The rule's `clock:` is not asked: a rule
without one is found as well, by the periods of its own condition.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from policy_service.policy.clocks import Span, shifted
from policy_service.policy.conditions import AfterCare, Day
from policy_service.policy.pack import Pack
from policy_service.policy.rule import Rule

FARTHEST_YEARS = 300
"""Later days are not looked at: no period of a pack is so long, only an unknown anchor is."""


def change_days(pack: Pack, ended: Span | None, first: date) -> tuple[date, ...]:
    """From `first` on, enough days to see every change; `ended`: the days care may have ended on.

    Between two neighbours of the answer nothing that the pack says can change.
    """
    last = date(min(first.year + FARTHEST_YEARS, date.max.year), 1, 1)
    marked = {day for rule in pack.rules if rule.status.is_read for day in _marked(rule, ended)}
    around = {shifted(day, step) for day in marked | {first} for step in (-1, 0, 1)}
    return tuple(sorted(day for day in around if first <= day <= last))


def _marked(rule: Rule, ended: Span | None) -> Iterator[date]:
    for when in (rule.in_force.first, rule.in_force.until):
        if when is not None:
            yield from (when.first, when.last)
    for atom in rule.compiled.atoms():
        if isinstance(atom, Day):
            yield from _compared(atom, ended)


def _compared(atom: Day, ended: Span | None) -> Iterator[date]:
    match atom.right:
        case AfterCare(plus) if ended is not None:
            yield from (plus.after(ended.first), plus.after(ended.last))
        case date() as constant:
            yield constant
        case _:
            return
