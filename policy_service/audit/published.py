"""What is kept of each log outside the database: the newest head published, and a standing alarm.

One folder, beside the keys, three files a practice: `log-ID.head` is the signed checkpoint itself,
`log-ID.alarm` says why the log may not be trusted, `log-ID.lock` lets one process of a machine
publish at a time. Files are replaced whole and synced before a signature leaves this process:
whoever holds a checkpoint, it is not newer than the file.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

from policy_service.errors import NotReady
from policy_service.ledger.checkpoint import Checkpoint
from policy_service.ledger.errors import NoteRefused
from policy_service.ledger.note import Note
from policy_service.vault.files import replace_file, sync_directory


class AlarmKind(StrEnum):
    """How bad it is."""

    CONTRADICTED = "contradicted"
    """The log contradicts a published head, or holds a forged entry: nothing may be appended."""
    HELD = "held"
    """A waiting entry is forged or follows a deleted one; it is not sealed, all others are."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """Stands until an officer resolves it. `since` is UTC, ISO 8601."""

    kind: AlarmKind
    text: str
    since: str


@dataclass(frozen=True, slots=True)
class Published:
    """A published head and the note it came in."""

    checkpoint: Checkpoint
    note: str


class PublishedHeads:
    """The folder. Reading costs a `stat` unless the file has changed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._read: dict[str, tuple[tuple[int, int, int], Published]] = {}

    def last(self, practice_id: str) -> Published | None:
        """The newest head published from this machine, or None. NoteRefused if it is no note."""
        path = self._path(practice_id, "head")
        try:
            found = os.stat(path)
        except FileNotFoundError:
            return None
        version = (found.st_ino, found.st_mtime_ns, found.st_size)
        known = self._read.get(practice_id)
        if known is None or known[0] != version:
            known = self._read[practice_id] = version, _read(Path(path))
        return known[1]

    def keep(self, practice_id: str, note: str) -> None:
        """Replace the published head. NotReady if it cannot be made durable."""
        self._write(practice_id, "head", note)

    def forget(self, practice_id: str) -> None:
        """Remove the head: as if none had been published."""
        self._remove(practice_id, "head")

    @contextmanager
    def locked(self, practice_id: str) -> Iterator[None]:
        """One publisher at a time on this machine; the lock ends with its process."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(self._path(practice_id, "lock"), os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise NotReady(_UNWRITABLE) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def alarm(self, practice_id: str) -> Alarm | None:
        """The standing alarm of a log."""
        path = self._path(practice_id, "alarm")
        try:
            os.stat(path)  # all that most appends do here
            return _alarm(Path(path).read_bytes())
        except FileNotFoundError:
            return None

    def sound(self, practice_id: str, alarm: Alarm) -> None:
        """Raise an alarm. The first stands, unless the new one is worse."""
        standing = self.alarm(practice_id)
        if standing is None or (standing.kind, alarm.kind) == (
            AlarmKind.HELD,
            AlarmKind.CONTRADICTED,
        ):
            self._write(practice_id, "alarm", json.dumps(asdict(alarm)) + "\n")

    def silence(self, practice_id: str) -> None:
        """Take the alarm back: an officer has resolved it."""
        self._remove(practice_id, "alarm")

    def _remove(self, practice_id: str, kind: str) -> None:
        with suppress(FileNotFoundError):
            os.unlink(self._path(practice_id, kind))
            sync_directory(self.folder)

    def _write(self, practice_id: str, kind: str, text: str) -> None:
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            replace_file(Path(self._path(practice_id, kind)), text.encode())
        except OSError as error:
            raise NotReady(_UNWRITABLE) from error

    def _path(self, practice_id: str, kind: str) -> str:
        """As text, which costs a fraction of a Path: every append asks for two."""
        return f"{self.folder}{os.sep}log-{practice_id}.{kind}"


_UNWRITABLE = "The folder of the log's keys cannot be written, so no head can be published."


def _read(path: Path) -> Published:
    try:
        note = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise NoteRefused(f"{path.name}: not a signed note") from error
    return Published(Checkpoint.parse(Note.parse(note).text), note)


def _alarm(raw: bytes) -> Alarm:
    """An alarm file that cannot be read is an alarm of the worse kind."""
    try:
        said = json.loads(raw)
        return Alarm(AlarmKind(said["kind"]), str(said["text"]), str(said["since"]))
    except (ValueError, KeyError, TypeError):
        return Alarm(AlarmKind.CONTRADICTED, "The alarm file of this log cannot be read.", "")
