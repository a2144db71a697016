"""Write a log out as a C2SP tlog-tiles folder: what a stranger's verifier reads.

    FOLDER/checkpoint                 signed head, with its cosignatures; written last
    FOLDER/tile/<level>/<N>[.p/<W>]   hashes
    FOLDER/tile/entries/<N>[.p/<W>]   leaves

Each file appears whole or not at all, and the checkpoint only after everything it covers. An export
that was broken off goes on where it stopped; a later one adds what is new. A folder whose head the
log contradicts is refused: a copy kept elsewhere is a head kept elsewhere.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from policy_service.audit import reading
from policy_service.database.session import Database
from policy_service.database.tables.audit import IS_LEAF_OF, EntryRow, LeafRow, NodeRow
from policy_service.ledger.checkpoint import Checkpoint, open_checkpoint
from policy_service.ledger.errors import LedgerError, NoteRefused
from policy_service.ledger.merkle import Frontier, Head
from policy_service.ledger.note import Note, Verifier, signed_by
from policy_service.ledger.tiles import (
    ENTRIES,
    TILE_HEIGHT,
    TILE_WIDTH,
    Tile,
    encode_bundle,
    tiles_of,
)
from policy_service.vault.files import replace_file


class ExportRefused(Exception):
    """The folder holds a head that this log contradicts, or the log lacks what its head covers."""


@dataclass(frozen=True, slots=True)
class Exported:
    """The size that the folder now holds, and how many files were new."""

    size: int
    written: int


def export_tiles(
    database: Database, practice_id: str, folder: Path, note: str, keys: Sequence[Verifier]
) -> Exported:
    """Bring `folder` up to the signed checkpoint `note`; `keys` are all that ever signed this log.

    Raises ExportRefused before anything is written when the folder's own head does not fit.
    """
    head = Checkpoint.parse(Note.parse(note).text).head
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with database.read(practice_id) as session:
        _require_prefix(session, practice_id, folder, head, keys)
        written = sum(
            _write(session, practice_id, folder, tile)
            for tile in tiles_of(head.size)
            if not _is_there(folder, tile)
        )
    replace_file(folder / "checkpoint", note.encode())
    _drop_outgrown(folder, head.size)
    return Exported(head.size, written)


def _require_prefix(
    session: Session, practice_id: str, folder: Path, head: Head, keys: Sequence[Verifier]
) -> None:
    """Was the folder written from a shorter form of this very log?"""
    try:
        raw = (folder / "checkpoint").read_text(encoding="utf-8")
    except FileNotFoundError:
        return
    kept = _opened(raw, keys)
    if kept.size > head.size:
        raise ExportRefused(f"the folder has {kept.size} entries, the log only {head.size}")
    own = reading.prove(session, practice_id, lambda read: Frontier.read(kept.size, read).root)
    if own != kept.root:
        raise ExportRefused(f"the log of {kept.size} entries is not the one in the folder")


def _opened(raw: str, keys: Sequence[Verifier]) -> Head:
    try:
        return open_checkpoint(raw, signed_by(raw, keys)).head
    except NoteRefused as error:
        raise ExportRefused(f"the checkpoint in the folder: {error}") from error


def _is_there(folder: Path, tile: Tile) -> bool:
    """A full tile never changes. A partial one is written anew: it costs one file."""
    return tile.is_full and (folder / tile.path).is_file()


def _write(session: Session, practice_id: str, folder: Path, tile: Tile) -> int:
    content = _content(session, practice_id, tile)
    path = folder / tile.path
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    replace_file(path, content)
    return 1


def _content(session: Session, practice_id: str, tile: Tile) -> bytes:
    parts = (_leaves if tile.level == ENTRIES else _nodes)(session, practice_id, tile)
    if len(parts) != tile.width:
        raise ExportRefused(f"the log lacks part of {tile.path}")
    try:
        return encode_bundle(parts) if tile.level == ENTRIES else b"".join(parts)
    except LedgerError as error:
        raise ExportRefused(str(error)) from error


def _leaves(session: Session, practice_id: str, tile: Tile) -> Sequence[bytes]:
    first = tile.index * TILE_WIDTH
    return session.scalars(
        select(EntryRow.leaf)
        .join(LeafRow, IS_LEAF_OF)
        .where(
            LeafRow.practice_id == practice_id,
            LeafRow.leaf_index >= first,
            LeafRow.leaf_index < first + tile.width,
        )
        .order_by(LeafRow.leaf_index)
    ).all()


def _nodes(session: Session, practice_id: str, tile: Tile) -> Sequence[bytes]:
    first = tile.index * TILE_WIDTH
    return session.scalars(
        select(NodeRow.hash)
        .where(
            NodeRow.practice_id == practice_id,
            NodeRow.level == int(tile.level) * TILE_HEIGHT,
            NodeRow.node_index >= first,
            NodeRow.node_index < first + tile.width,
        )
        .order_by(NodeRow.node_index)
    ).all()


def _drop_outgrown(folder: Path, size: int) -> None:
    """Partial tiles of earlier heads; what the new checkpoint names is kept."""
    kept = {folder / tile.path for tile in tiles_of(size)}
    for partial in (folder / "tile").rglob("*.p"):
        if kept.isdisjoint(partial.iterdir()):
            shutil.rmtree(partial)
            continue
        for old in set(partial.iterdir()) - kept:
            old.unlink()
