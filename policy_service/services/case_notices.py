"""Tell that cases were opened, or that what the practice decided has changed.

Whether it is news for intake is another question: several cases of two people give one advice, and
only when that advice changes may intake hear of it. How many cases there are is not told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from policy_service.database.tables.reviews import CaseRow
from policy_service.domain.notices import About, NoticeKind, Subject
from policy_service.domain.outcomes import Outcome
from policy_service.domain.standings import NO_PURPOSE, Advice, Standing, advise
from policy_service.services.context import Context
from policy_service.services.notices import pair_cases, tell


@dataclass(frozen=True, slots=True)
class Stood:
    """How a case stood."""

    standing: str
    outcome: str

    @classmethod
    def of(cls, case: CaseRow) -> Stood:
        """As it stands now."""
        return cls(case.standing, case.outcome)

    @property
    def advice(self) -> Advice:
        """What intake is told of it."""
        return advise(Outcome(self.outcome), Standing(self.standing), NO_PURPOSE)


Moved = tuple[CaseRow, Stood | None]
"""A case that was touched, and how it stood before; None: it was not there."""


def tell_moves(context: Context, touched: Sequence[Moved]) -> None:
    """Tell of the cases, all of the same two people, that do not stand as they stood before."""
    moved = [(case, before) for case, before in touched if before != Stood.of(case)]
    if not moved:
        return
    is_news = _is_news(context, {case.id: before for case, before in moved}, moved[0][0])
    for case, before in moved:
        kind = NoticeKind.STANDING_CHANGED if before else NoticeKind.CASE_OPENED
        subject = Subject(About.CASE, case.id, case.clinician_id, case.client_id)
        tell(context, kind, subject, is_news=is_news)
        is_news = False  # one change of advice, however many cases made it


def _is_news(context: Context, before: Mapping[str, Stood | None], case: CaseRow) -> bool:
    """Whether the most cautious advice over all cases of the two is another one now."""
    cases = pair_cases(context, case.clinician_id, case.client_id)
    now = [Stood.of(one).advice for one in cases]
    stood = (before[one.id] if one.id in before else Stood.of(one) for one in cases)
    then = [one.advice for one in stood if one is not None]
    return _worst(now) != _worst(then)


def _worst(advice: Sequence[Advice]) -> Advice:
    return max(advice, key=list(Advice).index, default=Advice.PROCEED)
