"""Who is meant: every record of one human being, and everything that hangs on them.

Profiles that were merged, and records that an officer judged to be the same person, are erased
together: one that is left would tell of the others.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Select, or_, select

from policy_service.database.tables.accounts import AccountRow, ConnectionRow
from policy_service.database.tables.contacts import ContactRow
from policy_service.database.tables.decisions import DecisionRow
from policy_service.database.tables.people import PersonRow
from policy_service.database.tables.registry import ClientRow, ClinicianRow
from policy_service.database.tables.watching import AskedKeyRow
from policy_service.services.context import Context
from policy_service.services.gathering.merges import merged_with
from policy_service.services.people import person_row
from policy_service.services.tie_reach import clinicians_among, within
from policy_service.services.verdicts import judgements_on


@dataclass(frozen=True, slots=True)
class Subject:
    """One human being. `people` and `clients` are the ids of all their records and profiles;
    `clinicians` of those whose ties, contacts or connections lead to or through them."""

    people: tuple[str, ...]
    clients: tuple[str, ...]
    accounts: tuple[str, ...]
    handle_keys: tuple[int, ...]
    decisions: tuple[str, ...]
    clinicians: tuple[str, ...]


def subject_of(context: Context, *person_ids: str) -> Subject:
    """Everything of the person whose records these are, and of any joined with them.

    NotFound for one erased or of another practice.
    """
    for person_id in person_ids:
        person_row(context, person_id)
    return subject_over(context, _records_of(context, person_ids))


def subject_over(context: Context, people: Iterable[str]) -> Subject:
    """Everything of these records, erased or not."""
    ids = sorted(people)
    clients = _ids(context, select(ClientRow.id).where(ClientRow.person_id.in_(ids)))
    accounts = _ids(context, select(AccountRow.id).where(AccountRow.person_id.in_(ids)))
    keys = _handle_keys(context, ids)
    return Subject(
        people=tuple(ids),
        clients=clients,
        accounts=accounts,
        handle_keys=keys,
        decisions=_ids(context, select(DecisionRow.id).where(DecisionRow.client_id.in_(clients))),
        clinicians=tuple(sorted(_clinicians(context, ids, keys))),
    )


def _records_of(context: Context, person_ids: Iterable[str]) -> set[str]:
    found, edge = set(person_ids), set(person_ids)
    while edge:
        edge = (merged_with(context, edge) | _judged_same(context, edge)) - found
        found |= edge
    return found


def _judged_same(context: Context, people: set[str]) -> set[str]:
    """By verdicts that still hold: given on the records as both are now."""
    said = {
        (other, digest)
        for record in _digests(context, people).values()
        for (other, digest), judged in judgements_on(context, record).items()
        if judged.verdict == "same"
    }
    now = _digests(context, {other for other, _ in said})
    return {other for other, digest in said if now.get(other) == digest}


def _digests(context: Context, people: set[str]) -> dict[str, bytes]:
    """Digests of the records of those who are not erased."""
    wanted = select(PersonRow.id, PersonRow.record_digest).where(
        PersonRow.practice_id == context.practice_id,
        PersonRow.id.in_(sorted(people)),
        PersonRow.erased_at.is_(None),
    )
    return dict(context.session.execute(wanted).all())


def _ids(context: Context, wanted: Select[str]) -> tuple[str, ...]:
    return tuple(sorted(set(context.session.scalars(wanted))))


def _handle_keys(context: Context, people: list[str]) -> tuple[int, ...]:
    """The keys of their handles, by account and by record."""
    by_account = select(AccountRow.handle_key).where(AccountRow.person_id.in_(people))
    by_record = select(AskedKeyRow.key).where(
        AskedKeyRow.practice_id == context.practice_id, AskedKeyRow.person_id.in_(people)
    )
    found = (*context.session.scalars(by_account), *context.session.scalars(by_record))
    return tuple(sorted(set(found)))


def _clinicians(context: Context, people: list[str], keys: tuple[int, ...]) -> set[str]:
    """Clinicians from whom a path of ties reaches or passes the person, or who are connected."""
    near = set().union(*within(context, people, 2))
    by_tie = clinicians_among(context, near)
    contacts = select(ContactRow.clinician_id).where(ContactRow.person_id.in_(people))
    connected = (
        select(ClinicianRow.id)
        .join(
            AccountRow,
            (AccountRow.practice_id == ClinicianRow.practice_id)
            & (AccountRow.person_id == ClinicianRow.person_id),
        )
        .join(
            ConnectionRow,
            (ConnectionRow.practice_id == AccountRow.practice_id)
            & (ConnectionRow.account_id == AccountRow.id),
        )
        .where(or_(ConnectionRow.far_person_id.in_(people), ConnectionRow.far_handle_key.in_(keys)))
    )
    found = (*context.session.scalars(contacts), *context.session.scalars(connected))
    return by_tie | set(found)
