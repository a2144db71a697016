"""Which licences, memberships and place of service bind a clinician on a day."""

from __future__ import annotations

from datetime import date

from sqlalchemy import bindparam, select

from policy_service.database.tables.registry import LicenceRow, MembershipRow
from policy_service.policy.selection import Binding, LicenceHeld
from policy_service.services.context import Context

_LICENCES = select(LicenceRow).where(
    LicenceRow.clinician_id == bindparam("clinician"),
    LicenceRow.is_current.is_(True),
    LicenceRow.is_withdrawn.is_(False),
)
_MEMBERSHIPS = select(MembershipRow).where(
    MembershipRow.clinician_id == bindparam("clinician"),
    MembershipRow.is_current.is_(True),
    MembershipRow.is_withdrawn.is_(False),
)


UNKNOWN_PLACE = "unknown"
"""What a caller says who does not know where the client is; saying nothing means the practice's."""


def known_place(location_of_service: str) -> str | None:
    """The jurisdiction stated; None when the caller says that it is not known."""
    return None if location_of_service == UNKNOWN_PLACE else location_of_service


def binding_of(
    context: Context, clinician_id: str, as_of: date, location_of_service: str | None
) -> Binding:
    """The licences and memberships valid on the day; a lapsed licence is passed as not valid."""
    licences = context.session.scalars(_LICENCES, {"clinician": clinician_id})
    memberships = context.session.scalars(_MEMBERSHIPS, {"clinician": clinician_id})
    held = {
        LicenceHeld(row.jurisdiction, row.licence_type, _covers(row, as_of)) for row in licences
    }
    bodies = {row.body for row in memberships if _covers(row, as_of)}
    ordered = sorted(held, key=lambda one: (one.jurisdiction, one.licence, one.valid))
    return Binding(tuple(ordered), tuple(sorted(bodies)), location_of_service)


def _covers(row: LicenceRow | MembershipRow, day: date) -> bool:
    """A partial date counts as covering: a licence of "2024" may already bind on 1 January."""
    text = day.isoformat()
    began = row.valid_from is None or row.valid_from <= text[: len(row.valid_from)]
    not_over = row.valid_to is None or row.valid_to >= text[: len(row.valid_to)]
    return began and not_over
