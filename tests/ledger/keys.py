"""Throwaway Ed25519 keys, the same in every run: seeds are digests of their names."""

import hashlib
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from policy_service.ledger.note import Verifier


@dataclass(frozen=True)
class SeededKey:
    name: str
    seed: str = ""

    @property
    def _private(self):
        digest = hashlib.sha256(f"{self.name}{self.seed}".encode()).digest()
        return Ed25519PrivateKey.from_private_bytes(digest)

    @property
    def public_key(self):
        return self._private.public_key().public_bytes_raw()

    def sign(self, message):
        return self._private.sign(message)


ORIGIN = "log.example/practice/fern"
LOG_KEY = SeededKey(ORIGIN)
LOG_VERIFIER = Verifier.of(LOG_KEY)
RECEIPT_KEY = SeededKey("log.example/practice/fern/receipts")
RECEIPT_VERIFIER = Verifier.of(RECEIPT_KEY)
OTHER_KEY = SeededKey("witness.example/w1")
