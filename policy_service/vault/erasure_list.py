"""The list of erasures: one file beside the keys, outside the database, with the key backup.

A backup of the database that is older than an erasure brings the person's wrapped key back. This
list says whose keys must be destroyed again before anything is served. It holds random ids, a day
and a code: nothing that was erased.

One canonical JSON object a line, the oldest first. `mac` is an HMAC of the practice over the other
fields, so that nobody without the practice's key can have a person erased by writing here. The
file is replaced as a whole (written, synced, renamed), so a crash leaves the old or the new one.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from policy_service.vault.blind import keyed_mac, same_digest
from policy_service.vault.errors import KeyRefused, VaultError
from policy_service.vault.files import replace_file
from policy_service.vault.keys import PurposeKey

FILE_NAME = "erasures.jsonl"
_VERSION = 1


class ErasureListBroken(VaultError):
    """The list of erasures was altered or cannot be read. Nothing may be served over it."""


@dataclass(frozen=True, slots=True)
class Erased:
    """One record of a person that was erased: ids, a moment in UTC, and the ground as a code."""

    practice: str
    erasure: str
    person: str
    at: str
    ground: str


class ErasureList:
    """The file, read anew each time: other processes write it as well."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE_NAME

    def read(self, practice: str, key: PurposeKey) -> list[Erased]:
        """The erasures of one practice. ErasureListBroken where a line is not one we wrote."""
        mine = (line for line in self._lines() if line.get("practice") == practice)
        return [self._checked(line, key) for line in mine]

    def add(self, erased: Sequence[Erased], key: PurposeKey) -> None:
        """Write these on the list, durably; one that stands there already is not written twice.

        KeyRefused when it cannot be written: then nothing may be erased.
        """
        with self._locked():
            known = {(line.get("practice"), line.get("person")) for line in self._lines()}
            new = [one for one in erased if (one.practice, one.person) not in known]
            if new:
                self._replace(self._content() + b"".join(_line(one, key) for one in new))

    def _checked(self, line: dict[str, object], key: PurposeKey) -> Erased:
        said = {name: value for name, value in line.items() if name != "mac"}
        try:
            given = bytes.fromhex(str(line["mac"]))
            one = Erased(**{name: str(said[name]) for name in Erased.__slots__})
        except (KeyError, ValueError) as error:
            raise ErasureListBroken(f"{self.path}: a line lacks a field") from error
        if said != _said(one) or not same_digest(given, _mac(one, key)):
            raise ErasureListBroken(
                f"{self.path}: a line was not written under this practice's key"
            )
        return one

    def _lines(self) -> list[dict[str, object]]:
        try:
            lines = [json.loads(line) for line in self._content().splitlines()]
        except ValueError as error:
            raise ErasureListBroken(f"{self.path}: a line is not JSON") from error
        if not all(isinstance(line, dict) for line in lines):
            raise ErasureListBroken(f"{self.path}: a line is not a JSON object")
        return lines

    def _content(self) -> bytes:
        try:
            return self.path.read_bytes()
        except FileNotFoundError:
            return b""
        except OSError as error:
            raise ErasureListBroken(f"{self.path}: {error.strerror}") from error

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One writer at a time, whatever process it is in."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(self.path.with_name(f".{FILE_NAME}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _replace(self, content: bytes) -> None:
        try:
            replace_file(self.path, content)
        except OSError as error:
            raise KeyRefused(f"list of erasures {self.path}: {error.strerror}") from error


def _said(one: Erased) -> dict[str, object]:
    return {"v": _VERSION, **asdict(one)}


def _line(one: Erased, key: PurposeKey) -> bytes:
    line = _said(one) | {"mac": _mac(one, key).hex()}
    return json.dumps(line, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def _mac(one: Erased, key: PurposeKey) -> bytes:
    said = _said(one)
    return keyed_mac(key, [str(said[name]).encode() for name in sorted(said)])
