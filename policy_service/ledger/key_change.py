"""A log changes its key: a statement signed by the old key and the new one, opened from an entry.

The value of the group `keys` of a `log.key_changed` entry. Whoever pinned the old vkey and sees
that entry proven under a head the old key signed may pin the new one; nobody else's word is needed.
A thief of one of the two keys cannot make it.
"""

from dataclasses import dataclass

from policy_service.ledger.canonical import Json, canonical_bytes
from policy_service.ledger.encoding import base64url, from_base64url
from policy_service.ledger.errors import NoteRefused
from policy_service.ledger.note import Signer, Verifier

_HEADER = b"policy_service log key change v1\n"
_FIELDS = {"at", "log", "new", "new_sig", "old", "old_sig", "v"}


@dataclass(frozen=True)
class KeyChange:
    """Both vkeys, and when. The name of both keys is the log's origin."""

    at: str
    old: Verifier
    new: Verifier

    @property
    def message(self) -> bytes:
        """What both keys sign."""
        said: Json = {
            "at": self.at,
            "log": self.old.name,
            "new": self.new.vkey,
            "old": self.old.vkey,
            "v": 1,
        }
        return _HEADER + canonical_bytes(said)


def sign_key_change(at: str, old: Signer, new: Signer) -> dict[str, Json]:
    """The statement with both signatures, as the entry commits to it."""
    change = KeyChange(at, Verifier.of(old), Verifier.of(new))
    return {
        "v": 1,
        "at": at,
        "log": old.name,
        "old": change.old.vkey,
        "new": change.new.vkey,
        "old_sig": base64url(old.sign(change.message)),
        "new_sig": base64url(new.sign(change.message)),
    }


def open_key_change(value: Json, pinned: Verifier) -> KeyChange:
    """Read a statement that leads on from the pinned key; NoteRefused unless both keys signed."""
    if not isinstance(value, dict) or set(value) != _FIELDS or value["v"] != 1:
        raise NoteRefused(f"a key change has exactly the fields {', '.join(sorted(_FIELDS))}")
    texts = {name: str(value[name]) for name in _FIELDS}
    change = KeyChange(
        texts["at"], Verifier.from_vkey(texts["old"]), Verifier.from_vkey(texts["new"])
    )
    if change.old != pinned:
        raise NoteRefused("the key change does not lead on from the pinned key")
    if not change.old.name == change.new.name == texts["log"]:
        raise NoteRefused("the key change names another log")
    for key, name in ((change.old, "old_sig"), (change.new, "new_sig")):
        if not key.accepts(change.message, _signature(texts[name])):
            raise NoteRefused(f"{name} of the key change does not verify")
    return change


def _signature(text: str) -> bytes:
    try:
        return from_base64url(text)
    except ValueError as error:
        raise NoteRefused(f"signature of the key change: {error}") from error
