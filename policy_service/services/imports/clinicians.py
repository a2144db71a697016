"""Clinicians of a roster, with their licences and memberships.

A roster adds and corrects. What it does not list stays as it is: silence is no statement that a
licence has lapsed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from sqlalchemy import select

from policy_service.database.tables.people import PersonRow
from policy_service.database.tables.registry import ClinicianRow, LicenceRow, MembershipRow
from policy_service.importers.roster import ClinicianLine, Held
from policy_service.services.clinicians import (
    ClinicianForm,
    LicenceForm,
    MembershipForm,
    add_licence,
    add_membership,
    correct_clinician,
    licences_of,
    memberships_of,
    register_clinician,
    withdraw_licence,
    withdraw_membership,
)
from policy_service.services.context import Context
from policy_service.services.imports.plans import (
    CREATED,
    UNCHANGED,
    UPDATED,
    Plan,
    parts_that_differ,
)
from policy_service.services.parties import clinician_row
from policy_service.services.people import open_person, record_digest

CORRECTED = "corrected by a roster"
Step = Callable[[Context], None]


@dataclass(frozen=True, slots=True)
class Known:
    """A clinician as it stood when the batch was planned."""

    id: str
    digest: bytes
    version: int


def plan_clinicians(context: Context, lines: Sequence[ClinicianLine]) -> Plan:
    """New, changed and unchanged clinicians of one batch, by external id."""
    ids = [line.external_id for line in lines]
    known = _known(context, ids)
    counts: Counter[str] = Counter()
    steps: list[Step] = []
    updated: dict[str, tuple[str, ...]] = {}
    by_id = {line.external_id: line for line in lines}
    for line in lines:
        found = known.get(line.external_id)
        changes = [partial(_register, line)] if found is None else _changes(context, line, found)
        steps += changes
        counts[CREATED if found is None else UPDATED if changes else UNCHANGED] += 1
        if found is not None and changes:
            updated[line.external_id] = ()

    def write(context: Context) -> None:
        for step in steps:
            step(context)

    def compare(context: Context, external_id: str) -> tuple[str, ...]:
        return _parts(context, by_id[external_id], known[external_id])

    return Plan(
        counts,
        (),
        lambda context: _known(context, ids) == known,
        write,
        created=tuple(name for name in by_id if name not in known),
        updated=updated,
        compare=compare,
    )


def _parts(context: Context, line: ClinicianLine, known: Known) -> tuple[str, ...]:
    """What of a clinician the line would change."""
    kept = open_person(context, clinician_row(context, known.id).person_id)
    parts = parts_that_differ(kept.record.to_json(), line.record.to_json())
    licences = (_licence_steps(context, known.id, _licence_form(one)) for one in line.licences)
    bodies = (_membership_steps(context, known.id, _membership_form(m)) for m in line.memberships)
    more = (("licences", any(licences)), ("memberships", any(bodies)))
    return (*parts, *(name for name, changes in more if changes))


def _known(context: Context, external_ids: Sequence[str]) -> dict[str, Known]:
    rows = context.session.execute(
        select(
            ClinicianRow.external_id,
            ClinicianRow.id,
            PersonRow.record_digest,
            ClinicianRow.version,
        )
        .join(
            PersonRow,
            (PersonRow.practice_id == ClinicianRow.practice_id)
            & (PersonRow.id == ClinicianRow.person_id),
        )
        .where(ClinicianRow.external_id.in_(external_ids))
    )
    return {
        str(external): Known(row_id, digest, version) for external, row_id, digest, version in rows
    }


def _register(line: ClinicianLine, context: Context) -> None:
    clinician_id = register_clinician(context, ClinicianForm(line.record, line.external_id))
    for licence in line.licences:
        add_licence(context, clinician_id, _licence_form(licence))
    for membership in line.memberships:
        add_membership(context, clinician_id, _membership_form(membership))


def _changes(context: Context, line: ClinicianLine, known: Known) -> list[Step]:
    steps: list[Step] = []
    if record_digest(line.record) != known.digest:
        steps.append(lambda context: correct_clinician(context, known.id, line.record))
    for licence in line.licences:
        steps += _licence_steps(context, known.id, _licence_form(licence))
    for membership in line.memberships:
        steps += _membership_steps(context, known.id, _membership_form(membership))
    return steps


def _licence_steps(context: Context, clinician_id: str, form: LicenceForm) -> list[Step]:
    same = [
        row
        for row in licences_of(context, clinician_id)
        if (row.jurisdiction, row.licence_type) == (form.jurisdiction, form.licence_type)
    ]
    if _has_period(same, form):
        return []
    withdrawals: list[Step] = [partial(_withdraw_licence, row.id) for row in same]
    return [*withdrawals, lambda context: _drop(add_licence(context, clinician_id, form))]


def _membership_steps(context: Context, clinician_id: str, form: MembershipForm) -> list[Step]:
    same = [row for row in memberships_of(context, clinician_id) if row.body == form.body]
    if _has_period(same, form):
        return []
    withdrawals: list[Step] = [partial(_withdraw_membership, row.id) for row in same]
    return [*withdrawals, lambda context: _drop(add_membership(context, clinician_id, form))]


def _has_period(
    rows: Sequence[LicenceRow | MembershipRow], form: LicenceForm | MembershipForm
) -> bool:
    periods = {(row.valid_from, row.valid_to) for row in rows}
    return (form.valid_from, form.valid_to) in periods


def _withdraw_licence(licence_id: str, context: Context) -> None:
    withdraw_licence(context, licence_id, CORRECTED)


def _withdraw_membership(membership_id: str, context: Context) -> None:
    withdraw_membership(context, membership_id, CORRECTED)


def _drop(_id: str) -> None:
    """The id of what was added is of no use here."""


def _licence_form(held: Held) -> LicenceForm:
    return LicenceForm(held.jurisdiction, held.name, held.valid_from, held.valid_to)


def _membership_form(held: Held) -> MembershipForm:
    return MembershipForm(held.name, held.valid_from, held.valid_to)
