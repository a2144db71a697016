"""Submit new heads to the configured witnesses, and say how it stands with each.

Nobody waits for a witness: heads are submitted in the background, one at a time for each, and a
witness that is down is asked again later. What it refuses stays written until it cosigns again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from policy_service.audit import reading
from policy_service.audit.guard import guard_in
from policy_service.audit.witness import rows
from policy_service.audit.witness.client import (
    Heard,
    NotAnswered,
    Offer,
    WitnessAddress,
    submit,
)
from policy_service.database.tables.audit import CheckpointRow
from policy_service.database.tables.witnesses import WitnessRow
from policy_service.ledger.merkle import consistency_proof
from policy_service.ledger.witnessing import Finding
from policy_service.services.context import Context
from policy_service.services.desk import Desk
from policy_service.services.directory import practices
from policy_service.services.outbound import Outbound, OutboundError, Request

PATIENCE = 5.0
"""Seconds a witness has to answer."""
_MOST_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class WitnessState:
    """How it stands with one witness. Sizes are numbers of entries; `cosigned` 0: none yet.

    `refused` says why it does not sign, until it signs again: `rollback`, `split` or `unproven`.
    """

    name: str
    url: str
    vkey: str
    cosigned: int
    cosigned_at: datetime | None
    tried_at: datetime | None
    failures: int
    said: str
    refused: Finding | None = None
    refused_size: int | None = None
    refused_at: datetime | None = None

    @property
    def word(self) -> str:
        """`refused`, `unreachable` (three failures in a row), `cosigning` or `not yet`."""
        if self.refused is not None:
            return "refused"
        if self.failures >= rows.OFTEN_FAILED:
            return "unreachable"
        return "cosigning" if self.cosigned else "not yet"


def witness_state(context: Context, witnesses: Iterable[WitnessAddress]) -> list[WitnessState]:
    """Every configured witness (`Desk.witnesses`) as this practice's log knows it."""
    return _states(context.session, context.practice_id, witnesses)


def _states(
    session: Session, practice_id: str, witnesses: Iterable[WitnessAddress]
) -> list[WitnessState]:
    mine = select(WitnessRow).where(WitnessRow.practice_id == practice_id)
    known = {row.witness: row for row in session.scalars(mine)}
    return [_state(address, known.get(address.ref)) for address in witnesses]


def _state(address: WitnessAddress, row: WitnessRow | None) -> WitnessState:
    name, vkey = address.cosigner.name, address.cosigner.vkey
    if row is None:
        return WitnessState(name, address.url, vkey, 0, None, None, 0, "")
    return WitnessState(
        name=name,
        url=address.url,
        vkey=vkey,
        cosigned=row.known_size,
        cosigned_at=row.cosigned_at,
        tried_at=row.tried_at,
        failures=row.failures,
        said=row.said,
        refused=Finding(row.refused) if row.refused else None,
        refused_size=row.refused_size,
        refused_at=row.refused_at,
    )


def witnesses_in_trouble(desk: Desk) -> dict[str, int]:
    """For the health probe: of how many (practice, witness) pairs heads are refused or missed."""
    words = [
        state.word
        for practice in (practices(desk) if desk.witnesses else ())
        for state in _read_states(desk, practice.id)
    ]
    return {word: words.count(word) for word in ("refused", "unreachable")}


def _read_states(desk: Desk, practice_id: str) -> list[WitnessState]:
    with desk.database.read(practice_id) as session:
        return _states(session, practice_id, desk.witnesses)


def submit_due(desk: Desk, *, anew: bool = False) -> int:
    """Submit each practice's newest signed head where it is due; returns how many were cosigned.

    `anew` asks every witness, as a start should: a database that was put back says of itself that
    all is cosigned.
    """
    if not desk.witnesses:
        return 0
    return sum(
        _submit_newest(desk, practice.id, address, anew)
        for practice in practices(desk)
        for address in desk.witnesses
    )


def _submit_newest(desk: Desk, practice_id: str, address: WitnessAddress, anew: bool) -> bool:
    known = _claim(desk, practice_id, address, anew)
    if known is None:
        return False
    size, note = _newest(desk, practice_id)

    def prove(old: int) -> tuple[bytes, ...]:
        with desk.database.read(practice_id) as session:
            return reading.prove(
                session, practice_id, lambda read: consistency_proof(read, old, size)
            )

    offer = Offer(note, prove, _post_by(desk.outbound.for_operators_own()))
    heard = _honest(desk, practice_id, submit(address, offer, known))
    if heard.refused in (Finding.ROLLBACK, Finding.SPLIT):
        said = f"the witness {address.cosigner.name} knows a head that it does not continue"
        guard_in(desk.database).stop(practice_id, said)
    _write_down(desk, practice_id, address, size, heard)
    return heard.cosignature is not None


def _post_by(outbound: Outbound) -> Callable[[str, bytes], tuple[int, str]]:
    """The addresses of witnesses stand in the operator's settings."""

    def post(url: str, body: bytes) -> tuple[int, str]:
        headers = {"Content-Type": "text/plain; charset=utf-8"}
        asked = Request(url, "POST", headers, body, PATIENCE, _MOST_BYTES)
        try:
            answer = outbound.fetch(asked)
        except OutboundError as error:
            raise NotAnswered(f"not reached: {type(error).__name__}") from error
        return answer.status, answer.body.decode("utf-8", "replace")

    return post


def _claim(desk: Desk, practice_id: str, address: WitnessAddress, anew: bool) -> int | None:
    """The size the witness knows, or None when nothing is due or another submitter has the turn."""
    now = desk.clock()
    with desk.database.read(practice_id) as session:
        if not rows.is_due(session, practice_id, address.ref, now, anew=anew):
            return None
    try:
        with desk.database.write(practice_id) as session:
            return rows.claim(session, practice_id, address.ref, now)
    except IntegrityError:  # another submitter met this witness first
        return None


def _newest(desk: Desk, practice_id: str) -> tuple[int, str]:
    """Size and note of the newest signed checkpoint."""
    with desk.database.read(practice_id) as session:
        size = rows.newest_size(session, practice_id)
        row = session.get_one(CheckpointRow, (practice_id, size))
        return row.size, row.note


def _honest(desk: Desk, practice_id: str, heard: Heard) -> Heard:
    """A witness that knows a larger head than we submitted may know it from another worker.

    Only a size beyond all that is committed here is a rollback of this database.
    """
    if heard.refused is not Finding.ROLLBACK or heard.size is None:
        return heard
    with desk.database.read(practice_id) as session:
        committed = reading.head(session, practice_id).size
    return heard if heard.size > committed else Heard(size=heard.size)


def _write_down(
    desk: Desk, practice_id: str, address: WitnessAddress, size: int, heard: Heard
) -> None:
    with desk.database.write(practice_id) as session:
        row = session.get_one(WitnessRow, (practice_id, address.ref))
        rows.write_down(row, session, size, heard, desk.clock())
