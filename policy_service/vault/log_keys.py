"""The keys that have signed one log, as files: those in force, the next one, and the retired ones.

    log-ID.pem, log-ID.2.pem, …   signing keys by generation; two during a changeover
    log-ID.next.pem               made, and not in force before the log says so
    log-ID.1.vkey, …              public keys of generations whose secret is gone

A process sees at its next signature what another has changed here.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from pathlib import Path

from policy_service.vault.errors import KeyRefused
from policy_service.vault.files import replace_file, sync_directory
from policy_service.vault.keystore import open_log_key, open_signing_key
from policy_service.vault.signing import SigningKey, load_signing_key

_SETTLED = 1_000_000_000
"""Nanoseconds after which another change of the folder surely shows in its time."""
_GENERATION = re.compile(r"(?:\.([0-9]+))?\.(pem|vkey)", re.ASCII)


@dataclass(frozen=True)
class LogKeys:
    """Keys of one log. `signing`: newest first. `retired`: vkeys, newest first."""

    signing: tuple[SigningKey, ...]
    retired: tuple[str, ...]


class LogKeyFolder:
    """The folder of keys of all logs of this installation."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._seen: dict[str, tuple[int, LogKeys]] = {}

    def keys(self, origin: str) -> LogKeys:
        """What is in force now. The first key of a log is made here."""
        changed = self.folder.stat().st_mtime_ns if self.folder.is_dir() else 0
        seen = self._seen.get(origin)
        if seen is not None and seen[0] == changed:
            return seen[1]
        found = self._read(origin)
        if time.time_ns() - changed > _SETTLED:
            self._seen[origin] = (changed, found)
        return found

    def stage(self, origin: str) -> SigningKey:
        """The next key, made if it is not there yet. KeyRefused during a changeover."""
        if len(self.keys(origin).signing) > 1:
            raise KeyRefused("a changeover is under way: retire the older key first")
        return open_signing_key(self.folder, f"{_stem(origin)}.next", origin)

    def put_in_force(self, origin: str) -> None:
        """From now on the staged key signs, beside the one before it."""
        generation = max(self._generations(origin, "pem")) + 1
        staged = self.folder / f"{_stem(origin)}.next.pem"
        staged.rename(self.folder / _name(origin, generation, "pem"))
        sync_directory(self.folder)

    def retire(self, origin: str) -> str:
        """End a changeover: the older secret is deleted, its vkey is kept. Returns that vkey."""
        signing = self.keys(origin).signing
        if len(signing) < 2:
            raise KeyRefused("no changeover is under way: there is one log key")
        oldest = min(self._generations(origin, "pem"))
        kept = self.folder / _name(origin, oldest, "vkey", always=True)
        replace_file(kept, signing[-1].vkey.encode() + b"\n")
        (self.folder / _name(origin, oldest, "pem")).unlink()
        sync_directory(self.folder)
        return signing[-1].vkey

    def _read(self, origin: str) -> LogKeys:
        newest_first = sorted(self._generations(origin, "pem"), reverse=True)
        if not newest_first:
            return LogKeys((open_log_key(self.folder, origin),), ())
        paths = [self.folder / _name(origin, each, "pem") for each in newest_first]
        gone = sorted(self._generations(origin, "vkey"), reverse=True)
        texts = [self.folder / _name(origin, each, "vkey", always=True) for each in gone]
        return LogKeys(
            tuple(load_signing_key(path, origin) for path in paths),
            tuple(path.read_text(encoding="ascii").strip() for path in texts),
        )

    def _generations(self, origin: str, suffix: str) -> list[int]:
        stem, found = _stem(origin), []
        for path in self.folder.glob(f"{stem}.*"):
            part = _GENERATION.fullmatch(path.name.removeprefix(stem))
            if part and part[2] == suffix:
                found.append(int(part[1] or 1))
        return found


def _stem(origin: str) -> str:
    return "log-" + origin.rpartition("/")[2]


def _name(origin: str, generation: int, suffix: str, *, always: bool = False) -> str:
    number = f".{generation}" if generation > 1 or always else ""
    return f"{_stem(origin)}{number}.{suffix}"
