"""Erasures stay: after an older backup was restored, whoever is on the list is erased again.

The list lies with the keys, outside the database. It is read when a process first uses the key of
a practice, before anything of that practice is served. Erasures that the database knows and the
list lacks (an older backup of the keys) are written on the list.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

import structlog
from sqlalchemy import select

from policy_service.audit.log import Owned
from policy_service.database.tables.erasures import ErasureRow
from policy_service.database.tables.people import PersonKeyRow, PersonRow
from policy_service.domain.erasures import ErasureState
from policy_service.domain.principals import Principal
from policy_service.errors import LogContradicted, NotReady
from policy_service.services.chunks import chunks
from policy_service.services.context import Context
from policy_service.services.desk import Desk
from policy_service.services.erasing.carrying_out import scrub
from policy_service.services.erasing.orders import listed as lines_of
from policy_service.services.erasing.orders import said_of
from policy_service.services.erasing.removal import close_questions, remove_unlogged
from policy_service.services.erasing.subjects import subject_over
from policy_service.vault.erasure_list import Erased, ErasureListBroken

_log = structlog.get_logger()


def keeper_of_list(practice_id: str) -> Principal:
    """Who erases again: the service itself, by the list."""
    return Principal(practice_id, "erasure-list", "list of erasures", frozenset())


def reapply(desk: Desk, practice_id: str) -> int:
    """Erase again whoever is on the list and came back; returns how many records.

    NotReady while the list cannot be trusted: nothing is served over an unread list.
    """
    principal = keeper_of_list(practice_id)
    with desk.reading(principal) as context:
        listed = _read(desk, context)
        back = _who_came_back(context, listed)
        missing = _not_listed(context, listed)
        key = context.keyring.erasure_list_key
    if missing:
        desk.erasures.add(missing, key)
    if back:
        _erase_again(desk, principal, back)
    _log_what_is_owed(desk, principal, listed)
    return len(back)


def _erase_again(desk: Desk, principal: Principal, people: set[str]) -> None:
    """The keys first, without an entry: a log whose backup was restored takes none for a while."""
    with desk.writing(principal) as context:
        remove_unlogged(context, subject_over(context, people))
    scrub(desk, principal.practice_id)
    _log.warning("erased again", practice=principal.practice_id, records=len(people))


def _log_what_is_owed(desk: Desk, principal: Principal, listed: Sequence[Erased]) -> None:
    """Close cases and duties and write the entry, one for each erasure that the database does not
    know as done; later, where the log takes no entry now."""
    by_erasure: defaultdict[str, list[Erased]] = defaultdict(list)
    for one in listed:
        by_erasure[one.erasure].append(one)
    with desk.reading(principal) as context:
        owed = sorted(set(by_erasure) - _done(context))
    for erasure_id in owed:
        try:
            with desk.writing(principal) as context:
                _close_and_log(context, by_erasure[erasure_id])
        except LogContradicted:
            _log.warning("entry of an erasure waits for the log", erasure=erasure_id)
            return


def _read(desk: Desk, context: Context) -> list[Erased]:
    try:
        return desk.erasures.read(context.practice_id, context.keyring.erasure_list_key)
    except ErasureListBroken as error:
        _log.error("list of erasures is broken", error=str(error))
        raise NotReady("The list of erasures cannot be read.") from error


def _who_came_back(context: Context, listed: Sequence[Erased]) -> set[str]:
    """Those on the list who have a key, or a record that is not marked as erased."""
    back: set[str] = set()
    for people in chunks(one.person for one in listed):
        keys = select(PersonKeyRow.person_id).where(
            PersonKeyRow.person_id.in_(people), PersonKeyRow.wrapped.is_not(None)
        )
        records = select(PersonRow.id).where(
            PersonRow.id.in_(people), PersonRow.erased_at.is_(None)
        )
        back |= {*context.session.scalars(keys), *context.session.scalars(records)}
    return back


def _not_listed(context: Context, listed: Sequence[Erased]) -> list[Erased]:
    known = {one.erasure for one in listed}
    done = select(ErasureRow).where(ErasureRow.state == ErasureState.DONE.value)
    rows = [row for row in context.session.scalars(done) if row.id not in known]
    return [one for row in rows for one in lines_of(context, row, row.people.split())]


def _done(context: Context) -> set[str]:
    done = select(ErasureRow.id).where(ErasureRow.state == ErasureState.DONE.value)
    return set(context.session.scalars(done))


def _close_and_log(context: Context, lines: Sequence[Erased]) -> None:
    people = [one.person for one in lines]
    close_questions(context, subject_over(context, people))
    row = _row_of(context, lines[0], people)
    told = {"erasure": Owned(said_of(row, len(people)))}
    row.entry_id = context.log("person.erased_again", told).id
    context.session.flush()


def _row_of(context: Context, line: Erased, people: Sequence[str]) -> ErasureRow:
    """The erasure's row: as the backup has it, or made anew."""
    row = context.session.get(ErasureRow, (context.practice_id, line.erasure))
    if row is None:
        at = datetime.fromisoformat(line.at)
        row = ErasureRow(
            practice_id=context.practice_id,
            id=line.erasure,
            person_id=line.person,
            ground=line.ground,
            state=ErasureState.DONE.value,
            asked_at=at,
            asked_by=context.principal.actor_ref,
            blocks="",
            people=" ".join(people),
        )
        context.session.add(row)
    row.state = ErasureState.DONE.value
    row.decided_at, row.decided_by = context.now, context.principal.actor_ref
    row.people, row.scrubbed_at = " ".join(people), None
    return row
