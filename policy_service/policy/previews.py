"""Previews: the packs, run on the days a contemplated tie might begin and on a later return.

Nothing is known here of any rule. The same engine that decides checks reads imagined facts; a rule
speaks in a preview when it says something else with the tie than without it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from policy_service.domain.decisions import Decision, RuleReading, Truth, decide
from policy_service.domain.preview_periods import Period
from policy_service.domain.previews import (
    Closing,
    CodePreview,
    Contemplation,
    Preview,
    in_order,
)
from policy_service.policy.change_days import change_days
from policy_service.policy.clocks import care_ended
from policy_service.policy.engine import evaluate
from policy_service.policy.imagining import (
    Care,
    Imagined,
    beginning,
    beginning_after,
    ended_on,
    goes_on,
    returning,
)
from policy_service.policy.pack import Pack
from policy_service.policy.selection import Selection
from policy_service.policy.timeline import days_of

Imagine = Callable[[date], Imagined]


def preview(selection: Selection, care: Care, asked: Contemplation) -> Preview:
    """What each pack of the selection says of the tie from `asked.today` on.

    `care` are the facts of the care between the two (client status, service, anchors). Raises
    FactsFault for facts outside the vocabulary.
    """
    codes = (_Reader(pack, selection, care, asked).read() for pack in selection.read)
    ended = days_of(care_ended(care))
    return Preview(asked, ended, in_order(codes, asked.on), selection.not_consulted)


@dataclass(frozen=True, slots=True)
class _Reader:
    """One pack, read for one question. If it may bind or not, nothing of it holds for certain."""

    pack: Pack
    selection: Selection
    care: Care
    asked: Contemplation

    def read(self) -> CodePreview:
        """All that the pack says."""
        begins = self._begins()
        return CodePreview(
            pack=self.pack.id,
            pack_digest=self.pack.digest,
            binds=self.pack in self.selection.packs,
            begins=begins,
            after_care=self._after_care() if goes_on(self.care) else (),
            closings=tuple(self._closings(begins)),
        )

    def _begins(self) -> tuple[Period, ...]:
        def imagine(day: date) -> Imagined:
            return beginning(self.asked.kind, self.care, day)

        return self._periods(imagine, self.care, self.asked.today)

    def _after_care(self) -> tuple[Period, ...]:
        today = self.asked.today

        def imagine(day: date) -> Imagined:
            return beginning_after(self.asked.kind, self.care, today, day)

        return self._periods(imagine, ended_on(self.care, today), today)

    def _closings(self, begins: Sequence[Period]) -> Iterator[Closing]:
        """One for each period in which the tie may begin; neighbours that agree are one."""
        found = [(period, self._closing(period.first)) for period in begins]
        for _, same in groupby(found, key=lambda pair: _said_by(pair[1])):
            alike = list(same)
            _, closing = alike[0]
            yield Closing(
                alike[0][0].first,
                alike[-1][0].until,
                closing.while_it_lasts,
                closing.after_it_is_over,
            )

    def _closing(self, began: date) -> Closing:
        def lasting(day: date) -> Imagined:
            return returning(self.asked.kind, self.care, began, day, over=False)

        def over(day: date) -> Imagined:
            return returning(self.asked.kind, self.care, began, day, over=True)

        care = ended_on(self.care, began) if goes_on(self.care) else self.care
        return Closing(
            began,
            None,
            self._periods(lasting, care, began),
            self._periods(over, care, began),
        )

    def _periods(self, imagine: Imagine, care: Care, first: date) -> tuple[Period, ...]:
        """The answers in order, each from its first day until the next one's."""
        days = change_days(self.pack, care_ended(care), first)
        told = [(day, self._decision(imagine(day))) for day in days]
        runs = [next(run) for _, run in groupby(told, key=lambda pair: _said(pair[1]))]
        ends = [day for day, _ in runs[1:]]
        return tuple(
            Period(day, until, decision)
            for (day, decision), until in zip(runs, [*ends, None], strict=True)
        )

    def _decision(self, imagined: Imagined) -> Decision:
        """What holds with the tie and did not hold, or not so surely, without it."""
        known = self.selection.applied_to
        without = {r.facets.rule: r for r in evaluate([self.pack], known(imagined.without))}
        readings = evaluate([self.pack], known(imagined.with_tie))
        return decide((r for r in readings if _owed(r, without.get(r.facets.rule))), ())


def _owed(reading: RuleReading, without: RuleReading | None) -> bool:
    """Whether a reading is owed to the tie. Unknown is never clear: what stays unknown in both
    worlds counts where the rule looks at the tie, and a broken rule always counts.
    """
    truths = (reading.closed, reading.open)
    if without is None or Truth.BROKEN in truths:
        return True
    if truths != (without.closed, without.open):
        return True
    return Truth.UNKNOWN in truths and reading.facts != without.facts


def _said(decision: Decision) -> Any:
    """What makes two days differ: not the imagined dates themselves."""
    return (
        decision.outcome,
        decision.could_become,
        [(f.reading.facets.rule, f.reading.tie, f.outcome, f.undecided) for f in decision.findings],
        [(draft.facets.rule, draft.tie, draft.closed) for draft in decision.unverified],
        decision.ask,
    )


def _said_by(closing: Closing) -> Any:
    """What makes two closings differ: the answers in their order, not the days they begin on."""
    return [
        [_said(period.decision) for period in periods]
        for periods in (closing.while_it_lasts, closing.after_it_is_over)
    ]
