"""What goes when a person is erased, step by step, in the one transaction of the erasure.

Entries, leaves and openings of the log are never touched: their openings lie under the person's
key, which is destroyed, so they are noise. Everything else that tells of the person and does not
lie under that key alone is deleted or emptied (docs/design/erasure.md lists every column).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, delete, or_, select, update

from policy_service.database.base import PracticeOwned
from policy_service.database.tables.accounts import AccountRow, ConnectionRow
from policy_service.database.tables.care import (
    EpisodeClientRow,
    EpisodeClinicianRow,
    EpisodeRow,
)
from policy_service.database.tables.contacts import ContactImportRow, ContactRow
from policy_service.database.tables.duties import DutyRow
from policy_service.database.tables.events import BoundaryEventRow
from policy_service.database.tables.matching import LikelyDuplicateRow
from policy_service.database.tables.people import IdentityVerdictRow
from policy_service.database.tables.reconciliations import EhrAnswerRow
from policy_service.database.tables.registry import AttestationRow, ClientRow
from policy_service.database.tables.reviews import CaseRow
from policy_service.database.tables.ties import TieRow
from policy_service.domain.duties import DutyMoveKind
from policy_service.domain.reviews import CaseState, MoveKind
from policy_service.domain.standings import Standing
from policy_service.services.attestations import withdraw_attestation
from policy_service.services.case_steps import Step, make
from policy_service.services.context import Context
from policy_service.services.duty_moves import NewMove, close
from policy_service.services.erasing.copies import drop_copies, drop_work
from policy_service.services.erasing.people import blank_records, destroy_keys, drop_match_keys
from policy_service.services.erasing.subjects import Subject
from policy_service.services.imports.contact_states import (
    DISCARDED,
    READY,
    destroy_upload,
    end_unstored,
)
from policy_service.services.imports.roster_drops import discard_every_drop, empty_every_drop
from policy_service.services.reach import who_ask_for
from policy_service.services.revisions import bump, withdraw
from policy_service.services.tie_reach import within
from policy_service.services.touch import touch_clinicians, touch_people

WITHDRAWN_BECAUSE = "A person whom it may have covered was erased: please attest again."


def remove(context: Context, subject: Subject) -> None:
    """Everything, in the order of STEPS. The caller logs, and keeps the list of erasures."""
    for step in STEPS:
        step(context, subject)


def remove_unlogged(context: Context, subject: Subject) -> None:
    """What needs no entry: for a log that may not be written, as after a backup was restored.

    Attestations fall silently; cases and duties stay open until `close_questions`.
    """
    for step in STEPS:
        unlogged = _UNLOGGED.get(step, step)
        if unlogged is not None:
            unlogged(context, subject)


def close_questions(context: Context, subject: Subject) -> None:
    """What `remove_unlogged` left, once the log may be written again."""
    close_cases(context, subject)
    close_duties(context, subject)


def touch_others(context: Context, subject: Subject) -> None:
    """Whoever met the person by a key or a tie is asked about again, without the person.

    Found now, while the keys are there: nothing of them is left to a queue.
    """
    reached = set(who_ask_for(context, subject.people).people)
    reached |= set().union(*within(context, subject.people, 2))
    touch_people(context, reached - set(subject.people))
    bump(context, ClientRow, set(subject.clients))


def open_attested_worlds(context: Context, subject: Subject) -> None:
    """Attestations that covered ties to, or through, the person no longer close the world.

    What was known there is gone. Unknown is never clear: until the clinician attests again, checks
    say that they have not.
    """
    for row in _attestations(context, subject):
        withdraw_attestation(context, row.id, WITHDRAWN_BECAUSE)


def open_attested_worlds_unlogged(context: Context, subject: Subject) -> None:
    """The same without entries."""
    for row in _attestations(context, subject):
        withdraw(context, row, WITHDRAWN_BECAUSE)
    touch_clinicians(context, subject.clinicians)


def _attestations(context: Context, subject: Subject) -> Sequence[AttestationRow]:
    standing = select(AttestationRow).where(
        AttestationRow.clinician_id.in_(subject.clinicians),
        AttestationRow.is_current.is_(True),
        AttestationRow.is_withdrawn.is_(False),
    )
    return context.session.scalars(standing.order_by(AttestationRow.id)).all()


def close_cases(context: Context, subject: Subject) -> None:
    """Open questions about the person end, and settled ones are never opened again.

    While the key is there, so that the move lies under it. The digest of the facts goes as well:
    facts can be guessed.
    """
    mine = CaseRow.client_id.in_(subject.clients)
    unsettled = or_(CaseRow.state != CaseState.CLOSED.value, CaseRow.valid_until.is_not(None))
    rows = select(CaseRow).where(mine, unsettled).order_by(CaseRow.id).with_for_update()
    changes = {
        "state": CaseState.CLOSED.value,
        "standing": Standing.NONE.value,
        "valid_until": None,
        "due_on": None,
    }
    for case in context.session.scalars(rows).all():
        make(context, case, Step(MoveKind.ERASED, {}, changes))
    _set(context, CaseRow, {"facts_digest": ""}, mine)


def discard_uploads(context: Context, _subject: Subject) -> None:
    """Uploads that wait may name the person, under the clinician's key: they are made again."""
    waiting = select(ContactImportRow).where(ContactImportRow.state == READY).with_for_update()
    for row in context.session.scalars(waiting).all():
        end_unstored(context, row, DISCARDED)


def discard_uploads_unlogged(context: Context, _subject: Subject) -> None:
    """The same without entries, half-stored ones included: what they may name is gone too."""
    waiting = select(ContactImportRow).where(ContactImportRow.sealed.is_not(None))
    for row in context.session.scalars(waiting.with_for_update()).all():
        destroy_upload(context, row)
        row.state, row.ended_at = DISCARDED, context.now
    context.session.flush()


def discard_rosters(context: Context, _subject: Subject) -> None:
    """Rosters that wait may name the person, and previews their id in the practice's system."""
    discard_every_drop(context)


def discard_rosters_unlogged(context: Context, _subject: Subject) -> None:
    """The same without entries."""
    empty_every_drop(context)


def delete_connections(context: Context, subject: Subject) -> None:
    """Accounts and the connections at both their ends, every revision."""
    _delete(
        context,
        ConnectionRow,
        or_(
            ConnectionRow.account_id.in_(subject.accounts),
            ConnectionRow.far_person_id.in_(subject.people),
            ConnectionRow.far_handle_key.in_(subject.handle_keys),
        ),
    )
    _delete(context, AccountRow, AccountRow.person_id.in_(subject.people))


def delete_contacts(context: Context, subject: Subject) -> None:
    """What imports kept of the person."""
    _delete(context, ContactRow, ContactRow.person_id.in_(subject.people))


def delete_ties(context: Context, subject: Subject) -> None:
    """Ties, whoever stated them, every revision: reasons stand there in clear."""
    ends = TieRow.from_person_id, TieRow.to_person_id
    _delete(context, TieRow, or_(*(end.in_(subject.people) for end in ends)))


def delete_events(context: Context, subject: Subject) -> None:
    """Boundary events with the client."""
    _delete(context, BoundaryEventRow, BoundaryEventRow.client_id.in_(subject.clients))


def delete_care(context: Context, subject: Subject) -> None:
    """The person's part in episodes; an episode without any client left goes as a whole."""
    mine = select(EpisodeClientRow.episode_id).where(
        EpisodeClientRow.client_id.in_(subject.clients)
    )
    episodes = set(context.session.scalars(mine))
    _delete(context, EpisodeClientRow, EpisodeClientRow.client_id.in_(subject.clients))
    others = select(EpisodeClientRow.episode_id).where(EpisodeClientRow.episode_id.in_(episodes))
    shared = set(context.session.scalars(others))
    for table, column in (
        (EpisodeRow, EpisodeRow.id),
        (EpisodeClinicianRow, EpisodeClinicianRow.episode_id),
    ):
        _delete(context, table, column.in_(episodes - shared))
    _set(context, EpisodeRow, {"reason": None}, EpisodeRow.id.in_(shared))


def delete_verdicts(context: Context, subject: Subject) -> None:
    """Identity verdicts hold digests of the records; that of a likely twin goes as well."""
    for table in (IdentityVerdictRow, LikelyDuplicateRow):
        ends = table.person_a, table.person_b
        _delete(context, table, or_(*(end.in_(subject.people) for end in ends)))


def blank_clients(context: Context, subject: Subject) -> None:
    """The EHR's own id of the client."""
    _set(context, ClientRow, {"external_id": None}, ClientRow.id.in_(subject.clients))


def forget_answer_keys(context: Context, subject: Subject) -> None:
    """An EHR may have made its keys from a name, and then their digests could be guessed at."""
    _set(context, EhrAnswerRow, {"key_digest": None}, EhrAnswerRow.client_id.in_(subject.clients))


def forget_match_keys(context: Context, subject: Subject) -> None:
    """Keys that find the person, and those under which a check of them looked for others."""
    drop_match_keys(context, subject.people)


def destroy_person_keys(context: Context, subject: Subject) -> None:
    """The erasure itself."""
    destroy_keys(context, subject.people)


def blank_people(context: Context, subject: Subject) -> None:
    """Record, features, digest and pseudonym."""
    blank_records(context, subject.people)


def close_duties(context: Context, subject: Subject) -> None:
    """What is owed about the person is owed no more. After the key is gone: the move, which names
    nobody, lies under the practice's."""
    rows = (
        select(DutyRow)
        .where(DutyRow.client_id.in_(subject.clients), DutyRow.closed_at.is_(None))
        .order_by(DutyRow.key)
        .with_for_update()
    )
    for duty in context.session.scalars(rows).all():
        close(context, duty, NewMove(DutyMoveKind.NOT_APPLICABLE, {"reason": "erased"}))


_Step = Callable[[Context, Subject], None]
STEPS: tuple[_Step, ...] = (
    touch_others,
    open_attested_worlds,
    close_cases,
    discard_uploads,
    discard_rosters,
    drop_copies,
    delete_connections,
    delete_contacts,
    delete_ties,
    delete_events,
    delete_care,
    delete_verdicts,
    blank_clients,
    forget_answer_keys,
    forget_match_keys,
    destroy_person_keys,
    blank_people,
    close_duties,
    drop_work,
)


_UNLOGGED: dict[_Step, _Step | None] = {
    open_attested_worlds: open_attested_worlds_unlogged,
    discard_uploads: discard_uploads_unlogged,
    discard_rosters: discard_rosters_unlogged,
    close_cases: None,
    close_duties: None,
}
"""What stands for the steps that write entries while the log takes none."""


def _delete(context: Context, table: type[PracticeOwned], condition: ColumnElement[bool]) -> None:
    context.session.execute(
        delete(table)
        .where(table.practice_id == context.practice_id, condition)
        .execution_options(synchronize_session=False)
    )


def _set(
    context: Context,
    table: type[PracticeOwned],
    values: dict[str, Any],
    condition: ColumnElement[bool],
) -> None:
    context.session.execute(
        update(table)
        .where(table.practice_id == context.practice_id, condition)
        .values(**values)
        .execution_options(synchronize_session=False)
    )


def step_names() -> Iterable[str]:
    """The steps by name, in order."""
    return [step.__name__ for step in STEPS]
