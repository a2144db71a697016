"""Ask for an erasure, drop it, carry it out. Two people: who asked does not carry it out.

What blocks an erasure is looked at when it is asked and again when it is carried out. A refusal is
an entry too, with what blocked and until when; it commits, so it is a result and no exception.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from policy_service.audit.log import Owned
from policy_service.database.tables.care import IS_CLIENT_OF, EpisodeClientRow, EpisodeRow
from policy_service.database.tables.care import EpisodeClinicianRow as Treating
from policy_service.database.tables.decisions import DecisionRow
from policy_service.database.tables.erasures import ErasureRow
from policy_service.domain.erasures import (
    Block,
    ErasureState,
    Ground,
    blocks_from_text,
    blocks_to_text,
)
from policy_service.domain.principals import Role
from policy_service.errors import NotAllowed, NotFound, StateConflict
from policy_service.ledger.canonical import Json
from policy_service.ledger.leaf import format_at
from policy_service.services.context import Context
from policy_service.services.desk import Desk
from policy_service.services.erasing.blocks import blocks_on
from policy_service.services.erasing.removal import remove
from policy_service.services.erasing.subjects import Subject, subject_of
from policy_service.services.officers import require_eraser
from policy_service.services.parties import pseudonyms, refusal
from policy_service.vault.erasure_list import Erased


@dataclass(frozen=True, slots=True)
class Ordered:
    """An erasure as it stands now, and what blocks it."""

    id: str
    person_id: str
    ground: str
    state: ErasureState
    asked_at: datetime
    asked_by: str
    blocks: tuple[Block, ...] = ()


def ask(context: Context, person_id: str, ground: str, also: Sequence[str] = ()) -> Ordered:
    """Ask for the erasure of a person. Refused at once, with an entry, where something blocks it.

    `also`: other records that the officer says are of the same person; those that were merged or
    judged the same come along by themselves. StateConflict where it was asked already.
    """
    require_eraser(context)
    if ground not in set(Ground):
        raise refusal("/ground", "This word is not allowed.", Ground)
    subject = subject_of(context, person_id, *also)
    _refuse_twin(context, subject)
    row = ErasureRow(
        practice_id=context.practice_id,
        id=context.new_id(),
        person_id=person_id,
        ground=ground,
        state=ErasureState.ASKED.value,
        asked_at=context.now,
        asked_by=context.principal.actor_ref,
        blocks="",
        people=" ".join(sorted({person_id, *also})),
    )
    context.session.add(row)
    context.session.flush()
    blocks = blocks_on(context, subject)
    if blocks:
        return refuse(context, row, blocks)
    _log(context, "erasure.asked", row, {"ground": ground})
    return ordered(row)


def read_order(context: Context, erasure_id: str) -> Ordered:
    """An erasure as it stands. NotFound for another practice's."""
    require_eraser(context)
    row = context.session.get(ErasureRow, (context.practice_id, erasure_id))
    if row is None:
        raise NotFound
    return ordered(row, blocks_from_text(row.blocks))


def refuse(context: Context, row: ErasureRow, blocks: tuple[Block, ...]) -> Ordered:
    """Something blocks it: the row says what, an entry too, and nothing goes."""
    row.state = ErasureState.REFUSED.value
    row.blocks = blocks_to_text(blocks)
    row.decided_at, row.decided_by = context.now, context.principal.actor_ref
    context.session.flush()
    _log(context, "erasure.refused", row, {"blocks": [one.to_json() for one in blocks]})
    return ordered(row, blocks)


def drop(desk: Desk, context: Context, erasure_id: str) -> Ordered:
    """What was asked is not to be done. StateConflict once it is on the list of erasures."""
    require_eraser(context)
    row = _asked_row(context, erasure_id)
    known = desk.erasures.read(context.practice_id, context.keyring.erasure_list_key)
    if row.id in {one.erasure for one in known}:
        raise StateConflict("This erasure is on the list already: it can only be carried out.")
    row.state = ErasureState.DROPPED.value
    row.decided_at, row.decided_by = context.now, context.principal.actor_ref
    context.session.flush()
    _log(context, "erasure.dropped", row, {})
    return ordered(row)


def carry_out(desk: Desk, context: Context, erasure_id: str) -> Ordered:
    """Erase the person, or refuse where something blocks it by now.

    NotAllowed for who asked, and for a clinician with whom the person was in care or of whom a
    decision tells: nobody decides their own case. The list of erasures is written last, before the
    commit: what stands on it is carried out, whatever becomes of this process.
    """
    _require_decider(context)
    row = _asked_row(context, erasure_id)
    if row.asked_by == context.principal.actor_ref:
        raise NotAllowed("An erasure takes two people: someone else must carry it out.")
    subject = subject_of(context, *row.people.split())
    _require_not_involved(context, subject)
    blocks = blocks_on(context, subject)
    if blocks:
        return refuse(context, row, blocks)
    return _erase(desk, context, row, subject)


def _erase(desk: Desk, context: Context, row: ErasureRow, subject: Subject) -> Ordered:
    subjects = pseudonyms(context, subject.people)
    remove(context, subject)
    row.state, row.people = ErasureState.DONE.value, " ".join(subject.people)
    row.decided_at, row.decided_by = context.now, context.principal.actor_ref
    row.entry_id = context.log(
        "person.erased", {"erasure": Owned(said_of(row, len(subject.people)))}, subjects=subjects
    ).id
    context.session.flush()
    desk.erasures.add(listed(context, row, subject.people), context.keyring.erasure_list_key)
    return ordered(row)


def said_of(row: ErasureRow, records: int) -> dict[str, Json]:
    """What the entry of an erasure says: codes and numbers, under the practice's key."""
    return {"erasure": row.id, "ground": row.ground, "records": records}


def listed(context: Context, row: ErasureRow, people: Sequence[str]) -> list[Erased]:
    """The lines of an erasure on the list that lies with the keys."""
    at = format_at(row.decided_at or context.now)
    return [Erased(context.practice_id, row.id, person, at, row.ground) for person in people]


def ordered(row: ErasureRow, blocks: tuple[Block, ...] = ()) -> Ordered:
    """A row as it stands."""
    return Ordered(
        row.id,
        row.person_id,
        row.ground,
        ErasureState(row.state),
        row.asked_at,
        row.asked_by,
        blocks,
    )


def _refuse_twin(context: Context, subject: Subject) -> None:
    waiting = select(ErasureRow.id).where(
        ErasureRow.person_id.in_(subject.people), ErasureRow.state == ErasureState.ASKED.value
    )
    if context.session.scalars(waiting).first() is not None:
        raise StateConflict("The erasure of this person was asked already.")


def _asked_row(context: Context, erasure_id: str) -> ErasureRow:
    wanted = select(ErasureRow).where(ErasureRow.id == erasure_id).with_for_update()
    row = context.session.scalars(wanted).one_or_none()
    if row is None:
        raise NotFound
    if row.state != ErasureState.ASKED:
        raise StateConflict(f"This erasure is {row.state}.")
    return row


def _require_decider(context: Context) -> None:
    """A person with the role: an EHR may ask, and never carries out."""
    if not context.principal.has(Role.COMPLIANCE, Role.APPROVER, Role.OPERATOR):
        raise NotAllowed("This needs a compliance officer or an approver.")


def _require_not_involved(context: Context, subject: Subject) -> None:
    own = context.principal.clinician_id
    if own is None:
        return
    decisions = select(DecisionRow.clinician_id).where(DecisionRow.client_id.in_(subject.clients))
    care = (
        select(Treating.clinician_id)
        .join(
            EpisodeRow,
            (Treating.practice_id == EpisodeRow.practice_id)
            & (Treating.episode_id == EpisodeRow.id),
        )
        .join(EpisodeClientRow, IS_CLIENT_OF)
        .where(EpisodeClientRow.client_id.in_(subject.clients))
    )
    involved = {*context.session.scalars(decisions), *context.session.scalars(care)}
    if own in involved | set(subject.clinicians):
        raise NotAllowed("Nobody decides their own case.")


def _log(context: Context, action: str, row: ErasureRow, said: dict[str, Json]) -> None:
    told = Owned({"erasure": row.id, **said}, row.person_id)
    context.log(action, {"erasure": told}, subjects=pseudonyms(context, [row.person_id]))
