"""Keep the log from going backwards: compare it with the heads published outside the database.

Every append asks `require_writable`, and every signature `require_grown`: a log that is shorter
than a published head, or not a continuation of it, takes no entry and gets no signature until an
officer has resolved it (`flask audit resolve`). The guard is found in the session, so that nothing
can be appended by a session that has none.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NoReturn, Protocol

import structlog
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from policy_service.audit.published import Alarm, AlarmKind, Published, PublishedHeads
from policy_service.audit.reading import nodes_at
from policy_service.audit.rows import RowFault, fault_of, placed_rows
from policy_service.database.session import Database
from policy_service.database.tables.audit import HeadRow
from policy_service.errors import LogContradicted
from policy_service.ledger.errors import NoteRefused, TreeRefused
from policy_service.ledger.merkle import Frontier, Head, complete_subtrees
from policy_service.vault.keys import PurposeKey

_GUARD = "log_guard"
_COMPARED = "log_compared"
COMPARE_EVERY = 1.0
"""Seconds after which an append on a known connection compares anew."""
_RESOLVING = "log_resolving"
_GONE = "the file with the head published last is gone"
_HERE = "this machine"
_log = structlog.get_logger()


class Anchor(Protocol):
    """Somebody outside the database who remembers heads: a witness, a signer process."""

    @property
    def name(self) -> str: ...

    def newest(self, practice_id: str) -> Head | None:
        """The newest head it knows, or None; never raises for being away."""


@dataclass(frozen=True, slots=True)
class Outside:
    """What is known of a log outside its database."""

    published: Published | None
    """By this machine."""
    anchored: tuple[tuple[str, Head], ...] = ()
    """By others: name and newest head."""


@dataclass
class LogGuard:
    """One per process. `row_key` gives a practice's row-MAC key."""

    heads: PublishedHeads
    row_key: Callable[[str], PurposeKey]
    anchors: Sequence[Anchor] = ()
    seconds: Callable[[], float] = time.monotonic
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))

    def require_writable(self, session: Session, practice_id: str) -> None:
        """Raise LogContradicted where nothing may be appended.

        The alarm is looked at each time; the log is compared on each new connection, when the
        published head has moved, and once a second.
        """
        if _RESOLVING in session.info:
            return
        self._refuse_alarmed(practice_id)
        known = self._last(practice_id)
        compared = session.connection().info.setdefault(_COMPARED, {})
        head, at = compared.get(practice_id, (None, 0.0))
        if known is None or head is not known or self.seconds() - at >= COMPARE_EVERY:
            self.compare(session, practice_id, known)
            compared[practice_id] = known, self.seconds()

    def outside(self, practice_id: str) -> Outside:
        """What is known outside the database now. Take it before the snapshot that it is compared
        with: a head that others publish meanwhile is of a log longer than the snapshot's."""
        asked = ((anchor.name, anchor.newest(practice_id)) for anchor in self.anchors)
        anchored = tuple((name, head) for name, head in asked if head is not None)
        return Outside(self._last(practice_id), anchored)

    def require_sound(self, session: Session, practice_id: str, outside: Outside) -> None:
        """Raise LogContradicted unless the log in this snapshot continues all that is known."""
        self._refuse_alarmed(practice_id)
        current = self.compare(session, practice_id, outside.published)
        for name, head in outside.anchored:
            self._require_continued(session, practice_id, current, head, name)

    def compare(self, session: Session, practice_id: str, known: Published | None) -> Head:
        """The committed head, if it continues `known`; else the alarm, and LogContradicted."""
        row = session.execute(_HEAD, {"practice": practice_id}).one()
        current = Head(row.size, row.root)
        if known is not None:
            self._require_continued(session, practice_id, current, known.checkpoint.head, _HERE)
        elif row.published and self._last(practice_id) is None:  # none yet a moment ago is no loss
            self.refuse(practice_id, _GONE)
        return current

    def contradiction(self, session: Session, practice_id: str, known: Published | None) -> str:
        """What stands against the log as it is now, raising no alarm; empty: nothing."""
        alarm = self.heads.alarm(practice_id)
        if alarm is not None:
            return f"an alarm stands since {alarm.since}: {alarm.text}"
        row = session.execute(_HEAD, {"practice": practice_id}).one()
        if known is None:
            return _GONE if row.published and self.heads.last(practice_id) is None else ""
        current = Head(row.size, row.root)
        return _discontinued(session, practice_id, current, known.checkpoint.head, _HERE) or ""

    def _require_continued(
        self, session: Session, practice_id: str, current: Head, known: Head, who: str
    ) -> None:
        said = _discontinued(session, practice_id, current, known, who)
        if said is not None:
            self.refuse(practice_id, said)

    def require_grown(
        self, session: Session, practice_id: str, known: Published | None, current: Head
    ) -> None:
        """Every entry since the known head was written by the service, and they make the root.

        Without a known head all are read; only then may entries have no MAC.
        """
        first = known.checkpoint.size if known else 0
        grown = self._frontier(session, practice_id, first)
        grown = grown.extend(self._own_leaves(session, practice_id, first, known is None))
        if grown.head != current:
            said = f"its entries from {first} on do not make the tree of its head"
            self.refuse(practice_id, said)

    def _own_leaves(
        self, session: Session, practice_id: str, first: int, may_be_unmarked: bool
    ) -> Iterator[bytes]:
        key = self.row_key(practice_id)
        for index, row in placed_rows(session, practice_id, first):
            fault = fault_of(row, key, may_be_unmarked=may_be_unmarked)
            if fault is not None:
                self.refuse(practice_id, f"index {index}, {fault}")
            yield row.leaf_hash

    def _frontier(self, session: Session, practice_id: str, size: int) -> Frontier:
        try:
            return frontier_at(session, practice_id, size)
        except TreeRefused:
            self.refuse(practice_id, f"nodes of its tree of {size} entries are missing")

    def is_new(self, practice_id: str) -> bool:
        """No head was published yet: only then may entries be without MAC."""
        return self._last(practice_id) is None

    def hold(self, practice_id: str, faults: Sequence[RowFault]) -> None:
        """Raise the alarm for entries that are not sealed."""
        said = "; ".join(str(fault) for fault in faults[:5])
        more = f" and {len(faults) - 5} more" if len(faults) > 5 else ""
        _log.error("log_entries_held", practice=practice_id, faults=said + more)
        self._sound(practice_id, AlarmKind.HELD, f"Not sealed: {said}{more}.")

    def refuse(self, practice_id: str, said: str) -> NoReturn:
        """Raise the alarm that stops appending, and LogContradicted."""
        raise LogContradicted(self.stop(practice_id, said))

    def stop(self, practice_id: str, said: str) -> str:
        """Raise the alarm that stops appending; returns its text."""
        _log.error("log_contradicted", practice=practice_id, reason=said)
        text = f"The audit log contradicts what is known outside the database: {said}."
        self._sound(practice_id, AlarmKind.CONTRADICTED, text)
        return text

    def _sound(self, practice_id: str, kind: AlarmKind, text: str) -> None:
        since = self.now().astimezone(UTC).isoformat(timespec="seconds")
        self.heads.sound(practice_id, Alarm(kind, text, since))

    def _refuse_alarmed(self, practice_id: str) -> None:
        alarm = self.heads.alarm(practice_id)
        if alarm is not None and alarm.kind is AlarmKind.CONTRADICTED:
            raise LogContradicted(alarm.text)

    def _last(self, practice_id: str) -> Published | None:
        try:
            return self.heads.last(practice_id)
        except NoteRefused as error:
            self.refuse(practice_id, f"the head published last cannot be read ({error})")


_HEAD = select(HeadRow.size, HeadRow.root, HeadRow.published).where(
    HeadRow.practice_id == bindparam("practice")
)


def _discontinued(
    session: Session, practice_id: str, current: Head, known: Head, who: str
) -> str | None:
    """Why the committed head does not continue a known one, or None."""
    if current.size < known.size:
        return f"it has {current.size} entries; {who} knows a head of {known.size}"
    try:
        same_size = current.size == known.size
        root = current.root if same_size else frontier_at(session, practice_id, known.size).root
    except TreeRefused:
        return f"nodes of its tree of {known.size} entries are missing"
    if root != known.root:
        return f"its first {known.size} entries are not those of the head that {who} knows"
    return None


def frontier_at(session: Session, practice_id: str, size: int) -> Frontier:
    """The frontier of the first `size` entries from the stored nodes. TreeRefused if some lack."""
    wanted = complete_subtrees(size)
    if not wanted:
        return Frontier()
    found = nodes_at(session, practice_id, wanted)
    return Frontier(size, tuple(found[place] for place in wanted if place in found))


def resolve_in(session: Session) -> None:
    """Let this one session append although an alarm stands: it writes how that was resolved."""
    session.info[_RESOLVING] = True


def set_guard(database: Database, guard: LogGuard) -> None:
    """Give every session of the database this guard; without one nothing can be appended."""
    database.session_info[_GUARD] = guard


def guard_of(session: Session) -> LogGuard:
    """The guard of a session. Fails closed: LogContradicted where nobody set one."""
    return _guard_in(session.info)


def guard_in(database: Database) -> LogGuard:
    """The guard of a database's sessions."""
    return _guard_in(database.session_info)


def _guard_in(info: dict[str, object]) -> LogGuard:
    guard = info.get(_GUARD)
    if not isinstance(guard, LogGuard):
        raise LogContradicted("This process has no guard for the log; it may read, not append.")
    return guard
