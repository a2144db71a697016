"""What a witness remembers, as files: the newest cosigned head of each log, and the evidence.

    FOLDER/lock                                one witness at a time works on a folder
    FOLDER/logs/<log>/checkpoint               the newest head, with the witness's cosignature
    FOLDER/logs/<log>/evidence/<kind>-<size>-<digest>/   known, submitted, about.json

`<log>` is the start of the origin's SHA-256. Everything is on disk before the witness answers.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from policy_service.vault.files import replace_file, sync_directory

MOST_EVIDENCE = 200
"""Pieces kept for one log and kind: whoever holds signed heads must not fill the disk."""


class BookRefused(Exception):
    """A folder that another witness works on, or whose files are not this witness's."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A head that was refused, beside the one the witness knew: both signed by the log."""

    folder: Path
    kind: str
    origin: str
    at: int
    known: str
    submitted: str

    def about(self) -> dict[str, Any]:
        """What is written beside the two notes."""
        return {"kind": self.kind, "origin": self.origin, "at": self.at}


class Book:
    """The files of one witness. Raises BookRefused while another process holds the folder."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder = folder
        self._lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._lock)
            raise BookRefused(f"{folder}: another witness works on this folder") from error

    def close(self) -> None:
        """Give the folder free."""
        os.close(self._lock)

    def latest(self, origin: str) -> str | None:
        """The newest cosigned note of a log, or None before its first."""
        try:
            return (self._of(origin) / "checkpoint").read_text(encoding="utf-8")
        except FileNotFoundError:
            return None

    def keep(self, origin: str, note: str) -> None:
        """Make `note` the newest; on disk when this returns."""
        folder = self._of(origin)
        if not folder.is_dir():
            folder.mkdir(mode=0o700, parents=True)
            sync_directory(folder.parent)
            sync_directory(self.folder)
        replace_file(folder / "checkpoint", note.encode())

    def keep_evidence(self, origin: str, kind: str, two: tuple[str, str], at: int) -> Path | None:
        """Keep the known note and the submission that was refused; once, however often it comes.

        None when MOST_EVIDENCE of this kind are there already: the first ones stay.
        """
        known, submitted = two
        digest = hashlib.sha256(submitted.encode()).hexdigest()[:16]
        size = submitted.partition("\n\n")[2].split("\n")[1]
        shelf = self._of(origin) / "evidence"
        kept = Evidence(shelf / f"{kind}-{size}-{digest}", kind, origin, at, known, submitted)
        if kept.folder.exists():
            return kept.folder
        if len(list(shelf.glob(f"{kind}-*"))) >= MOST_EVIDENCE:
            return None
        _write_evidence(kept)
        return kept.folder

    def evidence(self) -> Iterator[Evidence]:
        """All that was kept, of every log, oldest first within a log."""
        for shelf in sorted((self.folder / "logs").glob("*/evidence")):
            found = [_read_evidence(folder) for folder in shelf.iterdir() if folder.name[0] != "."]
            yield from sorted(found, key=lambda each: (each.at, each.folder.name))

    def _of(self, origin: str) -> Path:
        return self.folder / "logs" / hashlib.sha256(origin.encode()).hexdigest()[:32]


def _write_evidence(kept: Evidence) -> None:
    shelf = kept.folder.parent
    shelf.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = shelf / f".{secrets.token_hex(8)}"
    draft.mkdir(mode=0o700)
    try:
        replace_file(draft / "known", kept.known.encode())
        replace_file(draft / "submitted", kept.submitted.encode())
        replace_file(draft / "about.json", json.dumps(kept.about(), sort_keys=True).encode())
        draft.rename(kept.folder)
        sync_directory(shelf)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _read_evidence(folder: Path) -> Evidence:
    about = json.loads((folder / "about.json").read_text(encoding="utf-8"))
    known, submitted = (
        (folder / name).read_text(encoding="utf-8") for name in ("known", "submitted")
    )
    return Evidence(folder, about["kind"], about["origin"], about["at"], known, submitted)
