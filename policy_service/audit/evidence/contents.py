"""What a bundle says of itself: the manifest, the keys and the README."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from policy_service.ledger.canonical import Json, canonical_bytes
from policy_service.ledger.leaf import format_at

VERSION = 1
INCOMPLETE = "INCOMPLETE"
MOST_PROOFS = 10_000
"""A range of more entries is proven as a whole only: a file for each would outweigh them."""


@dataclass(frozen=True, slots=True)
class Withheld:
    """How many groups of the entries are not opened, by reason."""

    not_chosen: int = 0
    erased: int = 0
    private: int = 0

    def to_json(self) -> dict[str, Json]:
        """As the manifest says it."""
        return {
            "erased": self.erased,
            "not_chosen": self.not_chosen,
            "private": self.private,
        }


@dataclass(frozen=True, slots=True)
class Contents:
    """What one bundle holds.

    `places`: indices in the tree, ascending; a `range` when contiguous. `groups`: the families of
    groups that were to be opened (None: all). `purpose`: why the bundle was made.
    """

    log: str
    practice: str
    made_at: datetime
    places: range | tuple[int, ...]
    chosen_by: Mapping[str, Json]
    groups: tuple[str, ...] | None
    withheld: Withheld
    purpose: str
    recipient: Mapping[str, str] | None = None
    previous_size: int | None = None
    files: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_contiguous(self) -> bool:
        """Whether nothing between the first and the last entry is left out."""
        return isinstance(self.places, range)

    @property
    def is_each_proven(self) -> bool:
        """Whether there is a proof for each entry, and not for the range alone."""
        return len(self.places) <= MOST_PROOFS

    def note(self) -> str:
        """Whether entries are left out, in a sentence."""
        places = self.places
        if isinstance(places, range):
            return f"Every entry from {places.start} to {places.stop - 1}; none is left out."
        return f"{INCOMPLETE}: {len(places)} entries were chosen; others are not shown."

    def manifest(self) -> bytes:
        """Canonical JSON; its SHA-256 is what the entry about the making commits to."""
        places = self.places
        said: dict[str, Json] = {
            "v": VERSION,
            "log": self.log,
            "practice": self.practice,
            "made_at": format_at(self.made_at),
            "contiguous": self.is_contiguous,
            "each_proven": self.is_each_proven,
            "entries": [places.start, places.stop] if isinstance(places, range) else list(places),
            "note": self.note(),
            "chosen_by": dict(self.chosen_by),
            "groups": None if self.groups is None else list(self.groups),
            "withheld": self.withheld.to_json(),
            "purpose": self.purpose,
            "recipient": None if self.recipient is None else dict(self.recipient),
            "previous_size": self.previous_size,
            "files": dict(self.files),
        }
        return canonical_bytes(said)


def digests(files: Mapping[str, bytes]) -> dict[str, str]:
    """SHA-256 in hex by name, for the manifest."""
    return {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}


def readme(contents: Contents, vkey: str) -> str:
    """The README of a bundle: what it is, and the exact commands."""
    recipient = contents.recipient
    made_for = f"For: {recipient['name']} ({recipient['kind']})\n" if recipient else ""
    return _README.format(
        note=contents.note(),
        log=contents.log,
        made_at=format_at(contents.made_at),
        made_for=made_for,
        purpose=contents.purpose,
        withheld=_withheld(contents.withheld),
        vkey=vkey,
    )


def _withheld(withheld: Withheld) -> str:
    parts = [f"{count} {reason}" for reason, count in withheld.to_json().items() if count]
    return ", ".join(part.replace("_", " ") for part in parts) or "none"


_README = """EVIDENCE BUNDLE

{note}

Log:  {log}
Made: {made_at}
{made_for}Purpose: {purpose}
Groups of facts that are not opened: {withheld}

HOW TO CHECK IT

You need Python 3.11 or newer and the package `cryptography`; no network and nothing of ours
except the two programs in this zip. Take the zip to an empty folder:

    python3 -m venv checker
    checker/bin/pip install cryptography
    unzip BUNDLE.zip verify.py rederive.py
    checker/bin/python -I verify.py BUNDLE.zip --key 'KEY'
    checker/bin/python -I rederive.py BUNDLE.zip

KEY is the public key of the log. Get it from somebody you trust, not from this zip: from the
practice's letterhead, its contract with the EHR, or a checkpoint you kept. According to this
zip it is

    {vkey}

A key that you pinned before the log changed it is as good: the change is an entry of the log
that the old key and the new one signed, and verify.py follows it.

Without --key everything is checked under that key, and the answer is "cannot tell" (exit 2),
for a forger would have put his own key there. If you kept a checkpoint of this log, add
`--since FILE`; if you know a witness's key, add `--witness KEY`.

WHAT THE ANSWERS MEAN

Exit 0, OK: everything the program checks holds.
Exit 1, TAMPERED: something was altered, left out, added or exchanged; the first bad index of the
log is named where one entry is to blame.
Exit 2, CANNOT TELL: nothing is altered as far as can be seen, but something was not shown: a
group is withheld or was erased, a key is not pinned, a checkpoint is missing. Withheld is not
tampered: the log committed to a salted hash of it, and it can still be opened later unless its
key was destroyed.

verify.py checks that each entry is in the log that was signed, that the log only grew since an
older checkpoint, that cosignatures of witnesses hold, that opened groups are what the entries
commit to, and that each file is the one named by the manifest, which the log itself commits to.
rederive.py decides anew: it reads the opened facts and the rule packs and says whether the
recorded decision follows from them.

Neither can tell whether what people told the practice was true, whether its clock was right, or
what was never recorded.

WHAT IS IN IT

manifest.json            what was chosen; its digest stands in the log (entry in made.jsonl)
entries.jsonl            leaves and openings, in base64, one entry a line
made.jsonl               the entry about the making of this bundle
checkpoint               the signed head of the log (C2SP tlog-checkpoint), with cosignatures
proofs/N.tlog-proof      that entry N is under that head (C2SP tlog-proof)
range.json               that all entries of a range are (the hashes left and right of it)
key-changes.jsonl        changes of the log's key, each signed by the old key and the new one
previous.checkpoint      an older head; consistency.json: that the log continues it
packs/DIGEST.json        the rule packs by the SHA-256 that the entries commit to
keys.json                the public keys as the practice states them
verify.py, rederive.py   the two programs

An opening is the JSON [salt, group, value]; the SHA-256 of its bytes, in base64url, stands in the
leaf under _sd. An entry's leaf hash is the SHA-256 of a zero byte and the leaf (RFC 9162).
"""
