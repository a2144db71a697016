"""Receipts: the log's promise, handed out with the answer, that an entry will be in the tree.

A receipt is signed by the receipt key at once; the log key signs only checkpoints, later. Kept by
the caller, it convicts a log that drops the entry or never merges it.

A receipt must tell nothing but that an entry exists: for one practice, key and delay every
receipt has the same length, and the only parts that differ between two of them are the entry's id,
hash and time and the signature over them.
"""

from dataclasses import dataclass

from policy_service.ledger.canonical import Json, canonical_bytes, parse_canonical
from policy_service.ledger.encoding import base64url, from_base64url
from policy_service.ledger.errors import LeafRefused, NotCanonical, ReceiptRefused
from policy_service.ledger.leaf import Leaf, check_at, check_id
from policy_service.ledger.merkle import HASH_BYTES
from policy_service.ledger.note import Signer, Verifier

VERSION = 1
MAX_DELAY_SECONDS = 86_400
_CONTEXT = b"policy_service receipt v1\n"
_FIELDS = ("v", "id", "leaf_hash", "at", "practice", "log", "mmd", "key", "sig")


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """The promise: entry `id` with `leaf_hash` is in `log` at most `mmd` seconds after `at`."""

    id: str
    leaf_hash: bytes
    at: str
    practice: str
    log: str
    mmd: int

    def __post_init__(self) -> None:
        try:
            check_id(self.id)
            check_at(self.at)
        except LeafRefused as error:
            raise ReceiptRefused(f"receipt: {error}") from error
        if len(self.leaf_hash) != HASH_BYTES:
            raise ReceiptRefused(f"receipt field leaf_hash: must be {HASH_BYTES} bytes")
        if not self.practice or not self.log:
            raise ReceiptRefused("receipt fields practice and log: must not be empty")
        if not 1 <= self.mmd <= MAX_DELAY_SECONDS:
            raise ReceiptRefused(f"receipt field mmd: 1 to {MAX_DELAY_SECONDS} seconds")

    @classmethod
    def of(cls, leaf: Leaf, log: str, mmd: int) -> "Receipt":
        """The receipt for a leaf in the log with origin `log`; `mmd` in whole seconds."""
        return cls(
            id=leaf.id, leaf_hash=leaf.hash, at=leaf.at, practice=leaf.practice, log=log, mmd=mmd
        )

    def matches(self, leaf: Leaf) -> bool:
        """Is `leaf` the entry this receipt was given for, unchanged?"""
        return self == Receipt.of(leaf, self.log, self.mmd)

    def _members(self) -> dict[str, Json]:
        return {
            "v": VERSION,
            "id": self.id,
            "leaf_hash": base64url(self.leaf_hash),
            "at": self.at,
            "practice": self.practice,
            "log": self.log,
            "mmd": self.mmd,
        }


def sign_receipt(receipt: Receipt, signer: Signer) -> bytes:
    """The receipt as canonical JSON with `key` (vkey key id) and `sig` by the receipt key."""
    members = receipt._members() | {"key": Verifier.of(signer).key_id.hex()}
    signature = signer.sign(_CONTEXT + canonical_bytes(members))
    return canonical_bytes(members | {"sig": base64url(signature)})


def open_receipt(raw: bytes, verifier: Verifier) -> Receipt:
    """Return the receipt if the pinned receipt key signed exactly these bytes, else raise."""
    members = _members_of(raw)
    signature = members.pop("sig")
    if members["key"] != verifier.key_id.hex():
        raise ReceiptRefused(f"the receipt is not signed by the key {verifier.name}")
    if not isinstance(signature, str) or not _verifies(members, signature, verifier):
        raise ReceiptRefused("the signature of the receipt does not verify")
    return _receipt(members)


def _members_of(raw: bytes) -> dict[str, Json]:
    try:
        members = parse_canonical(raw)
    except NotCanonical as error:
        raise ReceiptRefused(f"the receipt is {error}") from error
    if not isinstance(members, dict) or members.keys() != set(_FIELDS):
        raise ReceiptRefused(f"a receipt has exactly the fields {', '.join(_FIELDS)}")
    return members


def _verifies(members: dict[str, Json], signature: str, verifier: Verifier) -> bool:
    try:
        return verifier.accepts(_CONTEXT + canonical_bytes(members), from_base64url(signature))
    except ValueError:
        return False


def _receipt(members: dict[str, Json]) -> Receipt:
    match members:
        case {
            "v": 1,
            "id": str(entry),
            "leaf_hash": str(digest),
            "at": str(at),
            "practice": str(practice),
            "log": str(log),
            "mmd": int(mmd),
        }:
            return Receipt(
                id=entry, leaf_hash=_digest(digest), at=at, practice=practice, log=log, mmd=mmd
            )
        case _:
            raise ReceiptRefused(f"a receipt of version {VERSION} was expected")


def _digest(text: str) -> bytes:
    try:
        return from_base64url(text)
    except ValueError as error:
        raise ReceiptRefused(f"receipt field leaf_hash: {error}") from error
