"""Run an import: read the file, plan batch by batch, write each batch in one short transaction.

A batch is planned by a read and written only if what it was planned from still holds. Batches are
independent: if the service dies between two, importing the same file again does the rest, because
records are known by their external id. At the end one entry keeps the file's digest and the counts.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.exc import IntegrityError

from policy_service.audit.log import Owned
from policy_service.domain.principals import Principal
from policy_service.errors import InvalidRequest, NotReady
from policy_service.importers.delimited import FileRefused, LineError
from policy_service.importers.roster import EpisodeLine, Roster, RosterKind, RosterLine, read_roster
from policy_service.services.context import Context
from policy_service.services.desk import Desk
from policy_service.services.imports.clients import plan_clients
from policy_service.services.imports.clinicians import plan_clinicians
from policy_service.services.imports.episode_forms import by_episode
from policy_service.services.imports.episodes import plan_episodes
from policy_service.services.imports.plans import Plan, Report, as_field_errors

BATCH = 200
"""Records in one transaction: a check that wants to write waits no longer than one batch takes."""
TRIES = 3

Planner = Callable[[Context, Sequence[Any]], Plan]
_PLANNERS: dict[RosterKind, Planner] = {
    RosterKind.CLINICIANS: plan_clinicians,
    RosterKind.CLIENTS: plan_clients,
    RosterKind.EPISODES: plan_episodes,
}


@dataclass(frozen=True, slots=True)
class RosterFile:
    """The bytes of a roster, and what it lists."""

    kind: RosterKind
    raw: bytes


def import_roster(
    desk: Desk, principal: Principal, file: RosterFile, *, dry_run: bool = False
) -> Report:
    """Import, or only say what importing would do. InvalidRequest when no line can be read."""
    roster = read_file(file)
    records, twins = records_of(roster)
    counts: Counter[str] = Counter()
    errors = [*roster.errors, *twins]
    for batch in batches_of(records):
        plan = (
            plan_batch(desk, principal, file.kind, batch)
            if dry_run
            else apply_batch(desk, principal, _PLANNERS[file.kind], batch)
        )
        counts += plan.counts
        errors += plan.errors
    report = Report(
        kind=file.kind.value,
        file=hashlib.sha256(file.raw).hexdigest(),
        dry_run=dry_run,
        **counts,
        errors=tuple(sorted(errors, key=lambda error: error.line)),
        warnings=roster.warnings,
    )
    if not dry_run:
        with desk.writing(principal) as context:
            context.log("roster.imported", {"roster": Owned(report.logged())})
    return report


def read_file(file: RosterFile) -> Roster:
    """What the file lists. InvalidRequest when no line can be read."""
    try:
        return read_roster(file.kind, file.raw)
    except FileRefused as refused:
        raise InvalidRequest(errors=as_field_errors(refused.errors)) from None


def records_of(roster: Roster) -> tuple[list[Any], list[LineError]]:
    """What is planned record by record; a second line of the same record is refused."""
    if roster.kind is RosterKind.EPISODES:
        lines = [line for line in roster.lines if isinstance(line, EpisodeLine)]
        return list(by_episode(lines)), []
    first: dict[str, RosterLine] = {}
    twins = list(_twins(roster, first))
    return list(first.values()), twins


def batches_of(records: list[Any]) -> Iterator[list[Any]]:
    """The records, as many at once as one transaction takes."""
    for start in range(0, len(records), BATCH):
        yield records[start : start + BATCH]


def _twins(roster: Roster, first: dict[str, RosterLine]) -> Iterator[LineError]:
    for line in roster.lines:
        known = first.setdefault(line.external_id, line)
        if known is not line:
            said = f"Line {known.line} has this external_id already."
            yield LineError(line.line, "external_id", said)


def plan_batch(desk: Desk, principal: Principal, kind: RosterKind, batch: Sequence[Any]) -> Plan:
    """What a batch would change; writes nothing."""
    with desk.reading(principal) as context:
        return _PLANNERS[kind](context, batch)


def compare_batch(desk: Desk, principal: Principal, kind: RosterKind, batch: Sequence[Any]) -> Plan:
    """The same, with the names of what would change of each record, which opens them."""
    with desk.reading(principal) as context:
        plan = _PLANNERS[kind](context, batch)
        return replace(plan, updated=plan.compared(context))


def apply_batch(desk: Desk, principal: Principal, planner: Planner, batch: Sequence[Any]) -> Plan:
    """Plan and write one batch. NotReady when what it was planned from kept changing."""
    for _ in range(TRIES):
        with desk.reading(principal) as context:
            plan, keyring = planner(context, batch), context.keyring
        try:
            with desk.writing(principal) as context:
                # The keys made while planning are held by that keyring and nowhere else yet.
                context = replace(context, keyring=keyring)
                if plan.holds(context):
                    plan.write(context)
                    return plan
        except IntegrityError:
            continue  # somebody else registered one of them a moment ago
    raise NotReady("The records kept changing while the roster was imported.")
