"""What stands on the shelf: every pack at hand, what it is in use for, and its history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from policy_service.database.tables.packs import (
    PackActivationRow,
    PackHeadRow,
    PackProposalRow,
    PackRow,
)
from policy_service.domain.principals import Role, Scope
from policy_service.errors import NotAllowed, NotFound
from policy_service.policy.pack import Pack
from policy_service.policy.registry import shipped_texts
from policy_service.policy.rule import Status
from policy_service.services.context import Context
from policy_service.services.desk import Desk
from policy_service.services.pack_activation import WAITING
from policy_service.services.packs import packs_at_hand, packs_in_use

READERS = (Role.COMPLIANCE, Role.APPROVER, Role.AUDITOR)
ACTIVE, SHADOW, AVAILABLE, FORMER = "active", "shadow", "available", "former"
_ORDER = (ACTIVE, SHADOW, AVAILABLE, FORMER)


@dataclass(frozen=True, slots=True)
class ShelfPack:
    """One pack: `state` is active, shadow, available (never used) or former (used once)."""

    pack: Pack
    state: str
    is_shipped: bool
    added_at: datetime | None
    added_by: str | None

    @property
    def in_force(self) -> int:
        """Rules that bind."""
        return sum(rule.status is Status.IN_FORCE for rule in self.pack.rules)

    @property
    def drafts(self) -> int:
        """Rules that only warn until they are verified."""
        return sum(rule.is_draft for rule in self.pack.rules)

    def to_json(self) -> dict[str, Any]:
        """Ids and digests: what any reader may know."""
        return {
            "digest": self.pack.digest,
            "pack": self.pack.id,
            "version": self.pack.version,
            "title": self.pack.title,
            "layer": self.pack.layer.value,
            "state": self.state,
            "is_shipped": self.is_shipped,
            "rules_in_force": self.in_force,
            "rules_draft": self.drafts,
        }


@dataclass(frozen=True, slots=True)
class Shelf:
    """All packs; `number` is the newest activation, 0 while only the shipped packs bind."""

    number: int
    packs: tuple[ShelfPack, ...]

    def of(self, digest: str) -> ShelfPack:
        """The pack of that digest. NotFound if there is none."""
        for one in self.packs:
            if one.pack.digest == digest:
                return one
        raise NotFound


@dataclass(frozen=True, slots=True)
class Step:
    """One step in the history of a pack, with its reason."""

    number: int
    digest: str
    replaced: str | None
    mode: str
    at: datetime
    by: str
    approved_by: str | None
    reason: str
    certificate: str | None
    entry_id: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """An activation that waits for somebody."""

    id: str
    pack_id: str
    digest: str
    mode: str
    at: datetime
    by: str
    reason: str

    @property
    def is_machines(self) -> bool:
        """Asked for by a key, so an officer must take it up."""
        return self.by.startswith("ehr:")


def require_reader(context: Context) -> None:
    """NotAllowed unless the principal may see which packs there are."""
    principal = context.principal
    scopes = {Scope.PACKS_READ, Scope.PACKS_PROPOSE}
    if not principal.has(*READERS) and scopes.isdisjoint(principal.scopes):
        raise NotAllowed("This needs a compliance officer, an approver or an auditor.")


def read_shelf(desk: Desk, context: Context) -> Shelf:
    """Every pack at hand: those in use first, then by id and version."""
    require_reader(context)
    in_use = packs_in_use(desk, context)
    active = {pack.digest for pack in in_use.active}
    shadows = {pack.digest for pack in in_use.shadows}
    used = select(PackActivationRow.digest).where(
        PackActivationRow.practice_id == context.practice_id
    )
    former = set(context.session.scalars(used))
    rows = {row.digest: row for row in context.session.scalars(select(PackRow))}

    def stand(pack: Pack) -> ShelfPack:
        state = FORMER if pack.digest in former else AVAILABLE
        state = SHADOW if pack.digest in shadows else state
        state = ACTIVE if pack.digest in active else state
        row = rows.get(pack.digest)
        at, by = (row.added_at, row.added_by) if row is not None else (None, None)
        return ShelfPack(pack, state, pack.digest in shipped_texts(), at, by)

    found = [stand(pack) for pack in packs_at_hand(desk, context)]
    found.sort(key=lambda one: (_ORDER.index(one.state), one.pack.id, one.pack.version))
    return Shelf(in_use.number, tuple(found))


def history(context: Context, pack_id: str) -> list[Step]:
    """What was done with the versions of a pack, the newest first."""
    rows = context.session.scalars(
        select(PackActivationRow)
        .where(PackActivationRow.pack_id == pack_id)
        .order_by(PackActivationRow.number.desc())
        .limit(100)
    )
    return [_step(context, row) for row in rows]


def _step(context: Context, row: PackActivationRow) -> Step:
    where = ("pack_activation", str(row.number), "reason")
    reason = context.keyring.open(context.session, None, row.sealed_reason, where).decode()
    return Step(
        row.number,
        row.digest,
        row.replaced_digest,
        row.mode,
        row.activated_at,
        row.activated_by,
        row.approved_by,
        reason,
        row.certificate_digest,
        row.entry_id,
    )


def waiting_proposals(context: Context) -> list[Proposal]:
    """What waits for a second person or an officer, the oldest first."""
    rows = context.session.scalars(
        select(PackProposalRow)
        .where(PackProposalRow.state == WAITING)
        .order_by(PackProposalRow.asked_at, PackProposalRow.id)
    )
    return [_proposal(context, row) for row in rows]


def _proposal(context: Context, row: PackProposalRow) -> Proposal:
    where = ("pack_proposal", row.id, "reason")
    reason = context.keyring.open(context.session, None, row.sealed_reason, where).decode()
    return Proposal(row.id, row.pack_id, row.digest, row.mode, row.asked_at, row.asked_by, reason)


def newest_number(context: Context) -> int:
    """The number a form carries back, so that what changed meanwhile is noticed."""
    head = context.session.get(PackHeadRow, context.practice_id)
    return 0 if head is None else head.number
