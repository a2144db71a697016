"""Reconcile what an EHR says it asked with what we answered.

Both sides can be wrong about the other: a request may never have come, an answer may never have
arrived. The EHR lists what it holds; each line is known (here is the record) or unknown (it never
reached us: ask now), and what we answered in that time and it did not list, it never received.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from policy_service.audit.log import Owned
from policy_service.database.tables.reconciliations import ReconciliationRow
from policy_service.domain.answers_given import AnswerGiven, redact_given
from policy_service.domain.audiences import audience_of
from policy_service.domain.principals import ActingUser
from policy_service.errors import FieldError, InvalidRequest, NotFound
from policy_service.ledger.canonical import Json, canonical_bytes, parse_strict
from policy_service.ledger.leaf import format_at
from policy_service.ledger.receipt import Receipt, sign_receipt
from policy_service.services.answers_given import answers_given
from policy_service.services.checks import NOBODY_NAMED
from policy_service.services.context import Context
from policy_service.services.desk import MAX_MERGE_DELAY, Desk
from policy_service.services.ehr_answers import (
    Found,
    Window,
    answers_by_client,
    answers_by_key,
    answers_by_record,
    answers_within,
    system_of,
)

MOST_LISTED = 500
"""Lines of one reconciliation; an EHR with more reconciles a shorter time at once."""
LONGEST = timedelta(days=31)
SLACK = timedelta(minutes=5)
"""Put before the first and after the last time listed: clocks differ, answers take time."""
MOST_OF_A_LINE = 10
"""Records shown of one line: a key may be used again after its 72 hours."""
MOST_NAMED = 200
"""Records that the entry names itself, which may not outgrow a leaf."""
LONGEST_PAGE = 200
NEVER_REACHED = "This never reached us. Ask now, with the same key."


@dataclass(frozen=True, slots=True)
class Listed:
    """One line: exactly one of an Idempotency-Key, the id of a record, the client's external id."""

    at: datetime
    key: str | None = None
    id: str | None = None
    external_id: str | None = None

    @property
    def name(self) -> tuple[str, str]:
        """By what the EHR names it, and how."""
        if self.key is not None:
            return "key", self.key
        if self.id is not None:
            return "id", self.id
        return "external_id", self.external_id or ""


@dataclass(frozen=True, slots=True)
class ReconciliationOrder:
    """What an EHR lists of a time. Without `since` and `until`: the time that its lines span."""

    listed: tuple[Listed, ...]
    since: datetime | None = None
    until: datetime | None = None
    acting: ActingUser = NOBODY_NAMED


@dataclass(frozen=True, slots=True)
class _Matched:
    """The lines with the records of each, and every record that a line names."""

    lines: tuple[tuple[Listed, list[Found]], ...]
    ids: frozenset[str]

    @property
    def unknown(self) -> int:
        """How many lines never reached us."""
        return sum(not found for _, found in self.lines)


def reconcile(desk: Desk, context: Context, order: ReconciliationOrder) -> dict[str, Any]:
    """Compare, record, and answer with the first page of what the EHR never received.

    One record and one entry. InvalidRequest for a time that is too long, or lines given twice.
    """
    window = _window(context, order)
    _require_distinct(order.listed)
    system = system_of(context)
    matched = _match(context, system, order.listed, window)
    missed = [one for one in answers_within(context, system, window) if one.id not in matched.ids]
    row = _record(desk, context, window, matched, missed)
    return {
        **_head(row),
        "listed": _lines(context, matched, order.acting),
        **_page(context, missed, order.acting, LONGEST_PAGE),
    }


def read_reconciliation(
    context: Context, reconciliation_id: str, acting: ActingUser, after: str | None, limit: int
) -> dict[str, Any]:
    """A page of what was never received, behind the record `after`. NotFound for another's."""
    row = context.session.get(ReconciliationRow, (context.practice_id, reconciliation_id))
    system = system_of(context)
    if row is None or row.ehr_client_id not in system:
        raise NotFound
    named = frozenset(_opened(context, row))
    window = Window(row.since, row.until)
    behind = answers_within(context, system, window, _place(context, system, after))
    missed = (one for one in behind if one.id not in named)
    return {**_head(row), **_page(context, missed, acting, limit)}


def _window(context: Context, order: ReconciliationOrder) -> Window:
    """As given, else the time that the lines span; never ahead of now, so that pages stand."""
    times = [line.at for line in order.listed]
    if not times and not (order.since and order.until):
        said = "Without lines, say which time is meant: give since and until."
        raise InvalidRequest(errors=[FieldError("/since", said)])
    since = order.since or min(times) - SLACK
    until = min(order.until or max(times) + SLACK, context.now)
    if since >= until:
        said = "A time that ends after it begins, and begins before now, is expected."
        raise InvalidRequest(errors=[FieldError("/since", said)])
    if until - since > LONGEST:
        said = f"At most {LONGEST.days} days are reconciled at once."
        raise InvalidRequest(errors=[FieldError("/since", said)])
    return Window(since, until)


def _require_distinct(listed: Sequence[Listed]) -> None:
    first: dict[tuple[str, str], int] = {}
    twice = [
        FieldError(f"/listed/{number}", f"Line {first[line.name]} names the same.")
        for number, line in enumerate(listed)
        if first.setdefault(line.name, number) != number
    ]
    if twice:
        raise InvalidRequest(errors=twice)


def _match(
    context: Context, system: tuple[str, ...], listed: Sequence[Listed], window: Window
) -> _Matched:
    by_key = answers_by_key(context, system, _named(listed, "key"))
    by_id = answers_by_record(context, system, _named(listed, "id"))
    by_client = answers_by_client(context, system, _named(listed, "external_id"), window)
    of: Mapping[str, Mapping[str, list[Found]]] = {
        "key": by_key,
        "id": by_id,
        "external_id": by_client,
    }
    lines = tuple((line, of[line.name[0]].get(line.name[1], [])) for line in listed)
    return _Matched(lines, frozenset(one.id for _, found in lines for one in found))


def _named(listed: Iterable[Listed], how: str) -> list[str]:
    return [line.name[1] for line in listed if line.name[0] == how]


def _record(
    desk: Desk, context: Context, window: Window, matched: _Matched, missed: Sequence[Found]
) -> ReconciliationRow:
    counts = {
        "listed": len(matched.lines),
        "unknown": matched.unknown,
        "not_received": len(missed),
    }
    said: dict[str, Json] = {
        "since": format_at(window.since),
        "until": format_at(window.until),
        **counts,
        "records": [one.id for one in missed[:MOST_NAMED]],
    }
    leaf = context.log("reconciliation.made", {"reconciliation": Owned(said)})
    origin = desk.practice(context.practice_id).log_origin
    row = ReconciliationRow(
        practice_id=context.practice_id,
        id=leaf.id,
        at=context.now,
        ehr_client_id=context.principal.id,
        since=window.since,
        until=window.until,
        **counts,
        receipt=sign_receipt(Receipt.of(leaf, origin, MAX_MERGE_DELAY), desk.receipt_key).decode(),
        sealed=_sealed(context, leaf.id, sorted(matched.ids)),
    )
    context.session.add(row)
    context.session.flush()
    return row


def _sealed(context: Context, reconciliation_id: str, ids: list[str]) -> bytes:
    where = ("reconciliation", reconciliation_id, "sealed")
    return context.keyring.seal(context.session, None, canonical_bytes(list(ids)), where)


def _opened(context: Context, row: ReconciliationRow) -> list[str]:
    where = ("reconciliation", row.id, "sealed")
    named: Any = parse_strict(context.keyring.open(context.session, None, row.sealed, where))
    return list(named)


def _place(context: Context, system: tuple[str, ...], after: str | None) -> Found | None:
    if after is None:
        return None
    found = answers_by_record(context, system, [after]).get(after)
    if not found:
        said = "Give the next_cursor of the page before."
        raise InvalidRequest(errors=[FieldError("/query/cursor", said)])
    return found[0]


def _head(row: ReconciliationRow) -> dict[str, Any]:
    counts = {
        "listed": row.listed,
        "known": row.listed - row.unknown,
        "never_reached": row.unknown,
        "not_received": row.not_received,
    }
    return {
        "id": row.id,
        "at": format_at(row.at),
        "status": "recorded",
        "receipt": row.receipt,
        "since": format_at(row.since),
        "until": format_at(row.until),
        "counts": counts,
    }


def _lines(context: Context, matched: _Matched, acting: ActingUser) -> list[dict[str, Any]]:
    shown = [(line, found[:MOST_OF_A_LINE]) for line, found in matched.lines]
    redacted = _redacted(context, [one for _, found in shown for one in found], acting)
    return [_line(line, found, redacted) for line, found in shown]


def _line(
    line: Listed, found: Sequence[Found], redacted: Mapping[str, dict[str, Any]]
) -> dict[str, Any]:
    how, name = line.name
    said = {how: name, "at": format_at(line.at)}
    if not found:
        return {**said, "found": "unknown", "message": NEVER_REACHED, "answers": []}
    return {**said, "found": "known", "answers": [redacted[one.id] for one in found]}


def _page(
    context: Context, missed: Iterable[Found], acting: ActingUser, limit: int
) -> dict[str, Any]:
    page = list(islice(missed, limit + 1))
    shown, more = page[:limit], len(page) > limit
    redacted = _redacted(context, shown, acting)
    return {
        "not_received": [redacted[one.id] for one in shown],
        "next_cursor": shown[-1].id if more else None,
    }


def _redacted(
    context: Context, found: Iterable[Found], acting: ActingUser
) -> dict[str, dict[str, Any]]:
    """Each record as whoever acts may learn it; the only way out is `redact_given`."""
    given = answers_given(context, (one.id for one in found))

    def shown(one: AnswerGiven) -> dict[str, Any]:
        return redact_given(one, audience_of(context.principal, acting, one.clinician_id))

    return {record_id: shown(one) for record_id, one in given.items()}
