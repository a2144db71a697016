"""Another clinician who can take the client, by a screening: who, and never why.

The first in the practice's order who is available. At most `MOST` are screened: a hook call has
half a second, and one suggestion is enough.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import orjson
from sqlalchemy import select

from policy_service.database.tables.registry import ClinicianRow
from policy_service.domain.principals import Principal
from policy_service.domain.standings import Availability
from policy_service.services.context import Context
from policy_service.services.desk import Desk
from policy_service.services.external_identifiers import reference_of
from policy_service.services.screenings import ScreeningDoor, ScreeningRequest, run_screening
from policy_service.services.shown_names import shown_names
from policy_service.services.stored_responses import Response

MOST = 3


@dataclass(frozen=True, slots=True)
class Alternative:
    """A clinician who is available. `reference` as the EHR knows them; None if it does not."""

    clinician_id: str
    name: str
    reference: str | None


def find_alternative(
    desk: Desk, principal: Principal, request: ScreeningRequest, besides: Iterable[str]
) -> Alternative | None:
    """Whom to suggest besides those asked about; None if nobody, or if the caller may not know."""
    with desk.reading(principal) as context:
        candidates = _candidates(context, frozenset(besides))
    if not candidates:
        return None
    wanted = replace(request, clinicians=tuple(candidates))
    door = ScreeningDoor(lambda body, _audience, _id: Response(201, orjson.dumps(body)))
    body = orjson.loads(run_screening(desk, principal, wanted, door).body)
    available = [
        line["clinician_id"]
        for line in body.get("clinicians", ())
        if line["availability"] == Availability.AVAILABLE.value
    ]
    if not available:
        return None
    with desk.reading(principal) as context:
        return _alternative(context, available[0])


def _candidates(context: Context, besides: frozenset[str]) -> list[str]:
    rows = (
        select(ClinicianRow.id)
        .where(ClinicianRow.is_active.is_(True), ClinicianRow.id.not_in(sorted(besides)))
        .order_by(ClinicianRow.created_at, ClinicianRow.id)
        .limit(MOST)
    )
    return list(context.session.scalars(rows))


def _alternative(context: Context, clinician_id: str) -> Alternative:
    return Alternative(
        clinician_id,
        clinician_names(context, [clinician_id])[clinician_id],
        reference_of(context, clinician_id),
    )


def clinician_names(context: Context, clinician_ids: Iterable[str]) -> dict[str, str]:
    """What the practice's clinicians are called."""
    wanted = select(ClinicianRow).where(ClinicianRow.id.in_(sorted(set(clinician_ids))))
    people = {row.id: row.person_id for row in context.session.scalars(wanted)}
    names = shown_names(context, people.values())
    return {one: names.get(person, "This clinician") for one, person in people.items()}
