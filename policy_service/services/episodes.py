"""Episodes of care: opened, revised (wrong client, termination), withdrawn."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import select

from policy_service.audit.log import Owned
from policy_service.database.tables.care import EpisodeClientRow, EpisodeClinicianRow, EpisodeRow
from policy_service.database.tables.registry import ClientRow, ClinicianRow
from policy_service.domain.care import ClientRole, ClinicianRole
from policy_service.domain.vocabulary import VOCABULARY
from policy_service.services.context import Context
from policy_service.services.parties import (
    named_client,
    named_clinician,
    pseudonyms,
    refusal,
    require_period,
)
from policy_service.services.revisions import add_first, current, revise, withdraw
from policy_service.services.touch import touch_clients, touch_clinicians

TERMINATION_REASONS = tuple(
    value for value in VOCABULARY["termination_reason"].values if value != "not_applicable"
)


@dataclass(frozen=True, slots=True)
class ClientPart:
    """A client's part in an episode; partial dates."""

    client_id: str
    role: str = "client"
    began_on: str | None = None
    ended_on: str | None = None


@dataclass(frozen=True, slots=True)
class ClinicianPart:
    """A clinician's part, with the dates that clocks count from; partial dates.

    `known_since`: when the clinician learned that the person is a client here.
    """

    clinician_id: str
    role: str = "treating"
    began_on: str | None = None
    ended_on: str | None = None
    last_contact_on: str | None = None
    known_since: str | None = None


@dataclass(frozen=True, slots=True)
class EpisodeForm:
    """One episode as it stands. Terminated episodes are not open and say why they ended."""

    clients: tuple[ClientPart, ...]
    clinicians: tuple[ClinicianPart, ...]
    began_on: str | None = None
    terminated_on: str | None = None
    termination_reason: str | None = None
    is_open: bool = True
    external_id: str | None = None

    def own(self) -> dict[str, Any]:
        """What belongs to the episode itself, by column."""
        return {
            "external_id": self.external_id,
            "began_on": self.began_on,
            "terminated_on": self.terminated_on,
            "termination_reason": self.termination_reason,
            "is_open": self.is_open,
        }


@dataclass(frozen=True, slots=True)
class Episode:
    """An episode read back: its row and the parts of the row's revision."""

    row: EpisodeRow
    clients: tuple[EpisodeClientRow, ...]
    clinicians: tuple[EpisodeClinicianRow, ...]


@dataclass(frozen=True, slots=True)
class _Parties:
    """The rows that a form names."""

    clients: list[ClientRow]
    clinicians: list[ClinicianRow]
    told: dict[str, Any] = field(default_factory=dict)


def open_episode(context: Context, form: EpisodeForm) -> str:
    """Record an episode, open or over; returns its id."""
    parties = _require(context, form)
    row = add_first(context, EpisodeRow, **form.own())
    _add_parts(context, row, form)
    _log(context, "episode.opened", row, parties)
    _touch(context, parties)
    return row.id


def revise_episode(context: Context, episode_id: str, form: EpisodeForm, reason: str) -> None:
    """Put a corrected episode in place: another client, another clinician, an end.

    Those who are in it no longer are touched as well as those who are now.
    """
    old = read_episode(context, episode_id)
    before = _named_by(context, old)
    parties = _require(context, form)
    row = revise(context, old.row, reason, **form.own())
    _add_parts(context, row, form)
    _log(context, "episode.revised", row, parties, before)
    _touch(context, before, parties)


def withdraw_episode(context: Context, episode_id: str, reason: str) -> None:
    """The episode never was; its revisions stay readable."""
    old = read_episode(context, episode_id)
    before = _named_by(context, old)
    row = withdraw(context, old.row, reason)
    _copy_parts(context, row, old)
    _log(context, "episode.withdrawn", row, before)
    _touch(context, before)


def read_episode(context: Context, episode_id: str) -> Episode:
    """The newest revision with its parts. NotFound for another practice's."""
    row = current(context, EpisodeRow, episode_id)
    parts = {"episode_id": row.id, "revision": row.revision}
    clients = context.session.scalars(select(EpisodeClientRow).filter_by(**parts))
    clinicians = context.session.scalars(select(EpisodeClinicianRow).filter_by(**parts))
    return Episode(row, tuple(clients), tuple(clinicians))


def _require(context: Context, form: EpisodeForm) -> _Parties:
    """InvalidRequest unless everyone named exists, once, and the dates and words make sense."""
    if not form.clients or not form.clinicians:
        pointer = "/clinicians" if form.clients else "/clients"
        raise refusal(pointer, "At least one is expected.")
    require_period(form.began_on, form.terminated_on, ("/began_on", "/terminated_on"))
    _require_end(form)
    _require_once([part.client_id for part in form.clients], "/clients")
    _require_once([part.clinician_id for part in form.clinicians], "/clinicians")
    for number, client in enumerate(form.clients):
        _require_part(client, f"/clients/{number}", ClientRole)
    for number, clinician in enumerate(form.clinicians):
        _require_part(clinician, f"/clinicians/{number}", ClinicianRole)
        at = f"/clinicians/{number}/last_contact_on"
        require_period(clinician.began_on, clinician.last_contact_on, (at, at))
    return _parties(context, form)


def _require_end(form: EpisodeForm) -> None:
    if form.is_open and (form.terminated_on or form.termination_reason):
        raise refusal("/is_open", "A terminated episode is not open.")
    if form.termination_reason not in (None, *TERMINATION_REASONS):
        raise refusal("/termination_reason", "This word is not allowed.", TERMINATION_REASONS)


def _require_once(ids: list[str], pointer: str) -> None:
    for number, one in enumerate(ids):
        if one in ids[:number]:
            raise refusal(f"{pointer}/{number}", "The same one is named twice.")


def _require_part(
    part: ClientPart | ClinicianPart, pointer: str, roles: type[ClientRole | ClinicianRole]
) -> None:
    if part.role not in set(roles):
        raise refusal(f"{pointer}/role", "This word is not allowed.", [r.value for r in roles])
    require_period(part.began_on, part.ended_on, (f"{pointer}/began_on", f"{pointer}/ended_on"))


def _parties(context: Context, form: EpisodeForm) -> _Parties:
    clients = [
        named_client(context, part.client_id, f"/clients/{number}/client_id")
        for number, part in enumerate(form.clients)
    ]
    clinicians = [
        named_clinician(context, part.clinician_id, f"/clinicians/{number}/clinician_id")
        for number, part in enumerate(form.clinicians)
    ]
    parts = [asdict(one) for one in form.clients] + [asdict(one) for one in form.clinicians]
    told = form.own() | {"parts": parts}
    return _Parties(clients, clinicians, told)


def _named_by(context: Context, episode: Episode) -> _Parties:
    clients = [named_client(context, part.client_id, "") for part in episode.clients]
    clinicians = [named_clinician(context, part.clinician_id, "") for part in episode.clinicians]
    return _Parties(clients, clinicians)


def _add_parts(context: Context, row: EpisodeRow, form: EpisodeForm) -> None:
    stamps = {"practice_id": context.practice_id, "episode_id": row.id, "revision": row.revision}
    for client in form.clients:
        context.session.add(EpisodeClientRow(**stamps, **asdict(client)))
    for clinician in form.clinicians:
        context.session.add(EpisodeClinicianRow(**stamps, **asdict(clinician)))
    context.session.flush()


def _copy_parts(context: Context, row: EpisodeRow, old: Episode) -> None:
    """A withdrawal keeps saying whom the episode was about."""
    clients = tuple(
        ClientPart(part.client_id, part.role, part.began_on, part.ended_on) for part in old.clients
    )
    clinicians = tuple(
        ClinicianPart(
            part.clinician_id,
            part.role,
            part.began_on,
            part.ended_on,
            part.last_contact_on,
            part.known_since,
        )
        for part in old.clinicians
    )
    _add_parts(context, row, EpisodeForm(clients, clinicians))


def _log(context: Context, action: str, row: EpisodeRow, *parties: _Parties) -> None:
    """One group per client, each under that client's own key."""
    told: dict[str, Any] = {"id": row.id, "revision": row.revision, "reason": row.reason}
    clients = {client.person_id for party in parties for client in party.clients}
    others = {one.person_id for party in parties for one in party.clinicians}
    groups = {
        f"episode:{number}": Owned(told | parties[0].told, person_id)
        for number, person_id in enumerate(sorted(clients))
    }
    context.log(action, groups, subjects=pseudonyms(context, clients | others))


def _touch(context: Context, *parties: _Parties) -> None:
    """Who is in a clinician's care bears on the clinician's other clients: two may be tied."""
    touch_clinicians(context, _ids(one for party in parties for one in party.clinicians))
    touch_clients(context, _ids(client for party in parties for client in party.clients))


def _ids(rows: Iterable[ClientRow | ClinicianRow]) -> set[str]:
    return {row.id for row in rows}
