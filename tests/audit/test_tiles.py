"""The export folder: whole files, taken up where it stopped, and itself a witness of the log."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.long_log import lengthen, start, synthetic_leaf
from policy_service.audit import tiles as module
from policy_service.audit.tiles import ExportRefused, export_tiles
from policy_service.database import Database
from policy_service.ledger.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from policy_service.ledger.merkle import Frontier, leaf_hash
from policy_service.ledger.note import Verifier
from policy_service.ledger.tiles import ENTRIES, Tile, decode_bundle, tile_reader, tiles_of
from tests.ledger.keys import LOG_KEY, LOG_VERIFIER, SeededKey
from tests.tampering import tamper

PRACTICE = "0f0e0d0c-0000-4000-8000-000000000001"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of the export's own."""
    made = tmp_path / "export"
    made.mkdir()
    return made


def _note(frontier: Frontier, key: SeededKey = LOG_KEY) -> str:
    return sign_checkpoint(Checkpoint(key.name, *frontier.head), key).to_text()


def _export(database: Database, folder: Path, frontier: Frontier) -> module.Exported:
    return export_tiles(database, PRACTICE, folder, _note(frontier), [LOG_VERIFIER])


def _files(folder: Path) -> set[str]:
    return {str(each.relative_to(folder)) for each in folder.rglob("*") if each.is_file()}


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 600])
def test_the_folder_holds_exactly_the_tiles_of_its_head(
    database: Database, folder: Path, size: int
) -> None:
    start(database, PRACTICE)
    frontier = lengthen(database, PRACTICE, Frontier(), size)
    done = _export(database, folder, frontier)
    assert _files(folder) == {"checkpoint"} | {tile.path for tile in tiles_of(size)}
    assert done == module.Exported(size, len(list(tiles_of(size))))
    head = open_checkpoint((folder / "checkpoint").read_text(encoding="utf-8"), LOG_VERIFIER)
    read = tile_reader(size, lambda tile: (folder / tile.path).read_bytes())
    assert Frontier.read(size, read).root == head.root
    first = Tile(ENTRIES, 0, min(size, 256))
    leaves = decode_bundle(first, (folder / first.path).read_bytes())
    assert list(leaves) == [
        synthetic_leaf(PRACTICE, each).to_bytes() for each in range(len(leaves))
    ]
    assert [leaf_hash(leaf) for leaf in leaves] == [read(0, each) for each in range(len(leaves))]


def test_a_later_export_adds_what_is_new_and_drops_outgrown_parts(
    database: Database, folder: Path
) -> None:
    start(database, PRACTICE)
    frontier = lengthen(database, PRACTICE, Frontier(), 300)
    _export(database, folder, frontier)
    kept = (folder / "tile/0/000").stat().st_ino
    frontier = lengthen(database, PRACTICE, frontier, 600)
    assert _export(database, folder, frontier).written < len(list(tiles_of(600)))
    assert (folder / "tile/0/000").stat().st_ino == kept
    assert _files(folder) == {"checkpoint"} | {tile.path for tile in tiles_of(600)}


def test_an_export_cut_short_leaves_the_old_head_and_goes_on(
    database: Database, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start(database, PRACTICE)
    frontier = lengthen(database, PRACTICE, Frontier(), 300)
    _export(database, folder, frontier)
    before = (folder / "checkpoint").read_bytes()
    frontier = lengthen(database, PRACTICE, frontier, 1_100)
    write, left = module.replace_file, [3]

    def until_dead(path: Path, content: bytes) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(28, "No space left on device")
        write(path, content)

    with monkeypatch.context() as patch:
        patch.setattr(module, "replace_file", until_dead)
        with pytest.raises(OSError, match="No space"):
            _export(database, folder, frontier)
    assert (folder / "checkpoint").read_bytes() == before
    _export(database, folder, frontier)
    assert _files(folder) == {"checkpoint"} | {tile.path for tile in tiles_of(1_100)}


def test_a_folder_from_before_a_rewrite_is_refused_and_stays(
    database: Database, folder: Path
) -> None:
    """Attacks 5, 10 and 11 against whoever keeps an export: it is a head kept elsewhere."""
    start(database, PRACTICE)
    frontier = lengthen(database, PRACTICE, Frontier(), 30)
    other = Frontier().extend(bytes([each]) * 32 for each in range(30))
    kept = _note(other)
    (folder / "checkpoint").write_text(kept, encoding="utf-8")
    with pytest.raises(ExportRefused, match="is not the one in the folder"):
        _export(database, folder, frontier)
    longer = other.append(bytes(32))
    (folder / "checkpoint").write_text(_note(longer), encoding="utf-8")
    with pytest.raises(ExportRefused, match="has 31 entries, the log only 30"):
        _export(database, folder, frontier)
    assert _files(folder) == {"checkpoint"}


def test_a_head_by_another_key_in_the_folder_is_refused(database: Database, folder: Path) -> None:
    start(database, PRACTICE)
    frontier = lengthen(database, PRACTICE, Frontier(), 3)
    thief = SeededKey(LOG_KEY.name, seed="thief")
    (folder / "checkpoint").write_text(_note(frontier, thief), encoding="utf-8")
    with pytest.raises(ExportRefused, match="not signed by"):
        _export(database, folder, frontier)
    both = [LOG_VERIFIER, Verifier.of(thief)]
    assert export_tiles(database, PRACTICE, folder, _note(frontier), both).size == 3


def test_a_log_that_lacks_an_entry_is_not_exported(database: Database, folder: Path) -> None:
    start(database, PRACTICE)
    frontier = lengthen(database, PRACTICE, Frontier(), 20)
    tamper(database, "DELETE FROM audit_leaf WHERE leaf_index = 7")
    with pytest.raises(ExportRefused, match=r"lacks part of tile/entries/000\.p/20"):
        _export(database, folder, frontier)
    assert not (folder / "checkpoint").exists()


def test_a_leaf_longer_than_the_cap_is_not_exported(database: Database, folder: Path) -> None:
    start(database, PRACTICE)
    frontier = lengthen(database, PRACTICE, Frontier(), 2)
    tamper(database, "UPDATE audit_entry SET leaf = :leaf", leaf=b"x" * (32 * 1024 + 1))
    with pytest.raises(ExportRefused, match="the cap is 32768"):
        _export(database, folder, frontier)
