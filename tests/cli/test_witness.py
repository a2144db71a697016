"""`flask audit witness …` with nothing of the service: no database, no settings."""

from __future__ import annotations

import http.client
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import Result

from policy_service.audit.witness.book import Book
from policy_service.cli.offline import app
from policy_service.ledger.cosignature import Cosigner
from tests.audit.witness.logs import Log, witness_of
from tests.ledger.keys import LOG_VERIFIER, ORIGIN

HERE = Path(__file__).parents[2]
NAME = "officer.example"


def _run(*arguments: str | Path) -> Result:
    return app.test_cli_runner().invoke(args=["audit", "witness", *map(str, arguments)])


@contextmanager
def _served(folder: Path) -> Iterator[tuple[Cosigner, int]]:
    """The command as an officer starts it, in an environment of nothing; its key and port."""
    flask = [sys.executable, "-m", "flask", "--app", "policy_service.cli.offline"]
    options = ["--key", "witness.pem", "--name", NAME, "--state", "state", "--log"]
    process = subprocess.Popen(
        [*flask, "audit", "witness", "serve", *options, LOG_VERIFIER.vkey, "--listen=127.0.0.1:0"],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(HERE), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    try:
        vkey, said = process.stdout.readline().strip(), process.stdout.readline()
        port = re.fullmatch(r"listening on 127\.0\.0\.1:(\d+)\n", said)
        assert port, said
        yield Cosigner.from_vkey(vkey), int(port[1])
    finally:
        process.send_signal(signal.SIGTERM)
        process.stdout.close()
        assert process.wait(timeout=60) == 0


def _post(port: int, body: bytes) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("POST", "/add-checkpoint", body)
    response = connection.getresponse()
    answer = response.status, response.read().decode()
    connection.close()
    return answer


@pytest.mark.slow
def test_one_command_runs_a_witness_that_remembers_over_restarts(tmp_path: Path) -> None:
    with _served(tmp_path) as (first_key, port):
        status, line = _post(port, Log(9).body(0))
        assert (status, line.split(" ")[1]) == (200, NAME)
    with _served(tmp_path) as (second_key, port):
        assert second_key == first_key
        assert _post(port, Log(5).body(5)) == (409, "9\n")
    assert (tmp_path / "witness.pem").stat().st_mode & 0o777 == 0o600
    listed = _run("evidence", "--state", tmp_path / "state")
    assert (listed.exit_code, listed.output.split("\t")[:2]) == (1, ["rollback", ORIGIN])


def test_its_key_is_printed_to_be_pinned(tmp_path: Path) -> None:
    shown = [_run("key", "--key", tmp_path / "w.pem", "--name", NAME) for _ in range(2)]
    assert shown[0].output == shown[1].output
    assert Cosigner.from_vkey(shown[0].output.strip()).name == NAME


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--key", "state/w.pem"], "the key may not lie in the folder"),
        (["--key", "w.key"], "ends in .pem"),
        (["--log", "no vkey"], "a vkey must be"),
        (["--listen", "8020"], "HOST:PORT"),
        (["--name", "two words"], "without spaces"),
    ],
    ids=lambda value: value[1] if isinstance(value, list) else "",
)
def test_a_wrong_option_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    given = ["--key", "w.pem", "--name", NAME, "--state", "state", "--log", LOG_VERIFIER.vkey]
    done = _run("serve", *given, *options)
    assert done.exit_code != 0
    assert said in done.output


def test_a_folder_in_use_is_not_shared(tmp_path: Path) -> None:
    book = Book(tmp_path / "state")
    given = ["--key", tmp_path / "w.pem", "--name", NAME, "--log", LOG_VERIFIER.vkey]
    done = _run("serve", *given, "--state", tmp_path / "state")
    assert "another witness works" in done.output
    book.close()


def test_no_evidence_is_exit_code_zero(tmp_path: Path) -> None:
    assert _run("evidence", "--state", tmp_path).exit_code == 0


def test_two_heads_of_one_size_are_proof_for_anybody_with_the_logs_key(tmp_path: Path) -> None:
    book = Book(tmp_path / "state")
    witness = witness_of(book)
    witness.add_checkpoint(Log(9).body(0))
    witness.add_checkpoint(Log(9, "false").body(9))
    [kept] = book.evidence()
    book.close()
    log = ("--log", LOG_VERIFIER.vkey)
    known, submitted = kept.folder / "known", kept.folder / "submitted"
    proven = _run("compare", known, submitted, *log)
    assert (proven.exit_code, proven.output) == (1, "misconduct\n")
    assert _run("compare", known, known, *log).exit_code == 0
    other = tmp_path / "other"
    other.write_text(Log(5).note(), encoding="utf-8")
    assert _run("compare", known, other, *log).exit_code == 2
    other.write_text(Log(9, "false").note().replace("— log", "— gol"), encoding="utf-8")
    unsigned = _run("compare", known, other, *log)
    assert (unsigned.exit_code, "not signed by" in unsigned.output) == (2, True)
