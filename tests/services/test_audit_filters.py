"""Filtering by a person: by pseudonym for any reader, by id for who may read the registry."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from policy_service.database.tables.people import PersonRow
from policy_service.domain.principals import Principal, Role, Scope
from policy_service.errors import NotAllowed
from policy_service.services import audit_filters
from policy_service.services.audit_filters import EntryFilter, resolved
from policy_service.services.parties import client_row
from tests.cast import World

NOBODY = str(UUID(int=7))


def _ehr(world: World, *scopes: Scope) -> Principal:
    return replace(world.cleo, roles=frozenset({Role.EHR}), scopes=frozenset(scopes))


def _asked(world: World, who: Principal, subject: str) -> str:
    with world.reading(who) as context:
        try:
            return f"found {resolved(context, EntryFilter(subject=subject)).subject}"
        except NotAllowed as error:
            return f"refused: {error.detail}"


def _pseudonym(world: World, name: str) -> str:
    with world.reading() as context:
        person = client_row(context, world.ids[name]).person_id
        return context.session.get_one(PersonRow, (world.practice_id, person)).pseudonym


def test_a_pseudonym_is_for_every_reader(world: World) -> None:
    known = _pseudonym(world, "tomas")
    assert _asked(world, _ehr(world, Scope.AUDIT_READ), known) == f"found {known}"


def test_an_id_needs_the_right_to_read_the_registry(world: World) -> None:
    known, client = _pseudonym(world, "tomas"), world.ids["tomas"]
    assert _asked(world, _ehr(world, Scope.AUDIT_READ), client).startswith("refused")
    both = _ehr(world, Scope.AUDIT_READ, Scope.REGISTRY_READ)
    assert _asked(world, both, client) == f"found {known}"
    assert _asked(world, world.cleo, client) == f"found {known}"


def test_without_the_right_a_client_s_id_is_as_unknown_as_any(world: World) -> None:
    """Blind equality: the refusal must not tell who is a client."""
    reader = _ehr(world, Scope.AUDIT_READ)
    assert _asked(world, reader, world.ids["tomas"]) == _asked(world, reader, NOBODY)
    assert _asked(world, reader, world.ids["alma"]) == _asked(world, reader, NOBODY)


def test_the_test_above_notices_a_filter_that_resolves_for_everybody(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    everybody = (audit_filters.ClientRow, audit_filters.ClinicianRow)
    monkeypatch.setattr(audit_filters, "_nameable", lambda _context: everybody)
    reader = _ehr(world, Scope.AUDIT_READ)
    assert _asked(world, reader, world.ids["tomas"]) != _asked(world, reader, NOBODY)


def test_a_third_party_s_id_needs_the_right_to_judge_identity(world: World) -> None:
    with world.reading() as context:
        person = client_row(context, world.ids["nora"]).person_id
    registry = _ehr(world, Scope.REGISTRY_READ)
    assert _asked(world, registry, person) == f"found {person}", "read as a pseudonym: no entry"
    identity = _ehr(world, Scope.REGISTRY_READ, Scope.IDENTITY_WRITE)
    assert _asked(world, identity, person) == f"found {_pseudonym(world, 'nora')}"


def test_filters_survive_being_kept(world: World) -> None:
    wanted = EntryFilter(action="check.decided", since=world.clock(), until=world.clock())
    assert EntryFilter.from_json(wanted.to_json()) == wanted
