"""Keep the logs of all practices: give entries their places, and sign heads at most once a second.

Beside a worker's rounds both have a loop of their own: neither a long piece of work nor a
signature makes an entry wait for its place. Whatever fails in one practice is tried again and
holds up no other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event, Lock, Thread

import structlog

from policy_service.audit.clock import ClockWatch
from policy_service.audit.log import Owned
from policy_service.audit.sealer import practices_waiting, seal_pending
from policy_service.audit.signing import last_signed_at, latest_checkpoint
from policy_service.domain.principals import Principal
from policy_service.ledger.canonical import Json
from policy_service.ledger.leaf import format_at
from policy_service.services.desk import Desk
from policy_service.services.directory import practices

CHECKPOINT_EVERY = timedelta(seconds=1)
SEAL_EVERY_SECONDS = 0.2
_log = structlog.get_logger()


@dataclass(slots=True)
class LogKeeper:
    """Remembers of each practice when it last signed, and how its clock ran."""

    desk: Desk
    signed_at: dict[str, datetime] = field(default_factory=dict)
    clocks: dict[str, ClockWatch] = field(default_factory=dict)
    is_beside: bool = False
    """Whether both loops run: rounds then need not keep the logs themselves."""
    _signing: AbstractContextManager[object] = field(default_factory=Lock)

    def run(self, stopping: Event) -> tuple[Thread, ...]:
        """Start the two loops, which go on until `stopping` is set."""
        self.is_beside = True
        loops = (
            Thread(target=self._seal_on, args=(stopping,), name="sealer", daemon=True),
            Thread(target=self._sign_on, args=(stopping,), name="log signer", daemon=True),
        )
        for loop in loops:
            loop.start()
        return loops

    def keep(self, practice_id: str) -> None:
        """Seal what waits, and sign unless that was done less than a second ago."""
        if self.desk.database.dialect == "postgresql":
            seal_pending(self.desk.database, practice_id)
        self.sign(practice_id)

    def sign(self, practice_id: str) -> None:
        """Sign, and look at the clock, at most once a second."""
        with self._signing:
            now = self.desk.clock()
            self._watch_clock(practice_id, now)
            last = self.signed_at.get(practice_id)
            if last is not None and timedelta() <= now - last < CHECKPOINT_EVERY:
                return
            signer = self.desk.log_key(self.desk.practice(practice_id).log_origin)
            latest_checkpoint(self.desk.database, practice_id, signer, now)
            self.signed_at[practice_id] = now

    def _seal_on(self, stopping: Event) -> None:
        while not stopping.wait(SEAL_EVERY_SECONDS):
            self._each(self._waiting, lambda each: seal_pending(self.desk.database, each))

    def _sign_on(self, stopping: Event) -> None:
        while not stopping.wait(CHECKPOINT_EVERY.total_seconds()):
            self._each(self._all, self.sign)

    def _waiting(self) -> Iterable[str]:
        return practices_waiting(self.desk.database)

    def _all(self) -> Iterable[str]:
        return [practice.id for practice in practices(self.desk)]

    def _each(self, found: Callable[[], Iterable[str]], do: Callable[[str], object]) -> None:
        try:
            for practice_id in found():
                _try(do, practice_id)
        except Exception as error:  # the database is away; what waits is looked for again
            _log.warning("log keeping failed", error=type(error).__name__)

    def _watch_clock(self, practice_id: str, now: datetime) -> None:
        """A clock that was moved is an entry: places give the order, times may lie."""
        moved = self._clock(practice_id).moved(now)
        if moved is None:
            return
        _log.warning("the clock was moved", practice=practice_id, seconds=moved.total_seconds())
        with self.desk.writing(Principal(practice_id, "worker", "worker", frozenset())) as context:
            said: Json = {"seconds": round(moved.total_seconds()), "now": format_at(now)}
            context.log("clock.moved", {"clock": Owned(said)})

    def _clock(self, practice_id: str) -> ClockWatch:
        if practice_id not in self.clocks:
            with self.desk.database.read(practice_id) as session:
                signed_at = last_signed_at(session, practice_id)
            self.clocks[practice_id] = ClockWatch(signed_at)
        return self.clocks[practice_id]


def _try(do: Callable[[str], object], practice_id: str) -> None:
    try:
        do(practice_id)
    except Exception as error:  # whatever it is, it is tried again; /health shows the rest
        _log.warning("log keeping failed", practice=practice_id, error=type(error).__name__)
