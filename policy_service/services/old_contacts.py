"""Third parties whose hashes an older release made: nobody can be recognised in them any more.

Hashes cannot be made anew without the names, so they wait for the next import of the same export.
Until then no answer about a clinician who may know the client through them may say "nobody": that
would be silence (promise 1).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, bindparam, func, select

from policy_service.database.tables.contacts import IS_PERSON_OF, ContactRow
from policy_service.database.tables.people import PersonRow
from policy_service.database.tables.registry import ClinicianRow
from policy_service.services.chunks import rows_of
from policy_service.services.context import Context
from policy_service.services.match_state import is_old_hash
from policy_service.services.tie_reach import STEPS, within


@dataclass(frozen=True, slots=True)
class OldContacts:
    """How many listed contacts of a clinician and a source wait for another import."""

    clinician_id: str
    source: str
    number: int


def _listed(*which: ColumnElement[bool]) -> Select[str, str]:
    return (
        select(ContactRow.clinician_id, ContactRow.source)
        .join(PersonRow, IS_PERSON_OF)
        .where(
            ContactRow.is_current.is_(True),
            ContactRow.is_withdrawn.is_(False),
            ContactRow.is_listed.is_(True),
            is_old_hash(PersonRow),
            *which,
        )
    )


_COUNTED = (
    _listed()
    .add_columns(func.count())
    .group_by(ContactRow.clinician_id, ContactRow.source)
    .order_by(ContactRow.clinician_id, ContactRow.source)
)
_OWN = _listed(ContactRow.clinician_id == bindparam("clinician")).limit(1)
_OLD_AMONG = select(PersonRow.id).where(
    PersonRow.practice_id == bindparam("practice"),
    PersonRow.id.in_(bindparam("wanted", expanding=True)),
    is_old_hash(PersonRow),
)


def old_contacts(context: Context) -> tuple[OldContacts, ...]:
    """All that wait, by clinician and source; empty but after an upgrade."""
    if not context.matching.old_hashes:
        return ()
    return tuple(OldContacts(*row) for row in context.session.execute(_COUNTED))


def has_old_contacts(context: Context, clinician: ClinicianRow) -> bool:
    """Whether this clinician may know the client through somebody who cannot be recognised."""
    if not context.matching.old_hashes:
        return False
    if context.session.execute(_OWN, {"clinician": clinician.id}).first() is not None:
        return True
    near = set[str]().union(*within(context, [clinician.person_id], STEPS))
    return _any_old(context, near)


def _any_old(context: Context, person_ids: Iterable[str]) -> bool:
    return next(rows_of(context, _OLD_AMONG, person_ids), None) is not None
