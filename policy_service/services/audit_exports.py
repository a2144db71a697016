"""Exports of the log: JSONL and CSV, streamed; for the practice itself, or released to somebody.

An export for a board, a court or an insurer is ordered first: that asks to whom and what for, fixes
filters and size, and records the release. What was released can be fetched again later, the same to
the byte, because the log only grows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import func, select

from policy_service.audit.log import Owned
from policy_service.database.tables.audit import IS_LEAF_OF, EntryRow, EntrySubjectRow, LeafRow
from policy_service.domain.principals import Principal, Role, Scope
from policy_service.domain.releases import Recipient, Release
from policy_service.errors import NotAllowed
from policy_service.ledger.canonical import canonical_bytes
from policy_service.services.audit_filters import EntryFilter, conditions, resolved
from policy_service.services.audit_streams import (
    LoggedEntry,
    note,
    place_pending,
    stream,
    whole_log,
)
from policy_service.services.context import Context
from policy_service.services.csv_lines import csv_lines
from policy_service.services.cursors import Place
from policy_service.services.desk import Desk
from policy_service.services.releases import open_content, record_release

COLUMNS = ("action", "at", "actor_ref", "subject_refs", "outcome", "packs", "semantics", "model")
_RELEASERS = (Role.COMPLIANCE, Role.APPROVER)


class Form(StrEnum):
    """How entries are written down."""

    JSONL = "jsonl"
    CSV = "csv"


@dataclass(frozen=True, slots=True)
class ExportOrder:
    """What somebody outside is to be given, to whom, and what for."""

    wanted: EntryFilter
    form: Form
    recipient: Recipient
    purpose: str


@dataclass(frozen=True, slots=True)
class ExportText:
    """An export as text, a line at a time."""

    form: Form
    lines: Iterator[str]


def jsonl(entries: Iterable[LoggedEntry]) -> Iterator[str]:
    """One entry a line, as the pages of the log have it."""
    for entry in entries:
        yield canonical_bytes(entry.to_json()).decode() + "\n"


def csv_of(entries: Iterable[LoggedEntry]) -> Iterator[str]:
    """RFC 4180 with a header. Lists stand in one cell with a space between."""
    yield from csv_lines([("index", "id", *COLUMNS, "leaf_hash")])
    yield from csv_lines(
        (
            entry.index,
            entry.leaf["id"],
            *(_cell(entry.leaf[name]) for name in COLUMNS),
            entry.leaf_hash.hex(),
        )
        for entry in entries
    )


def _cell(value: Any) -> Any:
    return " ".join(value) if isinstance(value, list) else value


_WRITERS: Mapping[Form, Callable[[Iterable[LoggedEntry]], Iterator[str]]] = {
    Form.JSONL: jsonl,
    Form.CSV: csv_of,
}


def export(desk: Desk, principal: Principal, wanted: EntryFilter, form: Form) -> ExportText:
    """All that match, in tree order; the export is an entry before the first line is given."""
    entries = exported_entries(desk, principal, wanted, form.value)
    return ExportText(form, _WRITERS[form](entries))


def exported_entries(
    desk: Desk, principal: Principal, wanted: EntryFilter, form: str
) -> Iterator[LoggedEntry]:
    """The entries of an export that some door writes down in this form; recorded first."""
    place_pending(desk, principal)
    with desk.reading(principal) as context:
        place = whole_log(context)
        asked = resolved(context, wanted)
    note(desk, principal, "audit.exported", wanted, {"size": place.size, "form": form})
    return stream(desk, principal, asked, place)


def order_export(context: Context, order: ExportOrder) -> str:
    """Record the release of what matches now; returns its id, by which it is fetched.

    NotAllowed without the right to release. InvalidRequest where recipient or purpose is missing.
    """
    require_releaser(context)
    place = whole_log(context)
    asked = resolved(context, order.wanted)
    found, subjects = _matching(context, asked, place)
    kept = {"filters": asked.to_json(), "size": place.size, "form": order.form.value}
    release = Release(
        recipient=order.recipient,
        what=_what(asked, found, place, order.form),
        purpose=order.purpose,
        subjects=subjects,
        content=kept,
    )
    return record_release(context, release)


def fetch_export(desk: Desk, principal: Principal, release_id: str) -> ExportText:
    """What was released, the same as ever. NotFound for none, and once its client is erased."""
    with desk.reading(principal) as context:
        require_releaser(context)
        kept = open_content(context, release_id)
    wanted, form = EntryFilter.from_json(kept["filters"]), Form(kept["form"])
    place = Place(-1, kept["size"])
    with desk.writing(principal) as context:
        context.log("release.fetched", {"release": Owned({"release": release_id})})
    return ExportText(form, _WRITERS[form](stream(desk, principal, wanted, place)))


def require_releaser(context: Context) -> None:
    """NotAllowed unless the principal may give records to somebody outside."""
    principal = context.principal
    if not principal.has(*_RELEASERS) and Scope.AUDIT_RELEASE not in principal.scopes:
        raise NotAllowed(f"This needs the role {' or '.join(_RELEASERS)}.")


def _matching(context: Context, asked: EntryFilter, place: Place) -> tuple[int, frozenset[str]]:
    """How many entries match, and the pseudonyms of all they name."""
    within = (
        LeafRow.practice_id == context.practice_id,
        LeafRow.leaf_index < place.size,
        *conditions(context.practice_id, asked),
    )
    count = select(func.count()).select_from(LeafRow).join(EntryRow, IS_LEAF_OF).where(*within)
    named = (EntrySubjectRow.practice_id == EntryRow.practice_id) & (
        EntrySubjectRow.entry_id == EntryRow.id
    )
    about = (
        select(EntrySubjectRow.subject_ref)
        .select_from(LeafRow)
        .join(EntryRow, IS_LEAF_OF)
        .join(EntrySubjectRow, named)
        .where(*within)
        .distinct()
    )
    return context.session.scalar(count) or 0, frozenset(context.session.scalars(about))


def _what(asked: EntryFilter, found: int, place: Place, form: Form) -> str:
    """The brief description that an accounting asks for; it names nobody."""
    filters = asked.to_json()
    said = [f"{name} {filters[name]}" for name in filters if name != "subject"]
    said += ["one person"] if "subject" in filters else []
    chosen = f" ({', '.join(said)})" if said else ""
    return (
        f"{found} of the first {place.size} entries of the audit log{chosen} as {form.value}: "
        "pseudonyms, actions, times, outcomes and commitments"
    )
