"""Make up for what was lost: what never reached the service, and answers that never reached us."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from boundary_policy_client.answers import Answer, answer_from
from boundary_policy_client.journal import Asked, Journal
from boundary_policy_client.sending import Sender
from boundary_policy_client.transport import Message

MOST_LISTED = 500
"""Lines the service takes at once."""
LONGEST = timedelta(days=30)
SLACK = timedelta(minutes=10)
"""The next reconciliation begins so long before the last one ended: clocks differ."""
_PATH = "/v1/reconciliations"
_SYSTEM = {"role": "system"}
Ask = Callable[[str, "Mapping[str, Any]", "str | None", str], Answer]
AskAgain = Callable[[Asked], "Mapping[str, Any] | None"]


@dataclass(frozen=True)
class Settled:
    """A question that had no answer and has one now."""

    asked: Asked
    answer: Answer


@dataclass
class Reconciled:
    """What came of it.

    `never_received` are answers that the service gave this system and that are in no journal of
    ours: file them in the charts they belong to. `is_complete` False: the service was away.
    """

    settled: list[Settled] = field(default_factory=list)
    unanswered: list[Asked] = field(default_factory=list)
    never_received: list[Answer] = field(default_factory=list)
    is_complete: bool = True


@dataclass(frozen=True)
class Stretch:
    """A time and what was asked in it, small enough for one request."""

    since: datetime
    until: datetime
    asked: tuple[Asked, ...]

    def to_json(self) -> dict[str, Any]:
        """As the service reads it."""
        listed = [{"key": one.key, "at": text(one.at)} for one in self.asked]
        return {"listed": listed, "since": text(self.since), "until": text(self.until)}


def stretches(asked: Sequence[Asked], since: datetime, until: datetime) -> Iterator[Stretch]:
    """The time from `since` to `until` in parts that the service takes at once.

    Parts overlap a little; a key is found whatever the time, so a question that waited long may
    stand in the first part.
    """
    ordered = sorted(asked, key=lambda one: (one.at, one.key))
    parts = [ordered[i : i + MOST_LISTED] for i in range(0, len(ordered), MOST_LISTED)] or [[]]
    begins = [since, *(max(since, part[0].at - SLACK) for part in parts[1:])]
    for part, begin, end in zip(parts, begins, [*begins[1:], until], strict=True):
        listed = tuple(part)
        for start, stop in _cut(begin, max(end + SLACK, begin) if end < until else until):
            yield Stretch(start, stop, listed)
            listed = ()


def _cut(begin: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    while True:
        stop = min(end, begin + LONGEST)
        yield begin, stop
        if stop >= end:
            return
        begin = stop


@dataclass
class Reconciling:
    """One reconciliation under way. `known`: records that this side has, or has just been told."""

    sender: Sender
    journal: Journal
    ask: Ask
    ask_again: AskAgain | None
    made: Reconciled = field(default_factory=Reconciled)
    known: set[str] = field(default_factory=set)

    def run(self) -> Reconciled:
        """All that was asked since the last time, and all that was answered."""
        until, since = utc_now(), self.journal.first_unreconciled()
        if since is None or since >= until:
            return self.made
        asked = self.journal.asked_since(since)
        self.known = {one.record for one in asked if one.record}
        self.made.is_complete = all(map(self._stretch, stretches(asked, since, until)))
        if self.made.is_complete:
            self.journal.reconciled(until - SLACK)
        lost = {one.id: one for one in self.made.never_received if one.id not in self.known}
        self.made.never_received = list(lost.values())
        self.made.unanswered = self.journal.unanswered()
        return self.made

    def _stretch(self, stretch: Stretch) -> bool:
        """One request and what follows from it; False where no whole answer came."""
        body = {**stretch.to_json(), "acting_user": _SYSTEM}
        answered = self.sender.read(self.sender.post(_PATH, body))
        lines = answered.get("listed") if answered else None
        if answered is None or not isinstance(lines, list) or len(lines) != len(stretch.asked):
            return False
        for asked, line in zip(stretch.asked, lines, strict=True):
            self._line(asked, line)
        return all(self._page(page) for page in self._pages(answered))

    def _line(self, asked: Asked, line: Mapping[str, Any]) -> None:
        answers = [one for one in line.get("answers") or () if isinstance(one, dict)]
        self.known.update(str(one.get("id")) for one in answers)
        if asked.record is not None:
            return
        is_known = line.get("found") == "known" and answers
        answer = answer_from(asked.key, answers[0]) if is_known else self._again(asked)
        if answer is not None and answer.id is not None:
            self.known.add(answer.id)
            self.journal.settle(asked.key, answer.id)
            self.made.settled.append(Settled(asked, answer))

    def _again(self, asked: Asked) -> Answer | None:
        body = asked.body
        if body is None and self.ask_again is not None:
            body = self.ask_again(asked)
            if body is None:
                self.journal.drop(asked.key)
        return None if body is None else self.ask(asked.path, body, asked.key, asked.reference)

    def _page(self, page: Mapping[str, Any] | None) -> bool:
        lines = page.get("not_received") if page else None
        if not isinstance(lines, list):
            return False
        answers = (answer_from("", one) for one in lines if isinstance(one, dict))
        self.made.never_received += [one for one in answers if one.id is not None]
        return True

    def _pages(self, first: Mapping[str, Any]) -> Iterator[Mapping[str, Any] | None]:
        """The first page and those behind it; None where one did not come."""
        page: Mapping[str, Any] | None = first
        yield page
        while page and isinstance(cursor := page.get("next_cursor"), str):
            page = self.sender.read(self._next(str(page.get("id")), cursor))
            yield page

    def _next(self, reconciliation_id: str, cursor: str) -> Message:
        query = f"acting_role=system&cursor={cursor}"
        return self.sender.get(f"{_PATH}/{reconciliation_id}?{query}")


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


def text(at: datetime) -> str:
    """A time as the service reads it."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
