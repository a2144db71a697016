"""Clinicians whose law knows duties, and ways to raise, walk and read them."""

from __future__ import annotations

from typing import Any

import orjson
from sqlalchemy import select

from policy_service.database.tables.duties import DutyRow
from policy_service.domain.people import PersonRecord
from policy_service.domain.principals import Principal, Role
from policy_service.services.attestations import attest
from policy_service.services.checks import CheckRequest, run_check
from policy_service.services.clinicians import (
    ClinicianForm,
    LicenceForm,
    add_licence,
    register_clinician,
)
from policy_service.services.disclosures import DisclosureForm, disclose
from policy_service.services.duty_moves import Move, moves_of
from policy_service.services.episodes import (
    ClientPart,
    ClinicianPart,
    EpisodeForm,
    open_episode,
)
from policy_service.services.events import EventForm, report_event
from tests.cast import ALL_KINDS, NORA, World, person

_FAMILIES = {"US-CA": "Canyon", "US-NH": "Harbor", "US-OH": "Ohlin", "US-MN": "Minton"}
_LICENCES = {"US-CA": "LMFT", "US-NH": "LMFT", "US-OH": "IMFT", "US-MN": "LMFT", "US-CO": "LMFT"}


def practise_in(world: World, state: str) -> str:
    """A clinician licensed there, who attested everything; the id is kept as `state`."""
    with world.writing() as context:
        record = person("Gwen", _FAMILIES.get(state, "Stately"), "1971-04-04")
        world.ids[state] = register_clinician(context, ClinicianForm(record))
        add_licence(context, world.ids[state], LicenceForm(state, _LICENCES[state], "2012"))
        attest(context, world.ids[state], ALL_KINDS, context.today)
    return world.ids[state]


def report(
    world: World, clinician: str, kind: str = "reported_prior_misconduct", **more: Any
) -> dict[str, Any]:
    """Report an event of a clinician with Nora; the whole answer."""
    more = {"occurred_on": world.clock().date().isoformat(), "stated_by": "client"} | more
    form = EventForm(world.ids[clinician], world.ids["nora"], kind, **more)
    response = report_event(world.desk, world.cleo, form, world.door())
    answer: dict[str, Any] = orjson.loads(response.body)
    return answer


def befriend(world: World, clinician: str, who: PersonRecord = NORA, **more: Any) -> str:
    """The clinician discloses a friend; returns the tie's id."""
    with world.writing() as context:
        return disclose(context, DisclosureForm(world.ids[clinician], "FRND", who, **more))


def ask(world: World, clinician: str, client: str = "nora", **more: Any) -> dict[str, Any]:
    """A check in the state the clinician is named after."""
    request = CheckRequest(
        clinician_id=world.ids[clinician],
        purpose=more.get("purpose", "intake"),
        as_of=world.clock().date(),
        client_id=world.ids[client],
        location_of_service=clinician if clinician.startswith("US-") else None,
    )
    answer: dict[str, Any] = orjson.loads(
        run_check(world.desk, world.cleo, request, world.door()).body
    )
    return answer


def duties(world: World, kind: str | None = None) -> list[DutyRow]:
    """Every duty, or those of a kind, by due date and round."""
    query = select(DutyRow).order_by(DutyRow.due_on, DutyRow.round, DutyRow.id)
    with world.reading() as context:
        rows = list(context.session.scalars(query))
        context.session.expunge_all()
    return [row for row in rows if kind in (None, row.kind)]


def the_duty(world: World, kind: str) -> DutyRow:
    """The one duty of that kind."""
    [row] = duties(world, kind)
    return row


def history(world: World, duty: DutyRow) -> list[Move]:
    """The moves of a duty."""
    with world.reading() as context:
        return moves_of(context, duty)


def in_care(world: World, clinician: str) -> tuple[EpisodeForm, str]:
    """Nora is a current client of the clinician; the form and the episode's id."""
    parts = (ClientPart(world.ids["nora"]),), (ClinicianPart(world.ids[clinician]),)
    form = EpisodeForm(*parts, "2026-03")
    with world.writing() as context:
        return form, open_episode(context, form)


def clinician_account(world: World, clinician: str) -> Principal:
    """The clinician's own account."""
    return world.account(Role.CLINICIAN, name=clinician, clinician_id=world.ids[clinician])
