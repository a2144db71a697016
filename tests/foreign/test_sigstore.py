"""Sigstore's JavaScript verifier accepts the log's proofs, and neither an edit nor a fork."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from policy_service.ledger.note import Verifier
from tests.foreign.conftest import Run
from tests.foreign.logs import FORK, SIZES, TRUE, VKEY, WrittenOut, pairs
from tests.ledger.keys import SeededKey

pytestmark = pytest.mark.foreign
EACH_SIZE = pytest.mark.parametrize("size", SIZES)


@EACH_SIZE
def test_sigstore_accepts_the_proofs(
    sigstore_verifier: Run, written_out: WrittenOut, size: int
) -> None:
    done = sigstore_verifier(VKEY, *pairs(written_out.of(TRUE, size)))
    proofs = len(written_out.samples(size))
    assert (done.returncode, done.stdout) == (0, f"ACCEPTED {proofs} proofs\n")


@EACH_SIZE
def test_sigstore_rejects_an_edited_entry(
    sigstore_verifier: Run, written_out: WrittenOut, size: int, tmp_path: Path
) -> None:
    folder = written_out.of(TRUE, size)
    proof = folder / "proofs" / f"{size // 2}.tlog-proof"
    leaf = Path(shutil.copy(proof.with_suffix(".leaf"), tmp_path))
    leaf.write_bytes(leaf.read_bytes().replace(b'"v":1', b'"v":2'))
    done = sigstore_verifier(VKEY, proof, leaf)
    assert (done.returncode, done.stdout.split(":")[0]) == (1, "REFUSED TLOG_INCLUSION_PROOF_ERROR")


@EACH_SIZE
def test_sigstore_rejects_an_entry_under_a_validly_signed_fork(
    sigstore_verifier: Run, written_out: WrittenOut, size: int, tmp_path: Path
) -> None:
    """The entry and path that were given out do not fit the head that the log signs now."""
    true, fork = written_out.of(TRUE, size), written_out.of(FORK, size)
    assert sigstore_verifier(VKEY, *pairs(fork)).returncode == 0, "by itself the fork is in order"
    given = (true / "proofs" / "0.tlog-proof").read_text(encoding="utf-8")
    now = tmp_path / "0.tlog-proof"
    head = (fork / "checkpoint").read_text(encoding="utf-8")
    now.write_text(given.partition("\n\n")[0] + "\n\n" + head, encoding="utf-8")
    done = sigstore_verifier(VKEY, now, true / "proofs" / "0.leaf")
    assert (done.returncode, "does not match" in done.stdout) == (1, True)


def test_sigstore_rejects_a_head_signed_by_a_swapped_key(
    sigstore_verifier: Run, written_out: WrittenOut
) -> None:
    thief = Verifier.of(SeededKey(VKEY.split("+")[0], seed="thief"))
    done = sigstore_verifier(thief.vkey, *pairs(written_out.of(TRUE, 2)))
    assert (done.returncode, "invalid checkpoint signature" in done.stdout) == (1, True)
