"""The signer process: holds the logs' keys, signs only heads that continue what it signed last.

The service asks over a Unix socket, one JSON object a line, one answer a line:

    {"ask": "key", "origin": O}                     {"public_key": HEX}
    {"ask": "newest", "origin": O}                  {"size": N, "root": HEX}; size 0: none yet
    {"ask": "sign", "checkpoint": TEXT, "proof": [HEX, …]}      {"note": TEXT}

or `{"refused": WHY, "is_older": BOOL}`. The proof leads from the size signed last to the new one.
Whoever breaks into the service cannot make it sign a second history, only append to this one.
"""

from __future__ import annotations

import json
import re
import socketserver
from collections.abc import Callable
from pathlib import Path
from typing import Any

import structlog

from policy_service.audit.published import PublishedHeads
from policy_service.ledger.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from policy_service.ledger.errors import NoteRefused
from policy_service.ledger.merkle import verify_consistency
from policy_service.ledger.note import Signer, Verifier

LONGEST_LINE = 64 * 1024
_ORIGIN = re.compile(r"policy-service/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
_log = structlog.get_logger()


class HeadRefused(Exception):
    """Not signed. `is_older`: the head is smaller than the one signed last."""

    def __init__(self, why: str, *, is_older: bool = False) -> None:
        super().__init__(why)
        self.is_older = is_older


class HeadKeeper:
    """Signs for many logs; `open_key` gives the key of an origin, made on first use.

    What was signed last is on disk before the signature leaves.
    """

    def __init__(self, folder: Path, open_key: Callable[[str], Signer]) -> None:
        self._heads = PublishedHeads(folder)
        self._open_key = open_key

    def public_key(self, origin: str) -> bytes:
        """The log's public key."""
        _log_of(origin)
        return self._open_key(origin).public_key

    def newest(self, origin: str) -> Checkpoint | None:
        """What was signed last. HeadRefused when the file that says so was changed."""
        kept = self._heads.last(_log_of(origin))
        if kept is None:
            return None
        return open_checkpoint(kept.note, Verifier.of(self._open_key(origin)))

    def sign(self, text: str, proof: list[bytes]) -> str:
        """The signed note of a checkpoint text. HeadRefused unless it continues the newest."""
        checkpoint = Checkpoint.parse(text)
        log = _log_of(checkpoint.origin)
        with self._heads.locked(log):
            newest = self.newest(checkpoint.origin)
            if newest is not None:
                _require_continued(newest, checkpoint, proof)
            note = sign_checkpoint(checkpoint, self._open_key(checkpoint.origin)).to_text()
            self._heads.keep(log, note)
        return note

    def forget(self, origin: str) -> None:
        """Take any head as the next one: after a restore that was meant."""
        self._heads.forget(_log_of(origin))


def _require_continued(newest: Checkpoint, checkpoint: Checkpoint, proof: list[bytes]) -> None:
    if checkpoint.size < newest.size:
        said = f"a head of {checkpoint.size} entries after one of {newest.size}"
        raise HeadRefused(said, is_older=True)
    if not verify_consistency(newest.head, checkpoint.head, proof):
        raise HeadRefused(f"the head does not continue the one of {newest.size} entries")


def _log_of(origin: str) -> str:
    found = _ORIGIN.fullmatch(origin)
    if found is None:
        raise HeadRefused("the origin is not that of a log of this service")
    return found.group(1)


class SignerServer(socketserver.ThreadingUnixStreamServer):
    """Serves a keeper on a socket that only its owner and group may open."""

    daemon_threads = True

    def __init__(self, path: Path, keeper: HeadKeeper) -> None:
        path.unlink(missing_ok=True)
        super().__init__(str(path), _Asked)
        path.chmod(0o660)
        self.keeper = keeper


class _Asked(socketserver.StreamRequestHandler):
    server: SignerServer
    timeout = 10

    def handle(self) -> None:
        """Answer lines until the other side closes."""
        while line := self.rfile.readline(LONGEST_LINE):
            self.wfile.write(json.dumps(answer(self.server.keeper, line)).encode() + b"\n")
            self.wfile.flush()


def answer(keeper: HeadKeeper, line: bytes) -> dict[str, Any]:
    """One answer; whatever is wrong with the question is said, and nothing is signed."""
    try:
        return _answer(keeper, json.loads(line))
    except HeadRefused as error:
        _log.error("head_refused", reason=str(error))
        return {"refused": str(error), "is_older": error.is_older}
    except (ValueError, KeyError, TypeError, NoteRefused) as error:
        return {"refused": f"not a question: {type(error).__name__}", "is_older": False}


def _answer(keeper: HeadKeeper, asked: dict[str, Any]) -> dict[str, Any]:
    if asked["ask"] == "key":
        return {"public_key": keeper.public_key(asked["origin"]).hex()}
    if asked["ask"] == "newest":
        newest = keeper.newest(asked["origin"])
        return {"size": newest.size, "root": newest.root.hex()} if newest else {"size": 0}
    if asked["ask"] == "sign":
        proof = [bytes.fromhex(part) for part in asked["proof"]]
        return {"note": keeper.sign(asked["checkpoint"], proof)}
    raise ValueError("no such question")
