"""The service's side of the signer process (audit.signer): a log key that is held elsewhere."""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from policy_service.audit.signer import LONGEST_LINE
from policy_service.audit.signing import Prove, SignerMovedOn
from policy_service.errors import LogContradicted, NotReady
from policy_service.ledger.checkpoint import Checkpoint
from policy_service.ledger.merkle import Head

PATIENCE = 5.0
"""Seconds to wait for an answer."""


@dataclass(frozen=True)
class SignerSocket:
    """The signer process as a whole; also an anchor of the guard: it remembers heads."""

    path: Path
    name: str = "the signer process"

    def newest(self, practice_id: str) -> Head | None:
        """The head it signed last; None also while it is away: then it signs nothing either."""
        try:
            said = self.ask({"ask": "newest", "origin": f"policy-service/{practice_id}"})
        except NotReady:
            return None
        return Head(said["size"], bytes.fromhex(said["root"])) if said.get("size") else None

    def ask(self, question: dict[str, Any]) -> dict[str, Any]:
        """One question, one answer. NotReady where nobody answers."""
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
                connection.settimeout(PATIENCE)
                connection.connect(str(self.path))
                connection.sendall(json.dumps(question).encode() + b"\n")
                with connection.makefile("rb") as answers:
                    said: dict[str, Any] = json.loads(answers.readline(LONGEST_LINE))
                    return said
        except (OSError, ValueError) as error:
            raise NotReady("The signer process of the audit log does not answer.") from error


@dataclass(frozen=True)
class RemoteSigner:
    """The key of one log in the signer process. Signs heads, and nothing else."""

    name: str
    signer: SignerSocket

    @cached_property
    def public_key(self) -> bytes:
        """The raw 32-byte public key."""
        said = self.signer.ask({"ask": "key", "origin": self.name})
        if "public_key" not in said:
            raise NotReady(f"The signer process has no key for this log: {said.get('refused')}.")
        return bytes.fromhex(said["public_key"])

    def sign(self, message: bytes) -> bytes:
        """Never: a log key that signs without a proof could sign a second history."""
        raise NotReady("The signer process signs heads, with a proof, and nothing else.")

    def sign_head(self, checkpoint: Checkpoint, prove: Prove) -> str:
        """The signed note. SignerMovedOn, or LogContradicted where the proof does not lead on."""
        newest = self.signer.ask({"ask": "newest", "origin": self.name})
        old = newest.get("size", 0)
        if old > checkpoint.size:
            raise SignerMovedOn
        proof = [part.hex() for part in prove(old)] if old else []
        said = self.signer.ask({"ask": "sign", "checkpoint": checkpoint.text, "proof": proof})
        if "note" in said:
            return str(said["note"])
        if said.get("is_older"):
            raise SignerMovedOn
        raise LogContradicted(f"The signer process refuses the log: {said.get('refused')}.")
