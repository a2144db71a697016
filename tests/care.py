"""Clinicians under one code each, and clients they care or cared for: what stories begin with."""

from __future__ import annotations

from policy_service.domain.people import PersonRecord
from policy_service.services.attestations import attest
from policy_service.services.clients import register_client
from policy_service.services.clinicians import (
    ClinicianForm,
    LicenceForm,
    MembershipForm,
    add_licence,
    add_membership,
    register_clinician,
)
from policy_service.services.disclosures import DisclosureForm, disclose
from policy_service.services.episodes import (
    ClientPart,
    ClinicianPart,
    EpisodeForm,
    open_episode,
)
from tests.cast import ALL_KINDS, World, person


def clinician(world: World, *memberships: str, licence: tuple[str, str] = ("US-TX", "LPC")) -> str:
    """A new clinician who attested everything today."""
    number = len(world.ids)
    with world.writing() as context:
        made = register_clinician(
            context, ClinicianForm(person("Quinn", f"Vale{number}", f"19{60 + number % 30}-05-05"))
        )
        add_licence(context, made, LicenceForm(*licence, "2010"))
        for body in memberships:
            add_membership(context, made, MembershipForm(body))
        attest(context, made, ALL_KINDS, context.today)
    world.ids[f"clinician{number}"] = made
    return made


def former_client(world: World, treated_by: str, ended: str | None, record: PersonRecord) -> str:
    """A client whose care by this clinician ended on that day; None: nobody recorded when."""
    with world.writing() as context:
        client_id = register_client(context, record)
    end_care(world, treated_by, ended, client_id)
    return client_id


def end_care(world: World, treated_by: str, ended: str | None, client_id: str) -> None:
    """A spell of care by this clinician that is over."""
    with world.writing() as context:
        open_episode(
            context,
            EpisodeForm(
                (ClientPart(client_id),),
                (ClinicianPart(treated_by, last_contact_on=ended),),
                began_on="2020-01-10",
                terminated_on=ended,
                termination_reason="planned",
                is_open=False,
            ),
        )


def current_client(world: World, treated_by: str, record: PersonRecord) -> str:
    """A client whose care by this clinician goes on."""
    with world.writing() as context:
        client_id = register_client(context, record)
        open_episode(
            context,
            EpisodeForm(
                (ClientPart(client_id),), (ClinicianPart(treated_by),), began_on="2025-06-01"
            ),
        )
    return client_id


def tell(world: World, who: str, kind: str, whom: PersonRecord, **more: str) -> None:
    """The clinician discloses a tie."""
    with world.writing() as context:
        disclose(context, DisclosureForm(who, kind, whom, **more))
