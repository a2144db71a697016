"""Forget persons: their keys are destroyed, and nothing finds them any more.

What was sealed under the key stays as noise, log openings included; leaves and proofs stay valid.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import delete, update

from policy_service.database.tables.people import MatchKeyRow, PersonKeyRow, PersonRow
from policy_service.database.tables.watching import AskedKeyRow
from policy_service.services.context import Context
from policy_service.services.touch import touch_record


def erase_people(context: Context, person_ids: Sequence[str]) -> None:
    """Destroy the keys and match keys of persons. The caller logs why."""
    if not person_ids:
        return
    session, practice = context.session, context.practice_id
    session.execute(
        update(PersonKeyRow)
        .where(PersonKeyRow.practice_id == practice, PersonKeyRow.person_id.in_(person_ids))
        .values(wrapped=None, destroyed_at=context.now)
        .execution_options(synchronize_session=False)
    )
    given_up: defaultdict[str, list[int]] = defaultdict(list)
    for person_id, key in session.execute(
        delete(MatchKeyRow)
        .where(MatchKeyRow.practice_id == practice, MatchKeyRow.person_id.in_(person_ids))
        .returning(MatchKeyRow.person_id, MatchKeyRow.key)
        .execution_options(synchronize_session=False)
    ):
        given_up[person_id].append(key)
    session.execute(
        delete(AskedKeyRow)
        .where(AskedKeyRow.practice_id == practice, AskedKeyRow.person_id.in_(person_ids))
        .execution_options(synchronize_session=False)
    )
    session.execute(
        update(PersonRow)
        .where(PersonRow.practice_id == practice, PersonRow.id.in_(person_ids))
        .values(erased_at=context.now, sketch=None)
        .execution_options(synchronize_session=False)
    )
    for person_id in person_ids:
        touch_record(context, person_id, given_up[person_id])
