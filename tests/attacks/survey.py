"""What must hold after any crash: nothing acknowledged is lost, nothing forks, no index twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import select

from policy_service.audit.reading import entries
from policy_service.database.tables.audit import EntryRow, LeafRow
from policy_service.ledger.checkpoint import Checkpoint, open_checkpoint
from policy_service.ledger.note import Verifier
from policy_service.ledger.verify import verify_entries
from tests.attacks.forger import look_inside
from tests.attacks.outside import receipts_look
from tests.audit.logs import sign, signer
from tests.cast import World


@dataclass
class Heard:
    """What processes acknowledged before they ended: an outsider's whole knowledge."""

    decided: dict[str, str] = field(default_factory=dict)
    """Receipts by the ids of decisions; no receipt: an empty text."""
    heads: set[str] = field(default_factory=set)
    refused: Counter[str] = field(default_factory=Counter)

    def take(self, said: Iterable[tuple[str, ...]]) -> None:
        """Keep what a child said."""
        for kind, *told in said:
            if kind == "decided":
                self.decided[told[0]] = told[1]
            elif kind == "signed":
                self.heads.add(told[0])
            elif kind == "refused":
                self.refused[" ".join(told)] += 1


def survey(world: World, heard: Heard) -> str:
    """Let a healthy process seal and sign, then say all that is wrong; nothing if all is well."""
    sign(world)
    receipts = [receipt for receipt in heard.decided.values() if receipt]
    said = (
        _lost(world, heard),
        _misplaced(world),
        _forked(world, heard),
        receipts_look(world, receipts) if receipts else "",
        look_inside(world),
    )
    return "; ".join(filter(None, said))


def _lost(world: World, heard: Heard) -> str:
    with world.reading() as context:
        mine = EntryRow.practice_id == world.practice_id
        there = set(context.session.scalars(select(EntryRow.id).where(mine)))
    lost = sorted(heard.decided.keys() - there)
    return f"{len(lost)} acknowledged entries lost: {lost[:3]}" if lost else ""


def _misplaced(world: World) -> str:
    with world.reading() as context:
        mine = LeafRow.practice_id == world.practice_id
        rows = context.session.execute(
            select(LeafRow.leaf_index, LeafRow.entry_id).where(mine).order_by(LeafRow.leaf_index)
        ).all()
    if [row.leaf_index for row in rows] != list(range(len(rows))):
        return "an index is missing or there twice"
    return "" if len({row.entry_id for row in rows}) == len(rows) else "an entry has two places"


def _forked(world: World, heard: Heard) -> str:
    """Every head that was ever given away is one of this history."""
    key = Verifier.of(signer(world))
    heads = sorted((open_checkpoint(note, key) for note in heard.heads), key=_size)
    if not heads:
        return ""
    with world.reading() as context:
        found = verify_entries(entries(context.session, world.practice_id), heads[-1], heads[:-1])
    return "" if found.ok else f"fork: {found.reason}"


def _size(head: Checkpoint) -> int:
    return head.size
