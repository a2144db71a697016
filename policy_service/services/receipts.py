"""Reconcile the receipts an EHR kept with the log; and the keys that receipts are checked with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import select

from policy_service.audit.log import Owned
from policy_service.audit.receipts import Ours, Reconciliation, reconcile
from policy_service.database.tables.audit import IS_OPENING_OF, EntryRow, OpeningRow
from policy_service.domain.principals import Principal, Role, Scope
from policy_service.errors import NotAllowed
from policy_service.ledger.commitments import Opening
from policy_service.ledger.note import Verifier
from policy_service.services.audit_streams import on_record
from policy_service.services.context import Context
from policy_service.services.desk import Desk

RECONCILED = "audit.receipts_reconciled"
READERS = (Role.COMPLIANCE, Role.APPROVER, Role.AUDITOR, Role.OPERATOR)
SCOPES = (Scope.AUDIT_READ, Scope.DECISION_BRIEF, Scope.DECISION_FULL)
"""Who gets receipts may check them: the answer tells of receipts alone that we signed."""


def reconcile_receipts(desk: Desk, principal: Principal, lines: Iterable[bytes]) -> Reconciliation:
    """Judge a file of receipts, one a line, and record that it was done and what it found."""
    found = judge_receipts(desk, principal, lines)
    on_record(desk, principal, RECONCILED, partial(record_reconciliation, found=found))
    return found


def judge_receipts(desk: Desk, principal: Principal, lines: Iterable[bytes]) -> Reconciliation:
    """Judge a file of receipts. NotAllowed without the right; the caller records it."""
    if not principal.has(*READERS) and principal.scopes.isdisjoint(SCOPES):
        raise NotAllowed
    practice = desk.practice(principal.practice_id)
    with desk.reading(principal) as context:
        keys = {key.key_id.hex(): key for key in receipt_keys(desk, context)}
        ours = Ours(practice.id, practice.log_origin, keys)
        return reconcile(context.session, ours, lines, context.now)


def record_reconciliation(context: Context, found: Reconciliation) -> None:
    """The entry about a reconciliation: counts by judgement, and the verdict."""
    counts = {str(judgement): number for judgement, number in sorted(found.counts.items())}
    said: dict[str, Any] = {"counts": counts, "exit_code": found.exit_code, "size": found.size}
    context.log(RECONCILED, {"reconciliation": Owned(said)})


@dataclass(frozen=True, slots=True)
class PublicKeys:
    """What a stranger pins: the log's key, and the keys of receipts, the newest first; vkeys."""

    log: str
    receipts: tuple[str, ...]


def public_keys(desk: Desk, principal: Principal) -> PublicKeys:
    """The keys to check checkpoints, proofs and receipts with. They are no secret."""
    origin = desk.practice(principal.practice_id).log_origin
    with desk.reading(principal) as context:
        signed = tuple(key.vkey for key in receipt_keys(desk, context))
    return PublicKeys(Verifier.of(desk.log_key(origin)).vkey, signed)


def receipt_keys(desk: Desk, context: Context) -> list[Verifier]:
    """The keys that sign or signed receipts: the one in use, and those that entry 0 names."""
    recorded: Any = _keys_of_entry_zero(context)
    signed = [Verifier.of(desk.receipt_key)]
    if recorded is not None:
        key = Verifier(recorded["receipt_name"], bytes.fromhex(recorded["receipt"]))
        signed += [key] if key not in signed else []
    return signed


def _keys_of_entry_zero(context: Context) -> Any:
    row = context.session.scalars(
        select(OpeningRow)
        .join(EntryRow, IS_OPENING_OF)
        .where(
            EntryRow.practice_id == context.practice_id,
            EntryRow.action == "log.created",
            OpeningRow.name == "keys",
        )
    ).first()
    if row is None:
        return None
    where = ("audit_opening", row.entry_id, row.name)
    raw = context.keyring.open(context.session, row.owner_person_id, row.sealed, where)
    return Opening.from_bytes(raw).value
