"""How a duty moves: one append-only row with its words sealed, and one audit entry beside it.

The words are sealed under the client's key, or the clinician's where the duty is about no client.
After an erasure only what names nobody is written, under the practice's key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from policy_service.audit.log import Owned
from policy_service.database.tables.duties import DutyMoveRow, DutyRow
from policy_service.database.tables.registry import ClientRow, ClinicianRow
from policy_service.domain.duties import (
    STATE_AFTER,
    DutyMoveKind,
    DutyState,
    Owner,
    Step,
    schedule,
)
from policy_service.domain.duty_specs import DUTIES
from policy_service.ledger.canonical import Json, canonical_bytes, parse_strict
from policy_service.services.context import Context
from policy_service.services.parties import keeper_of, pseudonyms
from policy_service.vault.errors import KeyNotHeld


@dataclass(frozen=True, slots=True)
class NewMove:
    """A move to make. `fell_on`: the day it fell due, where that is not today."""

    kind: DutyMoveKind
    words: Mapping[str, Any]
    step: str | None = None
    fell_on: date | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """A move as it was made. `words` is empty once the person it tells of is erased."""

    number: int
    kind: DutyMoveKind
    step: str | None
    old_state: str | None
    new_state: str
    actor: str
    at: datetime
    fell_on: str
    words: Mapping[str, Any]


def make_move(context: Context, duty: DutyRow, move: NewMove) -> None:
    """Change the duty's state, append the move, write the audit entry."""
    old_state = None if move.kind is DutyMoveKind.RAISED else duty.state
    duty.state = STATE_AFTER.get(move.kind, DutyState(duty.state)).value
    duty.version += 1
    fell_on = (move.fell_on or context.today).isoformat()
    people = _people(context, duty)
    keeper = _keeper(context, people)
    _add_row(context, duty, move, (old_state, fell_on, keeper))
    _log(context, duty, move, (fell_on, keeper, people))


def close(context: Context, duty: DutyRow, move: NewMove) -> None:
    """The last move of a duty."""
    duty.closed_at = context.now
    duty.closed_by = context.principal.actor_ref
    duty.next_step_on = None
    make_move(context, duty, move)


def moves_of(context: Context, duty: DutyRow) -> list[Move]:
    """All moves, oldest first."""
    rows = context.session.scalars(
        select(DutyMoveRow).where(DutyMoveRow.duty_id == duty.id).order_by(DutyMoveRow.number)
    )
    return [_opened(context, row) for row in rows]


def steps_left(context: Context, duty: DutyRow) -> list[Step]:
    """What is still to come while nobody closes the duty, in order of time."""
    taken = set(
        context.session.scalars(select(DutyMoveRow.step).where(DutyMoveRow.duty_id == duty.id))
    )
    return [step for step in _steps(duty) if step.code not in taken]


def set_next_step(duty: DutyRow, left: list[Step]) -> None:
    """The worker comes back on the day of the next step, or no more."""
    duty.next_step_on = left[0].on.isoformat() if left else None


def _steps(duty: DutyRow) -> tuple[Step, ...]:
    due_on = date.fromisoformat(duty.due_on)
    return schedule(DUTIES[duty.kind], Owner(duty.owner), duty.raised_at.date(), due_on)


def _people(context: Context, duty: DutyRow) -> list[str]:
    """The persons the duty is about: the client first, then the clinician."""
    people = []
    if duty.client_id is not None:
        client = context.session.get_one(ClientRow, (context.practice_id, duty.client_id))
        people.append(client.person_id)
    if duty.clinician_id is not None:
        clinician = context.session.get_one(ClinicianRow, (context.practice_id, duty.clinician_id))
        people.append(clinician.person_id)
    return people


def _keeper(context: Context, people: list[str]) -> str | None:
    """Under whose key the words are sealed; None once that person is erased."""
    return keeper_of(context, people[0]) if people else None


def _place(duty: DutyRow, number: int) -> tuple[str, str, str]:
    return ("duty_move", f"{duty.id}/{number}", "sealed")


def _add_row(
    context: Context, duty: DutyRow, move: NewMove, made: tuple[str | None, str, str | None]
) -> None:
    old_state, fell_on, keeper = made
    words = canonical_bytes(dict(move.words))
    context.session.add(
        DutyMoveRow(
            practice_id=context.practice_id,
            duty_id=duty.id,
            number=duty.version,
            kind=move.kind.value,
            step=move.step,
            old_state=old_state,
            new_state=duty.state,
            actor=context.principal.actor_ref,
            at=context.now,
            fell_on=fell_on,
            owner_person_id=keeper,
            sealed=context.keyring.seal(context.session, keeper, words, _place(duty, duty.version)),
        )
    )
    context.session.flush()


def _log(
    context: Context, duty: DutyRow, move: NewMove, made: tuple[str, str | None, list[str]]
) -> None:
    fell_on, keeper, people = made
    told: dict[str, Json] = {
        "duty": duty.id,
        "number": duty.version,
        "fell_on": fell_on,
        "state": duty.state,
    }
    if keeper is not None:
        told |= {"kind": duty.kind, "rule": duty.rule, "owner": duty.owner, "due_on": duty.due_on}
    groups = {"duty": Owned(told, keeper), "words": Owned(dict(move.words), keeper)}
    context.log(f"duty.{move.kind.value}", groups, subjects=pseudonyms(context, people))


def _opened(context: Context, row: DutyMoveRow) -> Move:
    return Move(
        row.number,
        DutyMoveKind(row.kind),
        row.step,
        row.old_state,
        row.new_state,
        row.actor,
        row.at,
        row.fell_on,
        _words(context, row),
    )


def _words(context: Context, row: DutyMoveRow) -> Mapping[str, Any]:
    where = ("duty_move", f"{row.duty_id}/{row.number}", "sealed")
    try:
        raw = context.keyring.open(context.session, row.owner_person_id, row.sealed, where)
    except KeyNotHeld:
        return {}
    words: Any = parse_strict(raw)
    return words if isinstance(words, dict) else {}
