"""Who is within three ties of whom: the reach of a clinician, of a client's people, of one tie."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import BindParameter, bindparam, select

from policy_service.database.tables.care import IS_CLIENT_OF, EpisodeClientRow, EpisodeRow
from policy_service.database.tables.registry import ClientRow, ClinicianRow
from policy_service.database.tables.ties import TieRow
from policy_service.services.chunks import rows_of
from policy_service.services.context import Context

STEPS = 3
"""A path has at most three ties."""
_WANTED: BindParameter[str] = bindparam("wanted", expanding=True)
_PRACTICE: BindParameter[str] = bindparam("practice")
_STANDING = (
    TieRow.practice_id == _PRACTICE,
    TieRow.is_current.is_(True),
    TieRow.is_withdrawn.is_(False),
)
_FORWARD = select(TieRow.to_person_id).where(*_STANDING, TieRow.from_person_id.in_(_WANTED))
_BACKWARD = select(TieRow.from_person_id).where(*_STANDING, TieRow.to_person_id.in_(_WANTED))
_ACTIVE = (ClinicianRow.practice_id == _PRACTICE, ClinicianRow.is_active.is_(True))
_ACTIVE_PEOPLE = select(ClinicianRow.person_id).where(*_ACTIVE)
_CLINICIANS = select(ClinicianRow.id).where(*_ACTIVE, ClinicianRow.person_id.in_(_WANTED))
_EPISODES_OF = (
    select(EpisodeRow.id, EpisodeRow.revision)
    .join(EpisodeClientRow, IS_CLIENT_OF)
    .join(
        ClientRow,
        (ClientRow.practice_id == EpisodeClientRow.practice_id)
        & (ClientRow.id == EpisodeClientRow.client_id),
    )
    .where(
        EpisodeRow.practice_id == _PRACTICE,
        EpisodeRow.is_current.is_(True),
        EpisodeRow.is_withdrawn.is_(False),
        EpisodeRow.is_open.is_(True),
        ClientRow.person_id.in_(_WANTED),
    )
)
_PARTIES = (
    select(EpisodeClientRow.episode_id, EpisodeClientRow.revision, ClientRow.person_id)
    .join(
        ClientRow,
        (ClientRow.practice_id == EpisodeClientRow.practice_id)
        & (ClientRow.id == EpisodeClientRow.client_id),
    )
    .where(
        EpisodeClientRow.practice_id == _PRACTICE,
        EpisodeClientRow.episode_id.in_(_WANTED),
    )
)


def within(
    context: Context, people: Iterable[str], ties: int, without: Iterable[str] = ()
) -> list[set[str]]:
    """Persons by how many ties away they are, 0 first; never through one of `without`."""
    rings = [set(people) - set(without)]
    seen = set(rings[0]) | set(without)
    for _ in range(ties):
        rings.append(_next_to(context, rings[-1]) - seen)
        seen |= rings[-1]
    return rings


def _next_to(context: Context, people: set[str]) -> set[str]:
    both = (_FORWARD, _BACKWARD)
    return {row[0] for statement in both for row in rows_of(context, statement, people)}


def clinicians_among(context: Context, people: Iterable[str]) -> set[str]:
    """Ids of the active clinicians who are these persons."""
    return {row[0] for row in rows_of(context, _CLINICIANS, people)}


def clinicians_near(context: Context, people: Iterable[str]) -> set[str]:
    """Ids of the active clinicians within three ties of one of these persons.

    The third tie is followed only where a clinician is at its other end.
    """
    near = set().union(*within(context, people, STEPS - 1))
    last = {
        row[0]
        for statement, end in ((_FORWARD, TieRow.to_person_id), (_BACKWARD, TieRow.from_person_id))
        for row in rows_of(context, statement.where(end.in_(_ACTIVE_PEOPLE)), near)
    }
    return clinicians_among(context, near | last)


def brought_near(context: Context, one: str, other: str) -> set[str]:
    """Persons whom this tie may bring near a clinician or a client in care, or into company.

    A path is start … near end, far end … person, of three ties in all: how far beyond the far end
    one must look depends on how near a start is to the near end. Paths start at clinicians, and at
    clients in care for the ties between clients.
    """
    found = {one, other}
    for near, far in ((one, other), (other, one)):
        found |= _beyond(context, near, far)
    return found | _company(context, one, other)


def _beyond(context: Context, near: str, far: str) -> set[str]:
    for behind, ring in enumerate(within(context, [near], STEPS - 1, without=[far])):
        if clinicians_among(context, ring) or _are_in_care(context, ring):
            ahead = STEPS - 1 - behind
            return set().union(*within(context, [far], ahead, without=[near]))
    return set()


def _are_in_care(context: Context, people: Iterable[str]) -> bool:
    return next(rows_of(context, _EPISODES_OF, people), None) is not None


def _company(context: Context, one: str, other: str) -> set[str]:
    """The clients of an open episode that both are clients of: their tie concerns each of them."""
    open_ones = {tuple(row) for row in rows_of(context, _EPISODES_OF, [one, other])}
    parties: dict[tuple[str, int], set[str]] = {}
    for episode, revision, person in rows_of(context, _PARTIES, {row[0] for row in open_ones}):
        parties.setdefault((episode, revision), set()).add(person)
    both = {one, other}
    together = (parties[episode] for episode in open_ones if both <= parties.get(episode, set()))
    return set().union(*together)
