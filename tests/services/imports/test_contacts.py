"""Contacts from upload to undoing: what is kept, what a check finds, and what is nowhere."""

from __future__ import annotations

from policy_service.domain.accounts import AccountKind
from policy_service.services.accounts import accounts_of, classify_account
from policy_service.services.parties import clinician_row
from tests.cast import World
from tests.services.imports.contact_files import imported, linkedin, row


def mark(world: World, kind: AccountKind, clinician: str = "ben") -> None:
    with world.writing() as context:
        [account] = accounts_of(context, clinician_row(context, world.ids[clinician]).person_id)
        classify_account(context, account.id, kind)


def test_a_client_among_the_connections_is_met(world: World) -> None:
    done = imported(
        world,
        "Connections.csv",
        linkedin("Nora,Lind,nora-lind,nora.lind@example.org", "Ib,Holm,ib"),
    )
    assert (row(world, done).state, row(world, done).new) == ("stored", 2)
    mark(world, AccountKind.PERSONAL)
    assert world.facts("ben", "nora")["personal_connection"] == "connected"
