"""After the packs in use changed, every pair that matters is asked about again."""

from __future__ import annotations

from sqlalchemy import select

from policy_service.database.tables.registry import ClinicianRow
from policy_service.jobs.queue import Work
from policy_service.services.desk import Desk
from policy_service.services.rescreening import rescreener
from policy_service.services.touch import rescreen_pairs_of


def rescreen_all(desk: Desk, practice_id: str, _work: Work) -> bool:
    """Queue a re-screen of each pair of each active clinician; True if there was any clinician.

    One clinician a transaction: the writers of the day are not held up. Repeating it merges with
    what still waits.
    """
    principal = rescreener(practice_id)
    with desk.reading(principal) as context:
        mine = select(ClinicianRow.id).where(ClinicianRow.is_active.is_(True))
        clinicians = list(context.session.scalars(mine.order_by(ClinicianRow.id)))
    for clinician_id in clinicians:
        with desk.writing(principal) as context:
            rescreen_pairs_of(context, clinician_id)
    return bool(clinicians)
