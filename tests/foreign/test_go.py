"""The Go team's sumdb packages accept the log at every size, and neither an edit nor a fork."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from policy_service.ledger.note import Verifier
from tests.foreign.conftest import Run
from tests.foreign.logs import FORK, SIZES, TRUE, VKEY, WrittenOut, bundle_of
from tests.ledger.keys import SeededKey

pytestmark = pytest.mark.foreign
EACH_SIZE = pytest.mark.parametrize("size", SIZES)


@EACH_SIZE
def test_go_accepts_the_log(go_verifier: Run, written_out: WrittenOut, size: int) -> None:
    done = go_verifier(written_out.of(TRUE, size), VKEY, written_out.head_before(size))
    proofs = len(written_out.samples(size))
    assert (done.returncode, done.stdout) == (0, f"ACCEPTED {size} entries, {proofs} proofs\n")


@EACH_SIZE
def test_go_rejects_an_edited_entry(
    go_verifier: Run, written_out: WrittenOut, size: int, tmp_path: Path
) -> None:
    edited = Path(shutil.copytree(written_out.of(TRUE, size), tmp_path / "edited"))
    bundle = edited / bundle_of(size, size // 2).path
    content = bundle.read_bytes()
    changed = content.replace(b'"v":1', b'"v":2', 1)
    assert changed != content
    bundle.write_bytes(changed)
    done = go_verifier(edited, VKEY, written_out.head_before(size))
    assert (done.returncode, done.stdout) == (
        1,
        "REFUSED root over all entries: does not hold\n",
    )


@EACH_SIZE
def test_go_rejects_a_validly_signed_fork(
    go_verifier: Run, written_out: WrittenOut, size: int
) -> None:
    fork = written_out.of(FORK, size)
    itself = fork.parent / written_out.head_before(size).parent.name / "checkpoint"
    alone = go_verifier(fork, VKEY, itself)
    assert alone.returncode == 0, "the fork is in order but for the head its reader remembers"
    done = go_verifier(fork, VKEY, written_out.head_before(size))
    assert (done.returncode, done.stdout.split(":")[0]) == (1, "REFUSED consistency proof")


def test_go_rejects_an_edited_tile(
    go_verifier: Run, written_out: WrittenOut, tmp_path: Path
) -> None:
    edited = Path(shutil.copytree(written_out.of(TRUE, 257), tmp_path / "edited"))
    tile = edited / "tile/0/000"
    tile.write_bytes(bytes(32) + tile.read_bytes()[32:])
    done = go_verifier(edited, VKEY, written_out.head_before(257))
    assert (done.returncode, done.stdout.split(":")[0]) == (1, "REFUSED tiles")


def test_go_rejects_a_head_signed_by_a_swapped_key(
    go_verifier: Run, written_out: WrittenOut
) -> None:
    thief = Verifier.of(SeededKey(VKEY.split("+")[0], seed="thief"))
    done = go_verifier(written_out.of(TRUE, 2), thief.vkey, written_out.head_before(2))
    assert (done.returncode, done.stdout.split(":")[0]) == (
        1,
        "REFUSED signature of the checkpoint",
    )
