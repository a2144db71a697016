"""How an EHR client is served is changed by officers, on record."""

from __future__ import annotations

import pytest

from policy_service.auth.ehr_keys import NewEhrClient, authenticate, issue_key
from policy_service.domain.principals import Principal, Role, Scope
from policy_service.errors import InvalidRequest, NotAllowed, NotFound
from policy_service.services.ehr_clients import (
    LIVE,
    SILENT,
    ClientSettings,
    change_settings,
    ehr_clients,
    set_mode,
    settings_of,
)
from tests.cast import World


def key(world: World) -> str:
    scopes = frozenset({Scope.DECISION_BRIEF})
    return issue_key(world.desk, NewEhrClient(world.practice_id, "Hill EHR", scopes))


def caller(world: World, secret: str) -> Principal:
    return authenticate(world.desk, f"Bearer {secret}")


def test_one_switch_takes_a_client_on_trial_live_and_is_on_record(world: World) -> None:
    secret = key(world)
    client = caller(world, secret).id
    with world.writing() as context:
        assert set_mode(context, client, SILENT)
    assert caller(world, secret).is_silent
    with world.writing() as context:
        assert set_mode(context, client, LIVE)
        assert not set_mode(context, client, LIVE)
    assert not caller(world, secret).is_silent
    assert world.actions().count("ehr_client.changed") == 2


def test_only_officers_and_administrators_switch(sqlite_world: World) -> None:
    client = caller(sqlite_world, key(sqlite_world)).id
    intake = sqlite_world.account(Role.INTAKE)
    with pytest.raises(NotAllowed), sqlite_world.writing(intake) as context:
        set_mode(context, client, SILENT)


def test_a_client_of_another_practice_is_not_found(postgresql_world: World) -> None:
    client = caller(postgresql_world, key(postgresql_world)).id
    with pytest.raises(NotFound), postgresql_world.elsewhere() as context:
        set_mode(context, client, SILENT)


@pytest.mark.parametrize(
    "url", ["ftp://ehr.example", "http://ehr.example", "https://10.0.0.1/fhir", "https://x/?a=b"]
)
def test_a_server_that_may_not_be_reached_is_refused(sqlite_world: World, url: str) -> None:
    client = caller(sqlite_world, key(sqlite_world)).id
    with sqlite_world.writing() as context, pytest.raises(InvalidRequest) as refused:
        change_settings(
            context, sqlite_world.desk.outbound, client, ClientSettings(fhir_server=url)
        )
    assert refused.value.errors[0].pointer == "/fhir_server"


def test_a_server_is_kept_without_its_last_slash(world: World) -> None:
    client = caller(world, key(world)).id
    wanted = ClientSettings(fhir_server="https://ehr.example/fhir/", answer_hours=8)
    with world.writing() as context:
        assert change_settings(context, world.desk.outbound, client, wanted)
    with world.reading() as context:
        (row,) = [one for one in ehr_clients(context) if one.id == client]
    assert settings_of(row) == ClientSettings(LIVE, "https://ehr.example/fhir", 8)
