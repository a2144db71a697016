"""Accounts and connections: handles meet without being kept in clear."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from policy_service.database.tables.accounts import AccountRow, ConnectionRow
from policy_service.domain.accounts import AccountKind, ConnectionState, Direction
from policy_service.domain.people import Handle
from policy_service.errors import Conflict, InvalidRequest, NotFound
from policy_service.services.accounts import (
    AccountForm,
    ConnectionForm,
    accounts_of,
    add_account,
    change_connection,
    classify_account,
    connect,
    connections_of,
    handle_key,
    withdraw_account,
    withdraw_connection,
)
from policy_service.services.clients import register_client
from policy_service.services.parties import client_row, clinician_row
from tests.cast import World, person

HANDLE = "nora.lind.90"
ONLINE = person("Petra", "Voss", "1992-12-01", handles=(Handle("instagram", f"@{HANDLE}"),))


def account(world: World, kind: AccountKind | None = AccountKind.PERSONAL) -> str:
    with world.writing() as context:
        ben = clinician_row(context, world.ids["ben"]).person_id
        return add_account(context, ben, AccountForm("instagram", "dr.ben", kind))


def connected(world: World, account_id: str, **more: Any) -> str:
    said = {"direction": Direction.MUTUAL, "state": ConnectionState.ACCEPTED, **more}
    with world.writing() as context:
        return connect(context, ConnectionForm(account_id, "Instagram", HANDLE, **said))


def petra(world: World) -> None:
    with world.writing() as context:
        world.ids["petra"] = register_client(context, ONLINE)


def fact(world: World, client: str = "petra", name: str = "personal_connection") -> object:
    return world.facts("ben", client)[name]


def test_a_connection_meets_the_clients_handle_whatever_its_spelling(world: World) -> None:
    petra(world)
    connected(world, account(world))
    assert fact(world) == "connected"
    assert fact(world, name="professional_connection") == "none"


def test_a_connection_meets_an_account_recorded_later(world: World) -> None:
    connected(world, account(world))
    assert fact(world, "nora") == "none"
    with world.writing() as context:
        nora = client_row(context, world.ids["nora"]).person_id
        add_account(context, nora, AccountForm("instagram", HANDLE))
    assert fact(world, "nora") == "connected"


def test_mixed_counts_as_personal_and_unsaid_is_unknown(world: World) -> None:
    petra(world)
    account_id = account(world, None)
    connected(world, account_id)
    assert fact(world) is None
    with world.writing() as context:
        classify_account(context, account_id, AccountKind.MIXED)
    assert fact(world) == "connected"
    with world.writing() as context:
        classify_account(context, account_id, AccountKind.PROFESSIONAL)
    assert (fact(world), fact(world, name="professional_connection")) == ("none", "connected")


def test_a_request_becomes_a_connection_and_is_removed(world: World) -> None:
    petra(world)
    made = connected(world, account(world), state=ConnectionState.REQUESTED, initiator="client")
    assert fact(world) == "requested_by_client"
    for state, word in (
        (ConnectionState.ACCEPTED, "connected"),
        (ConnectionState.REMOVED, "removed"),
    ):
        with world.writing() as context:
            change_connection(context, made, state)
        assert fact(world) == word


def test_withdrawing_either_end_ends_the_matter(world: World) -> None:
    petra(world)
    account_id = account(world)
    made = connected(world, account_id)
    with world.writing() as context:
        withdraw_connection(context, made, "another Ben")
    assert fact(world) == "none"
    connected(world, account_id)
    with world.writing() as context:
        withdraw_account(context, account_id, "not his")
    assert fact(world) == "none"


def test_no_handle_is_in_the_database_in_clear(world: World) -> None:
    connected(world, account(world))
    with world.reading() as context:
        rows: list[Any] = [
            *context.session.scalars(select(AccountRow)),
            *context.session.scalars(select(ConnectionRow)),
        ]
        clear = " ".join(str(vars(row)) for row in rows)
    assert "dr.ben" not in clear
    assert HANDLE not in clear


def test_the_owner_reads_accounts_and_connections_back(world: World) -> None:
    account_id = account(world)
    connected(world, account_id, since="2024")
    with world.reading() as context:
        ben = clinician_row(context, world.ids["ben"]).person_id
        [opened] = accounts_of(context, ben)
        [connection] = connections_of(context, account_id)
    assert (opened.platform, opened.handle, opened.kind) == ("instagram", "dr.ben", "personal")
    assert (connection.state, connection.since) == ("accepted", "2024")


def test_the_same_account_is_recorded_once(world: World) -> None:
    account(world)
    with pytest.raises(Conflict):
        account(world)


def test_handles_of_different_platforms_never_meet(world: World) -> None:
    with world.reading() as context:
        assert handle_key(context, "x", "ann") != handle_key(context, "instagram", "ann")
        assert handle_key(context, "X ", "@Ann") == handle_key(context, "x", "ann")


def test_what_makes_no_sense_is_refused_by_name(world: World) -> None:
    account_id = account(world)
    for broken, pointer in (
        ({"initiator": "a bot"}, "/initiator"),
        ({"since": "2026-13"}, "/since"),
        ({"account_id": world.ids["nora"]}, "/account_id"),
    ):
        said: dict[str, Any] = {"account_id": account_id, **broken}
        with pytest.raises(InvalidRequest) as refused:
            connected(world, **said)
        assert refused.value.errors[0].pointer == pointer


def test_changes_touch_the_clinician(world: World) -> None:
    before = world.version("ben")
    connected(world, account(world))
    assert world.version("ben") == before + 2


def test_dana_classifies_no_account_of_ours(postgresql_world: World) -> None:
    account_id = account(postgresql_world)
    with pytest.raises(NotFound), postgresql_world.elsewhere() as context:
        classify_account(context, account_id, AccountKind.PROFESSIONAL)
    with pytest.raises(InvalidRequest), postgresql_world.elsewhere() as context:
        connect(
            context,
            ConnectionForm(account_id, "x", "y", Direction.MUTUAL, ConnectionState.ACCEPTED),
        )
