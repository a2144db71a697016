"""Carry out a touch: find whom it reaches, and queue a re-screen of each watched pair of theirs."""

from __future__ import annotations

from sqlalchemy import delete, insert

from policy_service.database.tables.watching import HotKeyRow
from policy_service.jobs.queue import Work
from policy_service.services.context import Context
from policy_service.services.desk import Desk
from policy_service.services.full_screens import screen_if_moved
from policy_service.services.reach import Reached, counts_of, who_ask_for, who_use
from policy_service.services.rescreening import queue_pairs, rescreener
from policy_service.services.steps import key_step
from policy_service.services.tie_reach import brought_near, clinicians_among
from policy_service.services.touch import Touched
from policy_service.services.watched import Pair, pairs_of_clinician, pairs_of_people


def carry_out_touch(desk: Desk, practice_id: str, work: Work) -> bool:
    """Queue what a touch reaches; True if there was anything.

    May run twice: what waits already is not queued twice. Read first, then written in short
    transactions, so that the writers of the day are not held up.
    """
    principal = rescreener(practice_id)
    touched = Touched.from_body(work.body)
    with desk.reading(principal) as context:
        reached = _reached(context, touched)
        pairs = _pairs(context, touched, reached)
    queue_pairs(desk, principal, pairs)
    if reached.steps:
        with desk.writing(principal) as context:
            _remember(context, reached.steps)
    screen_if_moved(desk, practice_id)  # new persons may have made the practice larger by a step
    return bool(pairs)


def _reached(context: Context, touched: Touched) -> Reached:
    """Clinicians are named by id, and reached as such; everything else is about persons."""
    people = set(touched.people)
    if touched.tied:
        one, other = touched.tied
        people |= brought_near(context, one, other)
    people |= who_use(context, map(int, touched.handles))
    return who_ask_for(context, people, map(int, touched.keys))


def _pairs(context: Context, touched: Touched, reached: Reached) -> set[Pair]:
    clinicians = set(touched.clinicians)
    clinicians |= clinicians_among(context, {*touched.people, *touched.tied})
    found = pairs_of_people(context, reached.people)
    for clinician_id in sorted(clinicians):
        found |= pairs_of_clinician(context, clinician_id)
    return found


def _remember(context: Context, told: dict[int, int]) -> None:
    """Note the steps that all were told of; one that has moved again is left to the next touch."""
    now = counts_of(context, told)
    still = {key: step for key, step in told.items() if key_step(now.get(key, 0)) == step}
    context.session.execute(
        delete(HotKeyRow)
        .where(HotKeyRow.practice_id == context.practice_id, HotKeyRow.key.in_(sorted(still)))
        .execution_options(synchronize_session=False)
    )
    rows = [
        {"practice_id": context.practice_id, "key": key, "step": step}
        for key, step in sorted(still.items())
        if step
    ]
    if rows:
        context.session.execute(insert(HotKeyRow), rows)
