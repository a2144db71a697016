"""Clients in a clinician's address book: a question, never a tie.

An address book holds friends, colleagues, plumbers and clients alike. So a client recognised in it
is asked about ("is this someone you know privately?") and nothing is concluded. The question has
no evidence of a conflict behind it: like whatever else was not attested, it raises what the answer
could become and the clinician's duty to attest, and no case. An attestation of ties among friends
that is younger than the import answers it, and so does any tie that is stated.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import date

from sqlalchemy import bindparam, select

from policy_service.database.tables.contacts import ContactRow
from policy_service.database.tables.registry import AttestationRow, ClinicianRow
from policy_service.domain.attestations import AttestationKind
from policy_service.domain.kinship import TieStep
from policy_service.services.context import Context
from policy_service.services.gathering.paths import Edge, Path
from policy_service.services.gathering.targets import Certainty, Target
from policy_service.services.ties import StatedTie, TieSource

_ASKED_AS = "FRND"
"""The gravest thing that being in an address book is asked to mean."""
_ENTRIES = (
    select(ContactRow)
    .where(
        ContactRow.is_current.is_(True),
        ContactRow.is_withdrawn.is_(False),
        ContactRow.is_listed.is_(True),
        ContactRow.account_id.is_(None),
        ContactRow.tie_id.is_(None),
        ContactRow.clinician_id == bindparam("clinician"),
        ContactRow.person_id.in_(bindparam("people", expanding=True)),
    )
    .order_by(ContactRow.id)
)
_ATTESTED = select(AttestationRow.kinds, AttestationRow.as_of).where(
    AttestationRow.clinician_id == bindparam("clinician"),
    AttestationRow.is_current.is_(True),
    AttestationRow.is_withdrawn.is_(False),
    AttestationRow.valid_until >= bindparam("day"),
)


def contact_hints(
    context: Context, clinician: ClinicianRow, found: Collection[Target], paths: Collection[Path]
) -> tuple[Path, ...]:
    """The questions that the clinician's address book raises about the client, if any."""
    direct = {target.person_id: target for target in found if target.step is None}
    if not direct or any(_is_stated(path) for path in paths):
        return ()
    entries = context.session.scalars(
        _ENTRIES, {"clinician": clinician.id, "people": list(direct)}
    ).all()
    answered = _attested_on(context, clinician.id) if entries else None
    return tuple(
        _path(clinician, direct[entry.person_id], entry)
        for entry in _once(entries)
        if answered is None or answered < entry.recorded_at.date()
    )


def _is_stated(path: Path) -> bool:
    """Somebody said what the client is to the clinician: an address book says nothing more."""
    is_certain = path.target.certainty is Certainty.FACT and len(path.steps) == 1
    return is_certain and all(edge.tie is not None for edge in path.edges)


def _attested_on(context: Context, clinician_id: str) -> date | None:
    """The day of the newest attestation in force that covers friends and acquaintances."""
    asked = {"clinician": clinician_id, "day": context.today.isoformat()}
    days = [
        date.fromisoformat(as_of)
        for kinds, as_of in context.session.execute(_ATTESTED, asked)
        if AttestationKind.FRIENDS in kinds.split()
    ]
    return max(days, default=None)


def _once(entries: Collection[ContactRow]) -> Iterator[ContactRow]:
    """One question a person, however many address books hold them."""
    yield from {entry.person_id: entry for entry in entries}.values()


def _path(clinician: ClinicianRow, target: Target, entry: ContactRow) -> Path:
    said = StatedTie(
        id=entry.id,
        from_person=clinician.person_id,
        to_person=entry.person_id,
        kind=_ASKED_AS,
        is_ended=False,
        since=None,
        until=None,
        source=TieSource.ADDRESS_BOOK.value,
        clinician_id=clinician.id,
    )
    edge = Edge(clinician.person_id, entry.person_id, TieStep(_ASKED_AS), said)
    return Path((edge,), replace(target, certainty=Certainty.HINT))
