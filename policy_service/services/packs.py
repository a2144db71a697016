"""Which packs bind this practice now, and which are at hand for replay and wording.

A compiled pack is named by its digest, so one process keeps it for all practices and for ever. What
is in use is read anew for every request: one row, the head. So a swap holds for all processes from
the commit of its entry on, and a check that began before it notices (`Versions`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from enum import StrEnum
from typing import Any

import structlog
from sqlalchemy import bindparam, inspect, select
from sqlalchemy.orm import Session

from policy_service.database.tables.packs import PackActivationRow, PackHeadRow, PackRow
from policy_service.domain.principals import Principal
from policy_service.errors import NotReady
from policy_service.ledger.canonical import parse_strict
from policy_service.ledger.errors import NotCanonical
from policy_service.policy.documents import pack_from_document
from policy_service.policy.faults import PackFault
from policy_service.policy.pack import Pack, PackSet, PacksInUse
from policy_service.policy.wording import render_decision, rule_words
from policy_service.services.context import Context
from policy_service.services.desk import Desk

_log = structlog.get_logger()
_head_table = inspect(PackHeadRow).local_table
_NEWEST = select(_head_table.c.number, _head_table.c.entry_id).where(
    _head_table.c.practice_id == bindparam("practice")
)
_HEAD = {False: _NEWEST, True: _NEWEST.with_for_update(read=True)}
"""By whether it is held until the transaction ends. Plain Core: every check reads it twice."""


class Mode(StrEnum):
    """What an activation row does to its pack."""

    ACTIVE = "active"
    SHADOW = "shadow"
    RETIRED = "retired"


class PackAltered(NotReady):
    """A stored pack is not the one its digest names, or does not load any more.

    Nothing is decided or said by it; what exactly is wrong stands in the service's own log.
    """

    def __init__(self, digest: str, why: str) -> None:
        super().__init__(f"The pack {digest[:12]} cannot be opened, so nothing is said by it.")
        _log.error("pack_altered", digest=digest, why=why)


def active_packs(desk: Desk, context: Context) -> PackSet:
    """The packs that bind this practice now. NotReady when one cannot be opened."""
    return packs_in_use(desk, context).active


def packs_in_use(desk: Desk, context: Context) -> PacksInUse:
    """Active and shadow packs as of this transaction. NotReady when one cannot be opened."""
    number, entry_id = _head(context, shared=False)
    if not number:
        return PacksInUse(0, desk.packs)
    found = desk.in_use.get((context.practice_id, entry_id))
    if found is None:
        found = _read_in_use(desk, context, number)
        desk.in_use[context.practice_id, entry_id] = found
    return found


def activation_number(context: Context, *, shared: bool) -> int:
    """The number of the newest activation; `shared` holds it until the transaction ends."""
    return _head(context, shared=shared)[0]


def _head(context: Context, *, shared: bool) -> tuple[int, str | None]:
    row = context.session.execute(_HEAD[shared], {"practice": context.practice_id}).first()
    return (0, None) if row is None else (row.number, row.entry_id)


def _read_in_use(desk: Desk, context: Context, number: int) -> PacksInUse:
    active, shadows = _fold(_steps(context))
    packs = open_packs(desk, context, {*active.values(), *shadows.values()})
    return PacksInUse(
        number,
        PackSet(tuple(packs[active[pack_id]] for pack_id in sorted(active))),
        tuple(packs[shadows[pack_id]] for pack_id in sorted(shadows)),
    )


def _steps(context: Context) -> list[tuple[str, str, str]]:
    """(pack id, digest, mode) of every activation, oldest first."""
    rows = context.session.execute(
        select(PackActivationRow.pack_id, PackActivationRow.digest, PackActivationRow.mode)
        .where(PackActivationRow.practice_id == context.practice_id)
        .order_by(PackActivationRow.number)
    )
    return [(row.pack_id, row.digest, row.mode) for row in rows]


def _fold(steps: Iterable[tuple[str, str, str]]) -> tuple[dict[str, str], dict[str, str]]:
    """Digests by pack id: those that bind, and those that run along."""
    active: dict[str, str] = {}
    shadows: dict[str, str] = {}
    for pack_id, digest, mode in steps:
        if mode == Mode.SHADOW:
            shadows[pack_id] = digest
            continue
        for packs in (active, shadows):
            if packs.get(pack_id) == digest:
                del packs[pack_id]
        if mode == Mode.ACTIVE:
            active[pack_id] = digest
    return active, shadows


def packs_at_hand(desk: Desk, context: Context) -> PackSet:
    """Every pack this practice can decide by again: shipped, and each that was ever stored.

    One that was altered, or does not load any more, is not at hand: replay says "cannot tell".
    """
    found = {pack.digest: pack for pack in desk.packs}
    stored = select(PackRow.digest).where(PackRow.practice_id == context.practice_id)
    for digest in sorted(set(context.session.scalars(stored)) - found.keys()):
        with suppress(PackAltered):
            found[digest] = open_packs(desk, context, [digest])[digest]
    return PackSet(tuple(found.values()), several_versions=True)


def open_packs(desk: Desk, context: Context, digests: Iterable[str]) -> dict[str, Pack]:
    """The packs of those digests, compiled. Raises PackAltered for one that is not what it says."""
    found: dict[str, Pack] = {}
    for digest in sorted(set(digests)):
        pack = _compiled(desk, digest)
        if pack is None:
            pack = open_stored(context.session, context.practice_id, digest)
            desk.compiled[digest] = pack
        found[digest] = pack
    return found


def _compiled(desk: Desk, digest: str) -> Pack | None:
    try:
        return desk.packs.by_digest(digest)
    except KeyError:
        return desk.compiled.get(digest)


def open_stored(session: Session, practice_id: str, digest: str) -> Pack:
    """A stored pack, compiled anew. Raises PackAltered if it is not what its digest names."""
    raw = stored_document(session, practice_id, digest)
    if raw is None:
        raise PackAltered(digest, "is not stored")
    return open_document(raw, digest)


def stored_document(session: Session, practice_id: str, digest: str) -> bytes | None:
    """What is stored under a digest; None when nothing is."""
    return session.scalars(
        select(PackRow.document).where(PackRow.practice_id == practice_id, PackRow.digest == digest)
    ).first()


def open_document(
    raw: bytes, digest: str, read: Callable[[Mapping[str, Any]], Pack] = pack_from_document
) -> Pack:
    """The pack of stored bytes. Raises PackAltered unless they are what the digest names."""
    if hashlib.sha256(raw).hexdigest() != digest:
        raise PackAltered(digest, "what is stored has another digest")
    try:
        document = parse_strict(raw)
        return read(document if isinstance(document, dict) else {})
    except (PackFault, NotCanonical) as error:
        raise PackAltered(digest, f"does not load: {error}") from error


def wording(desk: Desk, principal: Principal) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """What says a decision body in the words of the very packs that decided it."""
    return lambda body: render_decision(packs_named(desk, principal, body), body)


def packs_named(desk: Desk, principal: Principal, body: Mapping[str, Any]) -> PackSet:
    """The packs whose digests stand in a body; read in a transaction of its own where needed."""
    named = set(_digests_in(body))
    found = [pack for digest in sorted(named) if (pack := _compiled(desk, digest))]
    if len(found) < len(named):
        with desk.reading(principal) as context:
            found = list(open_packs(desk, context, named).values())
    return PackSet(tuple(found), several_versions=True)


def _digests_in(value: Any) -> Iterator[str]:
    match value:
        case Mapping():
            for name, inner in value.items():
                yield from [inner] if name == "pack_digest" else _digests_in(inner)
        case list() | tuple():
            for inner in value:
                yield from _digests_in(inner)


def rule_wording(desk: Desk, context: Context) -> Callable[[str, str], dict[str, Any]]:
    """What says title and citations of a rule, by (pack digest, rule id), of every pack at hand."""
    packs = packs_at_hand(desk, context)
    return lambda digest, rule: rule_words(packs, digest, rule)
