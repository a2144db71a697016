"""What a roster would change, before anything is changed: new, changed, ended, missing, refused.

A preview names records by the ids they have in the practice's own system, and the fields that would
change by their names: it holds nobody's name and no value.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from policy_service.database.tables.care import EpisodeClientRow, EpisodeRow
from policy_service.database.tables.registry import ClientRow, ClinicianRow
from policy_service.domain.principals import Principal
from policy_service.importers.delimited import LineError
from policy_service.importers.roster import (
    ClientLine,
    ClinicianLine,
    EpisodeLine,
    Roster,
    RosterKind,
    RosterLine,
)
from policy_service.services.context import Context
from policy_service.services.desk import Desk
from policy_service.services.imports.plans import CREATED, UPDATED, Plan
from policy_service.services.imports.run import (
    RosterFile,
    batches_of,
    compare_batch,
    read_file,
    records_of,
)

MOST_SHOWN = 200
"""Ids, and refused lines, shown of each; all are counted."""
FEWEST = 3
"""So many must end, be missing or be refused before a file is held for it."""
MOST_ENDED, MOST_MISSING, MOST_REFUSED = "most_ended", "most_missing", "most_refused"
OLDER_FILE = "older_file"
HELD = (MOST_ENDED, MOST_MISSING, MOST_REFUSED, OLDER_FILE)
"""Why a person must look at a file before it is applied."""


@dataclass(frozen=True, slots=True)
class Change:
    """A record that would change, and the names of what would change of it."""

    id: str
    parts: tuple[str, ...]


@dataclass(slots=True)
class RosterPreview:
    """What a file would do. `asks` counts, by column, new and changed records that leave it open.

    `ended`: episodes that are open here and over by the file. `missing`: records that are in care
    here and that the file does not list; they stay as they are.
    """

    counts: Counter[str] = field(default_factory=Counter)
    new: list[str] = field(default_factory=list)
    changed: list[Change] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    asks: Counter[str] = field(default_factory=Counter)
    errors: list[LineError] = field(default_factory=list)
    warnings: tuple[LineError, ...] = ()
    held: str | None = None

    @property
    def refused(self) -> int:
        """How many lines cannot be read."""
        return len({error.line for error in self.errors})

    @property
    def is_nothing(self) -> bool:
        """Would applying it change nothing?"""
        return not (self.counts[CREATED] or self.counts[UPDATED])


def preview_roster(desk: Desk, principal: Principal, file: RosterFile) -> RosterPreview:
    """Read and compare a file; changes nothing. InvalidRequest when no line can be read."""
    roster = read_file(file)
    records, twins = records_of(roster)
    preview = RosterPreview(errors=[*roster.errors, *twins], warnings=roster.warnings)
    for batch in batches_of(records):
        _add(preview, roster.kind, batch, compare_batch(desk, principal, file.kind, batch))
    preview.errors.sort(key=lambda error: error.line)
    with desk.reading(principal) as context:
        in_care = _in_care(context, roster.kind)
    preview.missing = sorted(in_care - {line.external_id for line in roster.lines})
    preview.held = _held(preview, roster, len(in_care))
    return preview


def _add(preview: RosterPreview, kind: RosterKind, batch: Sequence[Any], plan: Plan) -> None:
    preview.counts += plan.counts
    preview.errors += plan.errors
    preview.new += plan.created
    preview.changed += [Change(name, parts) for name, parts in plan.updated.items()]
    preview.ended += plan.ended
    moved = {*plan.created, *plan.updated}
    lines = [line for line in _lines(batch) if line.external_id in moved]
    preview.asks += Counter(column for line in lines for column in _open_columns(line))


def _lines(batch: Sequence[Any]) -> Iterator[RosterLine]:
    for record in batch:
        yield from record if isinstance(record, tuple) else (record,)


def _open_columns(line: RosterLine) -> Iterator[str]:
    """What the line leaves open that recognition, selection or a clock will ask for."""
    if isinstance(line, EpisodeLine):
        wanted = ["began_on"]
        if not line.values["is_open"]:
            wanted += ["last_contact_on", "terminated_on", "termination_reason"]
        yield from (column for column in wanted if not line.values[column])
        return
    if not line.record.birth_date:
        yield "birth_date"
    if isinstance(line, ClientLine) and not (line.record.phones or line.record.emails):
        yield "phones"
    if isinstance(line, ClinicianLine) and not line.licences:
        yield "licences"


def _in_care(context: Context, kind: RosterKind) -> set[str]:
    """The external ids of what is in care here: a whole roster would list each of them."""
    current = (EpisodeRow.is_current.is_(True), EpisodeRow.is_withdrawn.is_(False))
    is_open = (*current, EpisodeRow.is_open.is_(True))
    match kind:
        case RosterKind.CLINICIANS:
            wanted = select(ClinicianRow.external_id).where(ClinicianRow.is_active.is_(True))
        case RosterKind.CLIENTS:
            wanted = (
                select(ClientRow.external_id)
                .join(
                    EpisodeClientRow,
                    (EpisodeClientRow.practice_id == ClientRow.practice_id)
                    & (EpisodeClientRow.client_id == ClientRow.id),
                )
                .join(
                    EpisodeRow,
                    (EpisodeRow.practice_id == EpisodeClientRow.practice_id)
                    & (EpisodeRow.id == EpisodeClientRow.episode_id)
                    & (EpisodeRow.revision == EpisodeClientRow.revision),
                )
                .where(*is_open, EpisodeClientRow.ended_on.is_(None))
            )
        case RosterKind.EPISODES:
            wanted = select(EpisodeRow.external_id).where(*is_open)
    return {external for external in context.session.scalars(wanted) if external}


def _held(preview: RosterPreview, roster: Roster, in_care: int) -> str | None:
    """Most of what is in care would end, or is not listed, or most lines cannot be read."""
    listed = len(roster.lines) + preview.refused
    for reason, number, of in (
        (MOST_REFUSED, preview.refused, listed),
        (MOST_ENDED, len(preview.ended), in_care),
        (MOST_MISSING, len(preview.missing), in_care),
    ):
        if number >= FEWEST and 2 * number > of:
            return reason
    return None
