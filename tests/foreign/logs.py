"""A log written out at every size the verifiers are asked about, and a fork under the same key."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.long_log import lengthen, start
from policy_service.audit import reading
from policy_service.audit.tiles import export_tiles
from policy_service.database import Database
from policy_service.ledger.checkpoint import Checkpoint, sign_checkpoint
from policy_service.ledger.merkle import Frontier, consistency_proof, inclusion_proof
from policy_service.ledger.note import Verifier
from policy_service.ledger.proof_file import InclusionProof
from policy_service.ledger.tiles import ENTRIES, TILE_WIDTH, Tile, decode_bundle
from tests.ledger.keys import LOG_KEY

SIZES = (1, 2, 255, 256, 257, 65_536, 65_537, 70_000)
TRUE = "0f0e0d0c-0000-4000-8000-000000000001"
FORK = "0f0e0d0c-0000-4000-8000-000000000002"
VKEY = Verifier.of(LOG_KEY).vkey
SAMPLES = 12


@dataclass(frozen=True)
class WrittenOut:
    """The folders of both logs, by size."""

    folder: Path

    def of(self, practice_id: str, size: int) -> Path:
        """`checkpoint`, `tile/`, `proofs/`, and `consistency` from the size before."""
        return self.folder / practice_id / str(size)

    def head_before(self, size: int) -> Path:
        """The true log's checkpoint that a reader remembers: that of the size before."""
        before = [each for each in SIZES if each < size]
        return self.of(TRUE, before[-1] if before else size) / "checkpoint"

    def samples(self, size: int) -> list[int]:
        """Indices whose proofs are written out: the edges, and some between."""
        edges = {0, size - 1, size // 2, min(255, size - 1), min(256, size - 1)}
        return sorted(edges | {size * number // SAMPLES for number in range(SAMPLES)})


def write_out(database: Database, folder: Path) -> WrittenOut:
    """Grow both logs from size to size and export each; a resumed export every time."""
    made = WrittenOut(folder)
    for practice_id in (TRUE, FORK):
        start(database, practice_id)
        frontier, before, growing = Frontier(), 0, folder / f"{practice_id}-growing"
        for size in SIZES:
            frontier = lengthen(database, practice_id, frontier, size)
            head = Checkpoint(LOG_KEY.name, size, frontier.root)
            note = sign_checkpoint(head, LOG_KEY).to_text()
            export_tiles(database, practice_id, growing, note, [Verifier.of(LOG_KEY)])
            shutil.copytree(growing, made.of(practice_id, size))
            _write_proofs(database, practice_id, made, (before or size, size), note)
            before = size
    return made


def _write_proofs(
    database: Database, practice_id: str, made: WrittenOut, sizes: tuple[int, int], note: str
) -> None:
    old, size = sizes
    folder = made.of(practice_id, size)
    (folder / "proofs").mkdir()
    with database.read(practice_id) as session:
        for index in made.samples(size):

            def prove_entry(read: reading.SubtreeReader, at: int = index) -> tuple[bytes, ...]:
                return inclusion_proof(read, at, size)

            path = reading.prove(session, practice_id, prove_entry)
            proof = folder / "proofs" / f"{index}.tlog-proof"
            proof.write_text(InclusionProof(index, path, note).to_text(), encoding="utf-8")
            proof.with_suffix(".leaf").write_bytes(leaf_at(folder, size, index))
        path = reading.prove(session, practice_id, lambda read: consistency_proof(read, old, size))
    lines = "".join(f"{base64.b64encode(part).decode()}\n" for part in path)
    (folder / "consistency").write_text(lines, encoding="ascii")


def leaf_at(folder: Path, size: int, index: int) -> bytes:
    """One leaf, from its entry bundle."""
    tile = bundle_of(size, index)
    return decode_bundle(tile, (folder / tile.path).read_bytes())[index % TILE_WIDTH]


def bundle_of(size: int, index: int) -> Tile:
    """The entry bundle that holds an index."""
    first = index // TILE_WIDTH * TILE_WIDTH
    return Tile(ENTRIES, index // TILE_WIDTH, min(TILE_WIDTH, size - first))


def pairs(folder: Path) -> Iterator[Path]:
    """Proof and leaf, proof and leaf, …"""
    for proof in sorted((folder / "proofs").glob("*.tlog-proof")):
        yield from (proof, proof.with_suffix(".leaf"))
