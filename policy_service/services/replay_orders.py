"""Replays asked for at a door: queued, carried out by the worker, reported for whoever asks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from policy_service.audit.log import Owned
from policy_service.database.tables.packs import PackReplayRow, PackRow
from policy_service.domain.principals import Principal, Role, Scope
from policy_service.errors import NotAllowed, NotFound
from policy_service.jobs import queue
from policy_service.jobs.queue import Work
from policy_service.ledger.canonical import Json, canonical_bytes, parse_strict
from policy_service.policy.registry import PackText, shipped_texts
from policy_service.services.context import Context
from policy_service.services.desk import Desk
from policy_service.services.pack_replays import Candidate, replay_candidate
from policy_service.services.packs import open_packs

REPLAY = "pack_replay"
_READERS = (Role.COMPLIANCE, Role.APPROVER, Role.AUDITOR)


@dataclass(frozen=True, slots=True)
class ReplayOrder:
    """A replay and, once it was carried out, its report."""

    id: str
    digest: str
    with_digests: bool
    asked_at: datetime
    asked_by: str
    finished_at: datetime | None
    report: Any


def require_replayer(context: Context) -> None:
    """NotAllowed unless the principal may ask what a pack would have changed."""
    principal = context.principal
    if not principal.has(*_READERS) and Scope.PACKS_PROPOSE not in principal.scopes:
        raise NotAllowed("This needs a compliance officer, an approver or an auditor.")


def order_replay(desk: Desk, context: Context, digest: str, *, with_digests: bool) -> str:
    """Queue a replay of the whole log under a pack at hand; returns its id."""
    require_replayer(context)
    _text(context, digest)
    open_packs(desk, context, [digest])
    row = PackReplayRow(
        practice_id=context.practice_id,
        id=context.new_id(),
        digest=digest,
        with_digests=with_digests,
        asked_at=context.now,
        asked_by=context.principal.actor_ref,
    )
    context.session.add(row)
    context.session.flush()
    body = [{"replay": row.id}]
    queue.enqueue(context.session, context.practice_id, REPLAY, body, context.now)
    said: dict[str, Json] = {"replay": row.id, "digest": digest, "with_digests": with_digests}
    context.log("pack.replay_asked", {"replay": Owned(said)}, packs=frozenset({digest}))
    return row.id


def _text(context: Context, digest: str) -> PackText:
    """The document of a stored or shipped pack. NotFound if there is none."""
    row = context.session.get(PackRow, (context.practice_id, digest))
    if row is not None:
        return PackText(row.document, row.rationale)
    shipped = shipped_texts().get(digest)
    if shipped is None:
        raise NotFound
    return shipped


def carry_out(desk: Desk, practice_id: str, work: Work) -> bool:
    """The worker's step: replay, then keep the report. Running twice gives the same."""
    principal = Principal(practice_id, "replaying", "replaying", frozenset())
    with desk.reading(principal) as context:
        row = context.session.get(PackReplayRow, (practice_id, work.body["replay"]))
        if row is None or row.finished_at is not None:
            return False
        pack = open_packs(desk, context, [row.digest])[row.digest]
        candidate = Candidate(pack, _text(context, row.digest), row.with_digests)
    report = replay_candidate(desk, practice_id, candidate).to_json()
    with desk.writing(principal) as context:
        row = context.session.get_one(PackReplayRow, (practice_id, work.body["replay"]))
        where = ("pack_replay", row.id, "report")
        row.sealed_report = context.keyring.seal(
            context.session, None, canonical_bytes(report), where
        )
        row.finished_at = context.now
    return True


def read_replay(context: Context, replay_id: str) -> ReplayOrder:
    """A replay that was asked for. NotFound for another practice's and for none alike."""
    require_replayer(context)
    row = context.session.get(PackReplayRow, (context.practice_id, replay_id))
    if row is None:
        raise NotFound
    return _order(context, row)


def replays_of(context: Context, digest: str) -> list[ReplayOrder]:
    """The replays under a pack, the newest first."""
    rows = context.session.scalars(
        select(PackReplayRow)
        .where(PackReplayRow.digest == digest)
        .order_by(PackReplayRow.asked_at.desc(), PackReplayRow.id)
        .limit(20)
    )
    return [_order(context, row) for row in rows]


def _order(context: Context, row: PackReplayRow) -> ReplayOrder:
    report = None
    if row.sealed_report is not None:
        where = ("pack_replay", row.id, "report")
        report = parse_strict(context.keyring.open(context.session, None, row.sealed_report, where))
    return ReplayOrder(
        row.id,
        row.digest,
        row.with_digests,
        row.asked_at,
        row.asked_by,
        row.finished_at,
        report,
    )
