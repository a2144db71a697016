"""The care facts: where this clinician and this client stand, and the dates clocks count from."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import BindParameter, bindparam, select, tuple_

from policy_service.database.tables.care import (
    IS_CLIENT_OF,
    IS_CLINICIAN_OF,
    EpisodeClientRow,
    EpisodeClinicianRow,
    EpisodeRow,
)
from policy_service.database.tables.registry import ClientRow
from policy_service.database.tables.ties import TieRow
from policy_service.domain.care import (
    CareSpell,
    ClientRole,
    ClientStatus,
    client_status,
    service,
)
from policy_service.domain.dates import PartialDate
from policy_service.domain.facts import NOT_APPLICABLE, Fact, Known, On, OneOf, Unknown, Why
from policy_service.services.context import Context

_CLIENTS: BindParameter[str] = bindparam("clients", expanding=True)
_SPELLS = (
    select(EpisodeRow, EpisodeClientRow, EpisodeClinicianRow)
    .join(EpisodeClientRow, IS_CLIENT_OF)
    .join(EpisodeClinicianRow, IS_CLINICIAN_OF)
    .where(
        EpisodeRow.is_current.is_(True),
        EpisodeRow.is_withdrawn.is_(False),
        EpisodeClientRow.client_id.in_(_CLIENTS),
    )
)
_OWN_SPELLS = _SPELLS.where(EpisodeClinicianRow.clinician_id == bindparam("clinician"))
_OPEN_EPISODES = (
    select(EpisodeRow.id, EpisodeRow.revision)
    .join(EpisodeClientRow, IS_CLIENT_OF)
    .where(
        EpisodeRow.is_current.is_(True),
        EpisodeRow.is_withdrawn.is_(False),
        EpisodeRow.is_open.is_(True),
        EpisodeClientRow.client_id.in_(_CLIENTS),
    )
)


def care_spells(
    context: Context, clinician_id: str | None, client_ids: Iterable[str]
) -> list[CareSpell]:
    """Spells of care of these client ids, with this clinician or (None) with anyone here."""
    wanted = list(client_ids)
    if not wanted:
        return []
    rows = (
        context.session.execute(_SPELLS, {"clients": wanted})
        if clinician_id is None
        else context.session.execute(_OWN_SPELLS, {"clients": wanted, "clinician": clinician_id})
    )
    return [_spell(*row) for row in rows]


def _spell(
    episode: EpisodeRow, client: EpisodeClientRow, clinician: EpisodeClinicianRow
) -> CareSpell:
    ended = clinician.ended_on or client.ended_on
    return CareSpell(
        began_on=_partial(clinician.began_on or client.began_on or episode.began_on),
        is_open=episode.is_open and client.ended_on is None and clinician.ended_on is None,
        last_contact_on=_partial(clinician.last_contact_on),
        # Formal termination ends the relationship at the latest, and an ended part of care has
        # been terminated: each stands in for the other, but never for the last contact.
        relationship_ended_on=_partial(ended or episode.terminated_on),
        terminated_on=_partial(episode.terminated_on or ended),
        termination_reason=episode.termination_reason,
    )


def _partial(text: str | None) -> PartialDate | None:
    return PartialDate(text) if text else None


def care_facts(purpose: str, spells: list[CareSpell], maybe: list[CareSpell]) -> dict[str, Fact]:
    """Facts of the care between the two. `maybe` are spells of someone who may be the client."""
    status = client_status(spells)
    facts: dict[str, Fact] = {
        "purpose": Known(purpose),
        "client_status": Known(status.value),
        "service": Known(service(status, purpose).value),
    }
    if status is ClientStatus.PROSPECTIVE and maybe:
        other = client_status(maybe)
        facts["client_status"] = _either(status.value, other.value)
        facts["service"] = _either("beginning", service(other, purpose).value)
        return (
            facts
            | dict.fromkeys(_DATES, Unknown(Why.IDENTITY_UNCONFIRMED))
            | {"termination_reason": Unknown(Why.IDENTITY_UNCONFIRMED)}
        )
    return facts | _dates(status, spells)


def _either(one: str, other: str) -> Fact:
    if one == other:
        return Known(one)
    return OneOf(frozenset({one, other}), Why.IDENTITY_UNCONFIRMED)


_DATES = (
    "care_began_on",
    "last_professional_contact_on",
    "relationship_ended_on",
    "terminated_on",
)


def _dates(status: ClientStatus, spells: list[CareSpell]) -> dict[str, Fact]:
    if status is ClientStatus.PROSPECTIVE:
        return dict.fromkeys((*_DATES, "termination_reason"), Known(NOT_APPLICABLE))
    began = _extreme([spell.began_on for spell in spells], latest=False)
    if status is ClientStatus.CURRENT:
        over = (*_DATES[1:], "termination_reason")
        return {"care_began_on": began} | dict.fromkeys(over, Known(NOT_APPLICABLE))
    last = max(spells, key=_ended_last)
    return {
        "care_began_on": began,
        "last_professional_contact_on": _extreme([s.last_contact_on for s in spells]),
        "relationship_ended_on": _extreme([s.relationship_ended_on for s in spells]),
        "terminated_on": _extreme([s.terminated_on for s in spells]),
        "termination_reason": (
            Known(last.termination_reason) if last.termination_reason else Unknown(Why.NOT_RECORDED)
        ),
    }


def _ended_last(spell: CareSpell) -> str:
    dates = (spell.terminated_on, spell.relationship_ended_on, spell.last_contact_on)
    return max((when.last.isoformat() for when in dates if when), default="")


def _extreme(dates: list[PartialDate | None], *, latest: bool = True) -> Fact:
    """The latest (earliest) of several dates; unknown as soon as one of them is."""
    known = [when for when in dates if when is not None]
    if not known or len(known) < len(dates):
        return Unknown(Why.NOT_RECORDED)
    best = max(known, key=lambda w: w.last) if latest else min(known, key=lambda w: w.first)
    return On(best)


def share_an_episode(context: Context, client_ids: Iterable[str]) -> bool:
    """Do two clients of one open episode of theirs have a tie, or one a family or guardian role?"""
    episodes = _open_episodes(context, list(client_ids))
    if not episodes:
        return False
    parties = context.session.execute(
        select(EpisodeClientRow.role, ClientRow.person_id)
        .join(
            ClientRow,
            (ClientRow.practice_id == EpisodeClientRow.practice_id)
            & (ClientRow.id == EpisodeClientRow.client_id),
        )
        .where(
            tuple_(EpisodeClientRow.episode_id, EpisodeClientRow.revision).in_(episodes),
            EpisodeClientRow.practice_id == context.practice_id,
        )
    ).all()
    if len(parties) < 2:
        return False
    if any(role in (ClientRole.FAMILY_MEMBER, ClientRole.GUARDIAN) for role, _ in parties):
        return True
    return _have_tie(context, [person for _, person in parties])


def _open_episodes(context: Context, client_ids: list[str]) -> list[tuple[str, int]]:
    if not client_ids:
        return []
    rows = context.session.execute(_OPEN_EPISODES, {"clients": client_ids})
    return [(episode, revision) for episode, revision in rows]


def _have_tie(context: Context, people: list[str]) -> bool:
    found = context.session.scalars(
        select(TieRow.id)
        .where(
            TieRow.is_current.is_(True),
            TieRow.is_withdrawn.is_(False),
            TieRow.from_person_id.in_(people),
            TieRow.to_person_id.in_(people),
        )
        .limit(1)
    )
    return found.first() is not None
