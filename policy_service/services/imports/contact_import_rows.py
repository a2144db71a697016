"""The rows of an import that waits for its clinician: numbers in clear, all else sealed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from policy_service.importers.contacts import Refused
from policy_service.ledger.canonical import Json, canonical_bytes
from policy_service.services.context import Context
from policy_service.services.imports.contact_records import Line, Lines
from policy_service.services.imports.contact_states import READY, sealed_at
from policy_service.services.imports.known_contacts import (
    CHANGED,
    NEW,
    Known,
    Origin,
    compare,
    known_contacts,
    missing_contacts,
    newest_stored,
)

KEPT = timedelta(hours=24)
"""How long an upload waits for its clinician's word."""
BATCH = 200
"""Contacts stored in one transaction: the write lock is held for some tenths of a second."""
MISSING_BATCH = 500
_SHOWN, _SHOWN_REFUSALS = 12, 200


@dataclass(frozen=True, slots=True)
class ReadUpload:
    """What a file held, by source."""

    by_source: Mapping[str, Lines]
    refused: tuple[Refused, ...]
    refused_count: int
    is_archive: bool

    @property
    def is_whole(self) -> bool:
        """Whether every entry was read: who is missing may else be on a refused line."""
        return self.refused_count == sum(one.kept for one in self.refused)


@dataclass(frozen=True, slots=True)
class PreparedImport:
    """The rows of one import, sealed already."""

    row: dict[str, Any]
    batches: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class _Compared:
    """The lines of one source, what is new in each, and who is missing."""

    lines: Sequence[Line]
    changes: Sequence[str]
    missing: Sequence[Known]

    def counts(self) -> dict[str, int]:
        """In numbers, as the import's row keeps them."""
        counts = Counter(self.changes)
        return {
            "contacts": len(self.lines),
            "new": counts[NEW],
            "changed": counts[CHANGED],
            "known": len(self.lines) - counts[NEW] - counts[CHANGED],
            "missing": len(self.missing),
        }


def import_rows(
    context: Context, person_id: str, origin: Origin, read: ReadUpload
) -> PreparedImport:
    """One source of an upload, compared with what is stored, as the rows that keep it."""
    compared = _compared(context, origin, read)
    import_id, base = context.new_id(), newest_stored(context, origin)
    mine = {"practice_id": context.practice_id, "import_id": import_id}
    batches = [
        mine | {"number": number, "sealed": _seal(context, person_id, where, body)}
        for number, body in enumerate(_bodies(compared))
        for where in [sealed_at(import_id, number)]
    ]
    row: dict[str, Any] = {
        "practice_id": context.practice_id,
        "id": import_id,
        "clinician_id": origin.clinician_id,
        "source": origin.source,
        "account_id": origin.account_id,
        "after_import_id": base.id if base else None,
        "state": READY,
        "at": context.now,
        "expires_at": context.now + KEPT,
        "refused": read.refused_count,
        **compared.counts(),
        "batches": len(batches),
        "done": 0,
        "with_missing": read.is_whole,
        "sealed": _seal(context, person_id, sealed_at(import_id), _preview(compared, read)),
    }
    return PreparedImport(row, tuple(batches))


def _compared(context: Context, origin: Origin, read: ReadUpload) -> _Compared:
    lines = list(read.by_source[origin.source].by_name.values())
    known = known_contacts(context, origin)
    changes = [compare(context, line, known) for line in lines]
    return _Compared(lines, changes, missing_contacts(context, lines, known, read.is_archive))


def _bodies(compared: _Compared) -> Iterator[Json]:
    """The contacts batch by batch, then the ids of those who are missing."""
    for start in range(0, len(compared.lines), BATCH):
        yield {"lines": [line.to_json() for line in compared.lines[start : start + BATCH]]}
    for start in range(0, len(compared.missing), MISSING_BATCH):
        gone = compared.missing[start : start + MISSING_BATCH]
        yield {"missing": [one.contact_id for one in gone]}


def _seal(context: Context, person_id: str, where: tuple[str, str, str], body: Json) -> bytes:
    return context.keyring.seal(context.session, person_id, canonical_bytes(body), where)


def _preview(compared: _Compared, read: ReadUpload) -> Json:
    shown = zip(compared.lines[:_SHOWN], compared.changes, strict=False)
    return {
        "sample": [line.to_json() | {"change": change} for line, change in shown],
        "refused": [
            {"member": one.member, "line": one.line, "field": one.field, "detail": one.detail}
            for one in read.refused[:_SHOWN_REFUSALS]
        ],
        "is_whole": read.is_whole,
    }
