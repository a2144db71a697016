"""Leaf v1: the bytes of one log entry, final from the first release.

A leaf is a public envelope of pseudonyms and tokens; everything else is one salted commitment per
group (see `commitments`). No field can hold a name or free text: each is a closed pattern. The
byte format with a worked example is in docs/design/audit-log.md.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import NoReturn

from policy_service.ledger.canonical import Json, canonical_bytes, parse_canonical
from policy_service.ledger.commitments import is_digest
from policy_service.ledger.errors import LeafRefused, NotCanonical
from policy_service.ledger.merkle import leaf_hash
from policy_service.ledger.tiles import MAX_LEAF_BYTES

VERSION = 1
SD_ALG = "sha-256"

_FIELDS = (
    "v",
    "id",
    "action",
    "at",
    "practice",
    "actor_ref",
    "subject_refs",
    "outcome",
    "packs",
    "semantics",
    "model",
    "_sd_alg",
    "_sd",
)
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_ACTION = re.compile(r"(?=.{3,64}\Z)[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)+", re.ASCII)
_AT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z", re.ASCII)
_REF = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}", re.ASCII)
_REF_FORM = "1 to 64 letters, digits and . _ : -"
_OUTCOME = re.compile(r"[a-z][a-z0-9_]{0,31}", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Leaf:
    """One entry. Absent values are None (written null), never left out.

    id: lower-case UUID. action: dotted words, `check.decided`. at: UTC with microseconds, always
    27 characters. *_ref: pseudonyms. packs, model: SHA-256 in hex. sd: commitment digests.
    subject_refs, packs and sd are sorted without repeats. `sd` is never empty: one unguessable
    digest is what keeps the leaf hash, which receipts carry, from being searched for its outcome.
    """

    id: str
    action: str
    at: str
    practice: str
    sd: tuple[str, ...]
    actor_ref: str | None = None
    subject_refs: tuple[str, ...] = ()
    outcome: str | None = None
    packs: tuple[str, ...] = ()
    semantics: int | None = None
    model: str | None = None

    def __post_init__(self) -> None:
        check_id(self.id)
        check_at(self.at)
        _match("action", _ACTION, self.action, "dotted lower-case words such as check.decided")
        _match("practice", _REF, self.practice, _REF_FORM)
        if self.actor_ref is not None:
            _match("actor_ref", _REF, self.actor_ref, f"{_REF_FORM}, or null")
        if self.outcome is not None:
            _match("outcome", _OUTCOME, self.outcome, "a lower-case word, or null")
        if self.model is not None:
            _match("model", _SHA256, self.model, "a SHA-256 digest in hex, or null")
        _check_semantics(self.semantics)
        self._check_lists()

    def _check_lists(self) -> None:
        for ref in _sorted("subject_refs", self.subject_refs):
            _match("subject_refs", _REF, ref, f"a list of {_REF_FORM}")
        for digest in _sorted("packs", self.packs):
            _match("packs", _SHA256, digest, "a list of SHA-256 digests in hex")
        if not self.sd or not all(is_digest(digest) for digest in _sorted("_sd", self.sd)):
            _refuse("_sd", "must be a list of at least one commitment digest (43 base64url chars)")

    def to_bytes(self) -> bytes:
        """The canonical JSON that is hashed; raises `LeafRefused` above 32 KiB."""
        raw = canonical_bytes(self._members())
        if len(raw) > MAX_LEAF_BYTES:
            raise LeafRefused(f"the leaf has {len(raw)} bytes; the cap is {MAX_LEAF_BYTES}")
        return raw

    @property
    def hash(self) -> bytes:
        """RFC 6962 leaf hash of `to_bytes`."""
        return leaf_hash(self.to_bytes())

    def _members(self) -> dict[str, Json]:
        return {
            "v": VERSION,
            "id": self.id,
            "action": self.action,
            "at": self.at,
            "practice": self.practice,
            "actor_ref": self.actor_ref,
            "subject_refs": self.subject_refs,
            "outcome": self.outcome,
            "packs": self.packs,
            "semantics": self.semantics,
            "model": self.model,
            "_sd_alg": SD_ALG,
            "_sd": self.sd,
        }

    @classmethod
    def from_bytes(cls, raw: bytes) -> "Leaf":
        """Read a leaf strictly: canonical, exactly the fields of v1, every value as specified."""
        if len(raw) > MAX_LEAF_BYTES:
            raise LeafRefused(f"the leaf has {len(raw)} bytes; the cap is {MAX_LEAF_BYTES}")
        try:
            members = parse_canonical(raw)
        except NotCanonical as error:
            raise LeafRefused(f"the leaf is {error}") from error
        if not isinstance(members, dict) or members.keys() != set(_FIELDS):
            raise LeafRefused(f"a leaf has exactly the fields {', '.join(_FIELDS)}")
        return cls._of(members)

    @classmethod
    def _of(cls, members: dict[str, Json]) -> "Leaf":
        if members["v"] is True or members["v"] != VERSION:
            _refuse("v", f"only version {VERSION} is read")
        if members["_sd_alg"] != SD_ALG:
            _refuse("_sd_alg", f"must be {SD_ALG}")
        return cls(
            id=_text(members, "id"),
            action=_text(members, "action"),
            at=_text(members, "at"),
            practice=_text(members, "practice"),
            actor_ref=_text_or_none(members, "actor_ref"),
            subject_refs=_texts(members, "subject_refs"),
            outcome=_text_or_none(members, "outcome"),
            packs=_texts(members, "packs"),
            semantics=_integer_or_none(members, "semantics"),
            model=_text_or_none(members, "model"),
            sd=_texts(members, "_sd"),
        )


def format_at(moment: datetime) -> str:
    """Write an aware datetime as leaves and receipts carry it: UTC, microseconds, 27 characters."""
    if moment.utcoffset() is None:
        _refuse("at", "needs a time with a zone")
    utc = moment.astimezone(UTC).replace(tzinfo=None)
    return utc.isoformat(timespec="microseconds") + "Z"


def check_id(text: str) -> None:
    """An entry id is a UUID in lower case, so always 36 characters."""
    _match("id", _ID, text, "a UUID in lower case")


def check_at(text: str) -> None:
    """A real UTC time with six decimals of a second, so always 27 characters."""
    form = "a UTC time such as 2026-03-01T09:30:00.000000Z"
    _match("at", _AT, text, form)
    try:
        datetime.fromisoformat(text)
    except ValueError:
        _refuse("at", f"must be {form}")


def _check_semantics(number: int | None) -> None:
    if number is not None and (isinstance(number, bool) or not 1 <= number <= 1_000_000):
        _refuse("semantics", "must be an integer from 1, or null")


def _match(field: str, pattern: re.Pattern[str], text: str, form: str) -> None:
    if not pattern.fullmatch(text):
        _refuse(field, f"must be {form}")


def _sorted(field: str, values: Sequence[str]) -> Sequence[str]:
    if any(left >= right for left, right in pairwise(values)):
        _refuse(field, "must be sorted and without repeats")
    return values


def _text(members: dict[str, Json], field: str) -> str:
    value = members[field]
    if not isinstance(value, str):
        _refuse(field, "must be a string")
    return value


def _text_or_none(members: dict[str, Json], field: str) -> str | None:
    return None if members[field] is None else _text(members, field)


def _integer_or_none(members: dict[str, Json], field: str) -> int | None:
    value = members[field]
    if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
        _refuse(field, "must be an integer or null")
    return value


def _texts(members: dict[str, Json], field: str) -> tuple[str, ...]:
    values = members[field]
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        _refuse(field, "must be a list of strings")
    return tuple(values)


def _refuse(field: str, reason: str) -> NoReturn:
    raise LeafRefused(f"leaf field {field}: {reason}")
