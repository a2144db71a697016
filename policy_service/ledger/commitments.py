"""Salted commitments, one per group of facts: erasure and selective disclosure in one mechanism.

An *opening* is the canonical JSON array `[salt, group, value]`, the shape of an SD-JWT disclosure;
its digest, SHA-256 over those bytes, is all that enters the leaf. Whoever has the opening can
check it; without the 128-bit salt neither the value nor the group's name can be guessed.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from policy_service.ledger.canonical import Json, canonical_bytes, parse_canonical
from policy_service.ledger.encoding import base64url, from_base64url
from policy_service.ledger.errors import CommitmentRefused

SALT_BYTES = 16
_DIGEST = re.compile(r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]", re.ASCII)
"""32 bytes in unpadded base64url: the last character carries four bits, so its low two are 0."""

_GROUP = re.compile(r"[a-z][a-z0-9_]{0,31}(?::(?:0|[1-9][0-9]{0,8}))?", re.ASCII)


@dataclass(frozen=True)
class Opening:
    """What opens one commitment. Sealed at rest; `value` must not be changed after creation."""

    salt: bytes
    group: str
    value: Json

    def __post_init__(self) -> None:
        if len(self.salt) != SALT_BYTES:
            raise CommitmentRefused(f"the salt of a group must be {SALT_BYTES} random bytes")
        if not _GROUP.fullmatch(self.group):
            raise CommitmentRefused(
                f"group {self.group!r}: must be a lower-case word such as care or identity, "
                "or one with a number such as tie:0"
            )

    def to_bytes(self) -> bytes:
        """Canonical `[salt, group, value]`; `NotCanonical` names a bad part of the value."""
        written: bytes | None = vars(self).get("_written")
        if written is None:  # once: what is hashed is to the byte what is sealed
            written = canonical_bytes([base64url(self.salt), self.group, self.value])
            vars(self)["_written"] = written
        return written

    @property
    def digest(self) -> str:
        """The commitment as it stands in a leaf's `_sd`: 43 characters of base64url."""
        return base64url(hashlib.sha256(self.to_bytes()).digest())

    @classmethod
    def from_bytes(cls, raw: bytes) -> "Opening":
        """Inverse of `to_bytes`; refuses every other spelling of the same opening."""
        match parse_canonical(raw):
            case [str(salt), str(group), value]:
                return cls(_salt(salt), group, value)
            case _:
                raise CommitmentRefused("an opening must be the array [salt, group, value]")


@dataclass(frozen=True)
class Commitment:
    """Digests for the leaf, sorted so that their order tells nothing, and their openings."""

    digests: tuple[str, ...]
    openings: tuple[Opening, ...]


@dataclass(frozen=True)
class Opened:
    """What a set of openings reveals of a leaf.

    `withheld` digests had no opening: "cannot tell", never "tampered". `foreign` openings match
    no digest of the leaf: those *are* evidence of tampering or of a mix-up.
    """

    values: Mapping[str, Json]
    withheld: tuple[str, ...]
    foreign: tuple[Opening, ...]


def commit(groups: Mapping[str, Json], salts: Sequence[bytes]) -> Commitment:
    """Commit to each group. `salts`: fresh random 16 bytes for each group, all different."""
    if len(salts) != len(groups) or len(set(salts)) != len(salts):
        raise CommitmentRefused(f"{len(groups)} groups need {len(groups)} different salts")
    openings = tuple(
        Opening(salt, group, groups[group])
        for group, salt in zip(sorted(groups), salts, strict=True)
    )
    return Commitment(tuple(sorted(opening.digest for opening in openings)), openings)


def open_matches(digest: str, opening: Opening) -> bool:
    """Does `opening` open the commitment `digest`?"""
    return hmac.compare_digest(digest.encode(), opening.digest.encode())


def open_commitments(digests: Sequence[str], openings: Iterable[Opening]) -> Opened:
    """Match openings to a leaf's digests; a group opened twice is refused."""
    waiting = set(digests)
    values: dict[str, Json] = {}
    foreign = []
    for opening in openings:
        if opening.group in values:
            raise CommitmentRefused(f"group {opening.group!r} is opened twice")
        if opening.digest in waiting:
            waiting.remove(opening.digest)
            values[opening.group] = opening.value
        else:
            foreign.append(opening)
    return Opened(values, tuple(sorted(waiting)), tuple(foreign))


def is_digest(text: str) -> bool:
    """Is this the one base64url spelling of a SHA-256 digest?"""
    return _DIGEST.fullmatch(text) is not None


def _salt(text: str) -> bytes:
    try:
        return from_base64url(text)
    except ValueError as error:
        raise CommitmentRefused(f"salt: {error}") from error
