"""A practice takes over the packs that ship with the software: all at once, in one entry."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from policy_service.audit.log import NewEntry, Owned, append
from policy_service.database.keyring import Keyring
from policy_service.database.tables.packs import PackActivationRow, PackHeadRow, PackRow
from policy_service.ledger.canonical import Json
from policy_service.policy.pack import Pack
from policy_service.policy.registry import PackText, shipped_texts
from policy_service.services.desk import Desk
from policy_service.services.packs import Mode

ACTIVATED = "pack.activated"
REASON = "The packs that ship with the software, taken over as a whole."


def adopt_shipped(desk: Desk, session: Session, keyring: Keyring, actor: str) -> None:
    """Store and activate all shipped packs as numbers 1 to n. The head must not have moved yet."""
    entry_id, now = desk.new_id(), desk.clock()
    packs = sorted(desk.packs, key=lambda pack: pack.id)
    store_rows(session, keyring.practice_id, [_row(pack, now, actor) for pack in packs])
    steps = [
        {
            "practice_id": keyring.practice_id,
            "number": number,
            "pack_id": pack.id,
            "digest": pack.digest,
            "mode": Mode.ACTIVE.value,
            "activated_at": now,
            "activated_by": actor,
            "sealed_reason": seal_reason(session, keyring, number, REASON),
            "entry_id": entry_id,
        }
        for number, pack in enumerate(packs, start=1)
    ]
    session.execute(insert(PackActivationRow), steps)
    append(session, keyring, _entry(entry_id, now, actor, packs))
    session.merge(
        PackHeadRow(practice_id=keyring.practice_id, number=len(steps), entry_id=entry_id)
    )
    session.flush()


def _entry(entry_id: str, now: datetime, actor: str, packs: list[Pack]) -> NewEntry:
    taken: list[Json] = [{"pack": p.id, "version": p.version, "digest": p.digest} for p in packs]
    said: dict[str, Json] = {"mode": Mode.ACTIVE.value, "taken_over": taken, "reason": REASON}
    return NewEntry(
        id=entry_id,
        action=ACTIVATED,
        at=now,
        actor_ref=actor,
        groups={"activation": Owned(said)},
        packs=frozenset(pack.digest for pack in packs),
    )


def _row(pack: Pack, now: datetime, actor: str) -> dict[str, Any]:
    return pack_row(pack, shipped_texts()[pack.digest], now, actor)


def pack_row(pack: Pack, text: PackText, now: datetime, actor: str) -> dict[str, Any]:
    """The columns of a stored pack, but for its practice."""
    return {
        "digest": pack.digest,
        "pack_id": pack.id,
        "version": pack.version,
        "document": text.document,
        "rationale": text.rationale,
        "added_at": now,
        "added_by": actor,
    }


def store_rows(session: Session, practice_id: str, rows: list[dict[str, Any]]) -> None:
    """Store packs that are not stored yet: a pack is its digest, so there is nothing to change."""
    stored = select(PackRow.digest).where(PackRow.practice_id == practice_id)
    known = set(session.scalars(stored))
    new = [{"practice_id": practice_id, **row} for row in rows if row["digest"] not in known]
    if new:
        session.execute(insert(PackRow), new)


def seal_reason(session: Session, keyring: Keyring, number: int, reason: str) -> bytes:
    """Why, sealed under the practice's own key: people write names."""
    return keyring.seal(session, None, reason.encode(), ("pack_activation", str(number), "reason"))
