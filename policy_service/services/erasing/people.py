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
    """Destroy the keys and match keys of persons, and touch whom that reaches. The caller logs."""
    if not person_ids:
        return
    given_up = drop_match_keys(context, person_ids)
    destroy_keys(context, person_ids)
    blank_records(context, person_ids)
    for person_id in person_ids:
        touch_record(context, person_id, given_up.get(person_id, ()))


def destroy_keys(context: Context, person_ids: Sequence[str]) -> None:
    """Without its key nothing that was sealed for a person opens, here or in a copy."""
    context.session.execute(
        update(PersonKeyRow)
        .where(
            PersonKeyRow.practice_id == context.practice_id, PersonKeyRow.person_id.in_(person_ids)
        )
        .values(wrapped=None, destroyed_at=context.now)
        .execution_options(synchronize_session=False)
    )


def drop_match_keys(context: Context, person_ids: Sequence[str]) -> dict[str, list[int]]:
    """No key finds the persons any more; returns the match keys that each gave up."""
    given_up: defaultdict[str, list[int]] = defaultdict(list)
    for person_id, key in context.session.execute(
        delete(MatchKeyRow)
        .where(
            MatchKeyRow.practice_id == context.practice_id, MatchKeyRow.person_id.in_(person_ids)
        )
        .returning(MatchKeyRow.person_id, MatchKeyRow.key)
        .execution_options(synchronize_session=False)
    ):
        given_up[person_id].append(key)
    context.session.execute(
        delete(AskedKeyRow)
        .where(
            AskedKeyRow.practice_id == context.practice_id, AskedKeyRow.person_id.in_(person_ids)
        )
        .execution_options(synchronize_session=False)
    )
    return given_up


def blank_records(context: Context, person_ids: Sequence[str]) -> None:
    """The row stays, so that ids lead somewhere; nothing of the record does.

    The digest of the record goes too: whoever guesses a record could try it on the digest. The
    pseudonym is made anew: what the log called the person leads to nobody.
    """
    for person_id in person_ids:
        context.session.execute(
            update(PersonRow)
            .where(PersonRow.practice_id == context.practice_id, PersonRow.id == person_id)
            .values(
                erased_at=context.now,
                sealed=b"",
                sealed_features=None,
                sketch=None,
                record_digest=b"",
                pseudonym=context.new_id(),
            )
            .execution_options(synchronize_session=False)
        )
    context.session.expire_all()
