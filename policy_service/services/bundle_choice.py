"""Which entries of the log go into an evidence bundle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import select

from policy_service.audit import reading
from policy_service.database.tables.audit import EntrySubjectRow, OpeningRow
from policy_service.database.tables.registry import ClientRow
from policy_service.database.tables.reviews import CaseOccurrenceRow, CaseRow
from policy_service.errors import FieldError, InvalidRequest, NotFound
from policy_service.ledger.canonical import Json
from policy_service.ledger.commitments import Opening
from policy_service.services.audit_filters import EntryFilter, resolved
from policy_service.services.audit_streams import entries_in, whole_log
from policy_service.services.case_steps import require_sight
from policy_service.services.context import Context
from policy_service.services.decisions import pseudonym_of
from policy_service.vault.errors import KeyNotHeld

MOST_CHOSEN = 10_000
"""Entries picked one by one; each of them needs a proof of its own."""
MOST_IN_RANGE = 200_000


@dataclass(frozen=True, slots=True)
class Range:
    """Every entry from `first` to `last`, both included; None: to the end of the log."""

    first: int = 0
    last: int | None = None


@dataclass(frozen=True, slots=True)
class Chosen:
    """These entries, by id."""

    entry_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OfCase:
    """The checks of a case, and every move that was made in it."""

    case_id: str


@dataclass(frozen=True, slots=True)
class Matching:
    """Every entry that fulfils the filters."""

    wanted: EntryFilter


Choice = Range | Chosen | OfCase | Matching


def places_of(context: Context, choice: Choice) -> range | tuple[int, ...]:
    """Their places in the tree, ascending. InvalidRequest where there is none, or too many."""
    if isinstance(choice, Range):
        return _range(context, choice)
    found = tuple(sorted(_picked(context, choice)))
    if not 0 < len(found) <= MOST_CHOSEN:
        said = f"This chooses {len(found)} entries; a bundle takes 1 to {MOST_CHOSEN}."
        raise InvalidRequest(errors=[FieldError("/entries", said)])
    return found


def chosen_by(choice: Choice) -> Mapping[str, Json]:
    """How they were chosen, for the manifest."""
    match choice:
        case Range():
            return {"range": True}
        case Chosen(entry_ids):
            return {"ids": len(entry_ids)}
        case OfCase(case_id):
            return {"case": case_id}
        case Matching(wanted):
            return {"filters": wanted.to_json()}


def _range(context: Context, choice: Range) -> range:
    size = reading.head(context.session, context.practice_id).size
    end = size if choice.last is None else choice.last + 1
    if not 0 <= choice.first < end <= size:
        said = f"The log has the entries 0 to {size - 1}; first must not be after last."
        raise InvalidRequest(errors=[FieldError("/entries/range", said)])
    if end - choice.first > MOST_IN_RANGE:
        said = f"A bundle takes a range of at most {MOST_IN_RANGE} entries; make several."
        raise InvalidRequest(errors=[FieldError("/entries/range", said)])
    return range(choice.first, end)


def _picked(context: Context, choice: Chosen | OfCase | Matching) -> Iterator[int]:
    match choice:
        case Chosen(entry_ids):
            for entry_id in set(entry_ids):
                yield reading.leaf_index(context.session, context.practice_id, entry_id)
        case OfCase(case_id):
            yield from _of_case(context, case_id)
        case Matching(wanted):
            yield from _matching(context, resolved(context, wanted))


def _of_case(context: Context, case_id: str) -> Iterator[int]:
    case = context.session.get(CaseRow, (context.practice_id, case_id))
    if case is None:
        raise NotFound
    require_sight(context, case)
    met = select(CaseOccurrenceRow.decision_id).where(CaseOccurrenceRow.case_id == case_id)
    for entry_id in {*context.session.scalars(met), *_moves(context, case)}:
        yield reading.leaf_index(context.session, context.practice_id, entry_id)


def _moves(context: Context, case: CaseRow) -> Iterator[str]:
    """The entries of the client whose opened group `case` names this case."""
    client = context.session.get_one(ClientRow, (context.practice_id, case.client_id))
    rows = context.session.scalars(
        select(OpeningRow)
        .join(EntrySubjectRow, EntrySubjectRow.entry_id == OpeningRow.entry_id)
        .where(
            EntrySubjectRow.subject_ref == pseudonym_of(context, client.person_id),
            OpeningRow.name == "case",
        )
    )
    for row in rows:
        where = ("audit_opening", row.entry_id, row.name)
        try:
            raw = context.keyring.open(context.session, row.owner_person_id, row.sealed, where)
        except KeyNotHeld:
            continue
        value = Opening.from_bytes(raw).value
        if isinstance(value, dict) and value.get("case") == case.id:
            yield row.entry_id


def _matching(context: Context, wanted: EntryFilter) -> Iterator[int]:
    for entry in entries_in(context, wanted, whole_log(context), MOST_CHOSEN + 1):
        yield entry.index
