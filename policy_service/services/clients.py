"""Clients: register, correct, merge and split.

A merged profile stays readable and stands for the client it was merged into: checks follow
`merged_into`, and what is known of either person counts for both. A split restores the two.
"""

from __future__ import annotations

from policy_service.database.tables.registry import ClientRow
from policy_service.domain.people import PersonRecord
from policy_service.errors import StateConflict
from policy_service.services.context import Context
from policy_service.services.gathering.merges import merged_with
from policy_service.services.identity import Verdict, VerdictForm, record_verdict
from policy_service.services.parties import client_row, named_client, refusal, refuse_taken, tell
from policy_service.services.people import open_person, person_row, register, replace_record
from policy_service.services.touch import touch_clients


def register_client(context: Context, record: PersonRecord, external_id: str | None = None) -> str:
    """Register a client; returns the client's id. Conflict on a taken external id.

    It is not checked whether the person is known: a screening or the intake check asks that.
    """
    refuse_taken(context, ClientRow, external_id)
    person_id = register(context, record)
    row = ClientRow(
        practice_id=context.practice_id,
        id=context.new_id(),
        person_id=person_id,
        external_id=external_id,
        version=1,
        created_at=context.now,
    )
    context.session.add(row)
    context.session.flush()
    told = {"id": row.id, "external_id": external_id, "person": record.to_json()}
    tell(context, "client.registered", person_id, told)
    return row.id


def correct_client(context: Context, client_id: str, record: PersonRecord) -> None:
    """Put a corrected record in place; the log keeps both, sealed under the client's key.

    Identity verdicts given on the old record hold no longer (design, section 8).
    """
    row = client_row(context, client_id)
    before = open_person(context, row.person_id).record
    replace_record(context, row.person_id, record)
    told = {"id": row.id, "before": before.to_json(), "after": record.to_json()}
    tell(context, "client.corrected", row.person_id, told)
    touch_clients(context, _family(context, row))


def merge_clients(context: Context, duplicate_id: str, into_id: str, reason: str) -> None:
    """`duplicate_id` and `into_id` are one client; the first stands for the second from now on.

    StateConflict when the duplicate is merged already or `into_id` stands for the duplicate.
    """
    duplicate = client_row(context, duplicate_id)
    kept = survivor(context, named_client(context, into_id, "/into"))
    if duplicate.merged_into is not None:
        raise StateConflict("This client is merged already: split it first.")
    if kept.id == duplicate.id:
        raise refusal("/into", "A client is not merged into itself.")
    duplicate.merged_into = kept.id
    if duplicate.person_id != kept.person_id:
        person_row(context, duplicate.person_id).merged_into = kept.person_id
    told = {"duplicate": duplicate.id, "into": kept.id, "reason": reason}
    tell(context, "client.merged", duplicate.person_id, told, [kept.person_id])
    touch_clients(context, [duplicate.id, kept.id])


def split_client(context: Context, client_id: str, reason: str) -> None:
    """Undo a merge: the two are different clients again, with all that each had.

    That they are different is also an identity verdict, or recognition would join them again.
    """
    row = client_row(context, client_id)
    if row.merged_into is None:
        raise StateConflict("This client is not merged into another.")
    kept = client_row(context, row.merged_into)
    row.merged_into = None
    person_row(context, row.person_id).merged_into = None
    told = {"client": row.id, "from": kept.id, "reason": reason}
    tell(context, "client.split", row.person_id, told, [kept.person_id])
    _tell_apart(context, row.person_id, kept.person_id)
    touch_clients(context, [row.id, kept.id])


def _tell_apart(context: Context, person_id: str, kept: str) -> None:
    if person_id == kept:
        return
    own = {person_id} | merged_with(context, [person_id])
    others = {kept} | merged_with(context, [kept])
    for one in sorted(own):
        for other in sorted(others):
            record_verdict(context, VerdictForm(one, other, Verdict.DIFFERENT))


def survivor(context: Context, row: ClientRow) -> ClientRow:
    """Follow merges: the client that this profile stands for; itself when it is not merged."""
    while row.merged_into is not None:
        row = client_row(context, row.merged_into)
    return row


def _family(context: Context, row: ClientRow) -> set[str]:
    return {row.id, survivor(context, row).id}
