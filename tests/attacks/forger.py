"""An attacker who may write to the database, and recomputes all that needs no key."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import uuid4

import orjson
from sqlalchemy import text

from policy_service.audit.log import _ENTRY
from policy_service.audit.reading import head
from policy_service.audit.sealer import _LEAF, _NODE
from policy_service.audit.verification import Verdict
from policy_service.database import driver
from policy_service.ledger.canonical import canonical_bytes
from policy_service.ledger.checkpoint import Checkpoint, sign_checkpoint
from policy_service.ledger.merkle import Frontier, Head, Node, leaf_hash
from tests.audit.logs import sign, signer, verify, write
from tests.cast import World
from tests.tampering import tamper

Row = dict[str, Any]
"""An entry as stored: every column of audit_entry."""
Change = Callable[[list[Row]], object]
_ROWS = text(
    "SELECT e.* FROM audit_entry e JOIN audit_leaf l "
    "ON l.practice_id = e.practice_id AND l.entry_id = e.id "
    "WHERE e.practice_id = :practice ORDER BY l.leaf_index"
)
_WORDS = ("one", "two", "three", "four", "five")


def told(world: World) -> int:
    """Five entries, each under a signed head of its own; returns the index of the first."""
    sign(world)
    first = size_of(world)
    for word in _WORDS:
        write(world, word)
        sign(world)
    return first


def size_of(world: World) -> int:
    """Entries in the tree."""
    return head_of(world).size


def head_of(world: World) -> Head:
    """The committed head."""
    with world.reading() as context:
        return head(context.session, world.practice_id)


def look_inside(world: World) -> str:
    """What `flask audit verify` complains of."""
    return _complaint(verify(world))


def _complaint(verdict: Verdict) -> str:
    return "" if verdict.exit_code == 0 else f"exit {verdict.exit_code}: {verdict.text}"


def rows_of(world: World) -> list[Row]:
    """The entries in the order of the tree."""
    with world.desk.database.engine.connect() as connection:
        found = connection.execute(_ROWS, {"practice": world.practice_id})
        return [dict(row._mapping) for row in found]


def rewritten(row: Row, **fields: Any) -> Row:
    """The entry with other words in its leaf, and the columns to match; the MAC stays as it is."""
    members = orjson.loads(row["leaf"]) | fields
    raw = canonical_bytes(members)
    columns = {name: members[name] for name in ("id", "action", "actor_ref", "outcome")}
    return row | columns | {"leaf": raw, "leaf_hash": leaf_hash(raw)}


def invented(row: Row, **fields: Any) -> Row:
    """A new entry made after another's pattern."""
    fresh = {"writer_id": str(uuid4()), "writer_seq": 1, "row_mac": bytes(32)}
    return rewritten(row, id=str(uuid4()), **fields) | fresh


def rebuild(world: World, change: Change) -> Frontier:
    """Change the entries and recompute leaf hashes, places, nodes and head: a log of one piece."""
    rows = rows_of(world)
    change(rows)
    frontier, nodes = Frontier(), list[Node]()
    for row in rows:
        frontier, made = frontier.grow(row["leaf_hash"])
        nodes.extend(made)
    _empty(world, frontier)
    _fill(world, rows, nodes)
    world.desk.database.dispose()  # what the service remembers of its connections is forgotten
    return frontier


def _empty(world: World, frontier: Frontier) -> None:
    tables = ("audit_leaf", "audit_node", "audit_pending", "audit_entry")
    tamper(
        world.desk.database,
        *(f"DELETE FROM {table} WHERE practice_id = :practice" for table in tables),  # noqa: S608
        "UPDATE audit_head SET size = :size, root = :root, frontier = :frontier "
        "WHERE practice_id = :practice",
        practice=world.practice_id,
        size=frontier.size,
        root=frontier.root,
        frontier=frontier.to_bytes(),
    )


def _fill(world: World, rows: Sequence[Row], nodes: Sequence[Node]) -> None:
    places = [(index, row["id"]) for index, row in enumerate(rows)]
    hashes = [(node.level, node.index, node.hash) for node in nodes]
    with world.desk.database.write(world.practice_id) as session:
        direct = driver.writing(session)
        direct.insert({_ENTRY: [columns_of(row) for row in rows], _LEAF: places, _NODE: hashes})


def columns_of(row: Row) -> driver.Row:
    """An entry's values in the order of its table's columns."""
    return tuple(row[name] for name in _ENTRY.columns)


def sign_by_theft(world: World) -> str:
    """The committed head signed with the stolen log key, stored and published as the service
    would, by somebody who asks no guard."""
    now = head_of(world)
    note = sign_checkpoint(Checkpoint(signer(world).name, now.size, now.root), signer(world))
    said = note.to_text()
    tamper(
        world.desk.database,
        "DELETE FROM audit_checkpoint WHERE practice_id = :practice",
        "INSERT INTO audit_checkpoint (practice_id, size, note, signed_at) "
        "VALUES (:practice, :size, :note, :at)",
        practice=world.practice_id,
        size=now.size,
        note=said,
        at=world.clock().isoformat(sep=" "),
    )
    published_file(world).write_text(said, encoding="utf-8")
    return said


def published_file(world: World) -> Any:
    """The file that the service compares with, which a thief of the whole machine may write."""
    return world.settings.key_dir / f"log-{world.practice_id}.head"
