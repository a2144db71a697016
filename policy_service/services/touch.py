"""Whatever can change an answer touches those it is about.

Touching raises versions, so that a check that read the old facts prepares again, and queues a
re-screen of every pair the change reaches. Which pairs: those with open care, and those somebody
asked about lately. How many there are never depends on whether a named person is a client: the
time a disclosure takes tells nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import Select, select

from policy_service.database.tables.care import EpisodeClientRow, EpisodeClinicianRow, EpisodeRow
from policy_service.database.tables.decisions import DecisionRow
from policy_service.database.tables.registry import ClientRow, ClinicianRow
from policy_service.jobs import queue
from policy_service.services.context import Context
from policy_service.services.revisions import bump

RESCREEN = "rescreen"
RECENT = timedelta(days=90)
"""A pair that was asked about within this time is asked about again when its facts change."""
_CHUNK = 500  # an import touches thousands

Pair = tuple[str, str]
"""Clinician id and client id."""


def touch_clinicians(context: Context, clinician_ids: Iterable[str]) -> None:
    """A clinician's ties, attestations, accounts or licences changed."""
    ids = set(clinician_ids)
    bump(context, ClinicianRow, ids)
    for clinician_id in sorted(ids):
        _enqueue(context, pairs_of_clinician(context, clinician_id))


def rescreen_pairs_of(context: Context, clinician_id: str) -> None:
    """Queue a re-screen of each of the clinician's pairs; nothing about the clinician changed."""
    _enqueue(context, pairs_of_clinician(context, clinician_id))


def touch_clients(context: Context, client_ids: Iterable[str]) -> None:
    """A client's record, episodes, accounts or identity changed."""
    ids = sorted(set(client_ids))
    for chunk in (set(ids[start : start + _CHUNK]) for start in range(0, len(ids), _CHUNK)):
        bump(context, ClientRow, chunk)
        _enqueue(context, pairs_of_clients(context, chunk))


def touch_people(context: Context, person_ids: Iterable[str]) -> None:
    """Something about persons changed: touch the clinicians and clients they are."""
    ids = sorted(set(person_ids))
    touch_clinicians(context, _whoever(context, ClinicianRow, ids))
    touch_clients(context, _whoever(context, ClientRow, ids))


def _whoever(
    context: Context, table: type[ClinicianRow | ClientRow], person_ids: list[str]
) -> list[str]:
    return list(context.session.scalars(select(table.id).where(table.person_id.in_(person_ids))))


def pairs_of_clinician(context: Context, clinician_id: str) -> set[Pair]:
    """The clinician with each client in open care, and with each asked about lately."""
    care = _open_care().where(EpisodeClinicianRow.clinician_id == clinician_id)
    asked = _asked_lately(context).where(DecisionRow.clinician_id == clinician_id)
    return _pairs(context, care) | _pairs(context, asked)


def pairs_of_clients(context: Context, client_ids: set[str]) -> set[Pair]:
    """Each client with each clinician of an open episode, and with each asked about lately."""
    care = _open_care().where(EpisodeClientRow.client_id.in_(client_ids))
    asked = _asked_lately(context).where(DecisionRow.client_id.in_(client_ids))
    return _pairs(context, care) | _pairs(context, asked)


def _open_care() -> Select[str, str]:
    return (
        select(EpisodeClinicianRow.clinician_id, EpisodeClientRow.client_id)
        .join(
            EpisodeRow,
            (EpisodeRow.practice_id == EpisodeClinicianRow.practice_id)
            & (EpisodeRow.id == EpisodeClinicianRow.episode_id)
            & (EpisodeRow.revision == EpisodeClinicianRow.revision),
        )
        .join(
            EpisodeClientRow,
            (EpisodeClientRow.practice_id == EpisodeRow.practice_id)
            & (EpisodeClientRow.episode_id == EpisodeRow.id)
            & (EpisodeClientRow.revision == EpisodeRow.revision),
        )
        .where(
            EpisodeRow.is_current.is_(True),
            EpisodeRow.is_withdrawn.is_(False),
            EpisodeRow.is_open.is_(True),
        )
    )


def _asked_lately(context: Context) -> Select[str, str]:
    since = context.now - RECENT
    return select(DecisionRow.clinician_id, DecisionRow.client_id).where(DecisionRow.at >= since)


def _pairs(context: Context, statement: Select[str, str]) -> set[Pair]:
    return {(row[0], row[1]) for row in context.session.execute(statement.distinct())}


def _enqueue(context: Context, pairs: set[Pair]) -> None:
    bodies = [{"clinician": clinician, "client": client} for clinician, client in sorted(pairs)]
    queue.enqueue(context.session, context.practice_id, RESCREEN, bodies, context.now)
