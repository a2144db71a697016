"""A folder that rosters are dropped in every night: what lies there is taken in and reported on.

Nothing in the folder is ever moved, changed or deleted but our own reports, so nothing can be lost
there; what was taken in is known by its digest. Whoever writes may rename into place or simply
write: a file that was changed within the last seconds is left for the next look.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from policy_service.domain.principals import Principal
from policy_service.errors import InvalidRequest, ServiceError
from policy_service.importers.roster import RosterKind
from policy_service.services.desk import Desk
from policy_service.services.imports.roster_drops import (
    Drop,
    DropSource,
    DropState,
    apply_drop,
    confirm_drop,
    open_drop,
    take_drop,
)
from policy_service.services.imports.run import RosterFile

SETTLED_SECONDS = 10.0
REPORT = ".report.txt"
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class RosterFolder:
    """A folder, and the largest file that is read from it."""

    path: Path
    most_bytes: int

    def of_practice(self, slug: str) -> RosterFolder:
        """The practice's own part of it."""
        return replace(self, path=self.path / slug)


@dataclass(frozen=True, slots=True)
class Looked:
    """What came of one name in the folder: the drop it became, or why it did not become one."""

    name: str
    drop: Drop | None = None
    said: str = ""
    is_new: bool = False


def dropper(practice_id: str) -> Principal:
    """Who brings what lies in the folder: the service itself, for the practice's own system."""
    return Principal(practice_id, "roster-folder", "roster folder", frozenset())


def look(desk: Desk, practice_id: str, folder: RosterFolder, wall_clock: float) -> list[Looked]:
    """Take in what is new, apply it unless it is held, and leave a report beside each file.

    Clinicians before clients before episodes, and by name: an episode names both. `wall_clock` is
    the time as the folder's file system tells it, in seconds.
    """
    looked = [
        _look_at(desk, practice_id, path, kind, folder, wall_clock)
        for kind, path in _in_order(folder.path)
    ]
    for one in looked:
        _leave_report(folder.path, one)
    return looked


def _in_order(folder: Path) -> Iterator[tuple[RosterKind | None, Path]]:
    """`clients.csv`, `clients-2026-11-23.csv`; other names come last, to be reported."""
    names = sorted(name for name in os.listdir(folder) if not name.startswith("."))
    names = [name for name in names if not name.endswith(REPORT)]
    for kind in RosterKind:
        yield from ((kind, folder / name) for name in names if _is_kind(name, kind))
    for name in names:
        if not any(_is_kind(name, kind) for kind in RosterKind):
            yield None, folder / name


def _is_kind(name: str, kind: RosterKind) -> bool:
    rest = name.lower().removeprefix(kind.value)
    return rest != name.lower() and rest.endswith(".csv") and not rest[0].isalpha()


def _look_at(
    desk: Desk,
    practice_id: str,
    path: Path,
    kind: RosterKind | None,
    folder: RosterFolder,
    wall_clock: float,
) -> Looked:
    if kind is None:
        allowed = ", ".join(f"{kind.value}….csv" for kind in RosterKind)
        return Looked(path.name, said=f"Not read. Names that are read: {allowed}.")
    try:
        raw = read_settled(path, folder.most_bytes, wall_clock)
        drop, is_new = _take(desk, practice_id, RosterFile(kind, raw))
    except NotTaken as refused:
        return Looked(path.name, said=str(refused))
    except InvalidRequest as refused:
        return Looked(path.name, said=_in_words(refused))
    return Looked(path.name, drop, is_new=is_new)


def _take(desk: Desk, practice_id: str, file: RosterFile) -> tuple[Drop, bool]:
    who = dropper(practice_id)
    drop_id, is_new = take_drop(desk, who, file, DropSource.FOLDER)
    with desk.reading(who) as context:
        drop = open_drop(context, drop_id)
    if is_new and drop.row.held is None:
        with desk.writing(who) as context:
            confirm_drop(context, drop_id)
        apply_drop(desk, practice_id, drop_id)
        with desk.reading(who) as context:
            drop = open_drop(context, drop_id)
    return drop, is_new


class NotTaken(Exception):
    """The file is left where it is; the message says why."""


def read_settled(path: Path, most_bytes: int, wall_clock: float) -> bytes:
    """The whole of a plain file that nobody is writing. NotTaken for anything else."""
    try:
        descriptor = os.open(path, _FLAGS)
    except OSError:
        raise NotTaken("Not read. It cannot be opened, or is a link.") from None
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode):
        os.close(descriptor)
        raise NotTaken("Not read. It is no plain file.")
    with os.fdopen(descriptor, "rb") as file:
        if found.st_size > most_bytes:
            raise NotTaken(f"Not read. It is larger than {most_bytes} bytes.")
        if found.st_mtime > wall_clock - SETTLED_SECONDS:
            raise NotTaken("Not read yet. It was written a moment ago.")
        raw = file.read(most_bytes + 1)
    if len(raw) != found.st_size:
        raise NotTaken("Not read yet. It is being written.")
    return raw


def _in_words(refused: ServiceError) -> str:
    said = "; ".join(error.detail for error in refused.errors)
    return f"Refused. {said}"


def report_text(one: Looked) -> str:
    """The report beside a file: numbers, and each refused line; no name and no value."""
    if one.drop is None:
        return f"{one.said}\n"
    row, lines = one.drop.row, [_STATES[DropState(one.drop.row.state)]]
    if row.held and row.state == DropState.WAITING:
        lines.append(f"Held: {HELD_SAID[row.held]}")
    lines += [f"{name} {value}" for name, value in one.drop.counts.items()]
    for remark in (*one.drop.preview.get("warnings", ()), *one.drop.preview.get("errors", ())):
        allowed = f" Allowed: {', '.join(remark['allowed'])}." if remark["allowed"] else ""
        where = f"line {remark['line']}: {remark['field'] or '-'}"
        lines.append(f"{where}: {remark['detail']}{allowed}")
    return "\n".join((*lines, f"sha256 {row.digest}", ""))


_STATES = {
    DropState.WAITING: "Waiting. Nothing was changed; somebody must confirm it in the console.",
    DropState.APPLYING: "Being applied.",
    DropState.APPLIED: "Applied.",
    DropState.DISCARDED: "Discarded. Nothing was changed.",
    DropState.EXPIRED: "Nobody confirmed it in time. Nothing was changed.",
}
HELD_SAID = {
    "most_ended": "it would end most of the care that is open here.",
    "most_missing": "most of what is in care here is not listed in it.",
    "most_refused": "most of its lines cannot be read.",
    "older_file": "it was applied before, and another since.",
}


def _leave_report(folder: Path, one: Looked) -> None:
    """Written beside and renamed, and only where it says something new; a folder that cannot be
    written to has none."""
    path, text = folder / f"{one.name}{REPORT}", report_text(one)
    try:
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            return
        new = folder / f".{one.name}{REPORT}"
        new.unlink(missing_ok=True)
        descriptor = os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        new.replace(path)
    except OSError:
        return
