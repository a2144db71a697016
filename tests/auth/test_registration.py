"""EHR clients by configuration alone: registered, rotated, withdrawn, and every change logged."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from policy_service.auth.client_forms import ClientForm
from policy_service.auth.registration import (
    keys_in_use,
    register_client,
    rotate_keys,
    withdraw_client,
    withdraw_key,
)
from policy_service.domain.principals import Scope
from policy_service.errors import InvalidRequest, NotFound
from tests.cast import World
from tests.signing import ISSUER, SigningEhr, key_set, signing_key

BRIEF = frozenset({Scope.DECISION_BRIEF})


def register(world: World, **changes: Any) -> str:
    said: dict[str, Any] = {
        "name": "an EHR",
        "scopes": BRIEF,
        "issuer": ISSUER,
        "jwks": key_set(signing_key("ES384")),
    } | changes
    with world.writing() as context:
        return register_client(context, world.desk.outbound, ClientForm(**said))


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no name": ({"name": "  "}, "/name"),
    "a long name": ({"name": "x" * 201}, "/name"),
    "a name with a line break": ({"name": "a\nb"}, "/name"),
    "no scope": ({"scopes": frozenset()}, "/scopes"),
    "a long issuer": ({"issuer": "x" * 501}, "/issuer"),
    "a tenant without an issuer": ({"issuer": "", "tenant": "elm"}, "/issuer"),
    "no keys": ({"jwks": ""}, "/jwks"),
    "keys that are none": ({"jwks": "{}"}, "/jwks"),
    "an address that is no https": ({"jwks_url": "http://keys.example/k"}, "/jwks_url"),
    "an address in this network": ({"jwks_url": "https://10.0.0.7/k"}, "/jwks_url"),
    "an address that is a file": ({"jwks_url": "file:///etc/passwd"}, "/jwks_url"),
    "an origin with a path": ({"origins": ("https://ehr.example/app",)}, "/origins"),
    "every origin": ({"origins": ("*",)}, "/origins"),
    "too many origins": (
        {"origins": tuple(f"https://{n}.ehr.example.org" for n in range(60))},
        "/origins",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_named_and_nothing_is_registered(sqlite_world: World, case: str) -> None:
    changes, pointer = WRONG[case]
    before = sqlite_world.actions()
    with pytest.raises(InvalidRequest) as refused:
        register(sqlite_world, **changes)
    assert pointer in [error.pointer for error in refused.value.errors]
    assert sqlite_world.actions() == before
    register(sqlite_world)  # the pair is still free


def test_every_change_is_an_entry_of_the_log(world: World) -> None:
    before = len(world.actions())
    client_id = register(world)
    with world.writing() as context:
        rotate_keys(context, client_id, key_set(signing_key("ES384", 2)), timedelta(days=1))
    with world.writing() as context:
        withdraw_key(context, client_id, keys_in_use(context, client_id)[-1].id)
    with world.writing() as context:
        withdraw_client(context, client_id)
    assert world.actions()[before:] == [
        "ehr_client.registered",
        "ehr_client.keys_rotated",
        "ehr_client.key_withdrawn",
        "ehr_client.withdrawn",
    ]


def test_an_overlap_is_at_most_ninety_days_and_a_kid_names_one_key(sqlite_world: World) -> None:
    client_id = register(sqlite_world)
    other = signing_key("ES384", 2)
    same_name = json.loads(key_set(other))
    same_name["keys"][0]["kid"] = "es384-1"
    wrong = {
        "/overlap_days": (key_set(other), timedelta(days=91)),
        "/jwks": (json.dumps(same_name), timedelta(days=1)),
    }
    for pointer, (jwks, overlap) in wrong.items():
        with (
            pytest.raises(InvalidRequest) as refused,
            sqlite_world.writing() as context,
        ):
            rotate_keys(context, client_id, jwks, overlap)
        assert [error.pointer for error in refused.value.errors] == [pointer]
    with pytest.raises(InvalidRequest), sqlite_world.writing() as context:
        rotate_keys(context, client_id, key_set(other), timedelta(seconds=-1))


def test_a_key_that_comes_again_stays(sqlite_world: World) -> None:
    client_id = register(sqlite_world)
    both = key_set(signing_key("ES384"), signing_key("ES384", 2))
    with sqlite_world.writing() as context:
        rotate_keys(context, client_id, both, timedelta(days=7))
    with sqlite_world.reading() as context:
        found = keys_in_use(context, client_id)
    assert {key.kid: key.retires_at for key in found} == {"es384-1": None, "es384-2": None}


def test_a_leaving_key_never_lives_longer_for_a_second_rotation(sqlite_world: World) -> None:
    client_id = register(sqlite_world)
    for number, days in ((2, 2), (3, 30)):
        with sqlite_world.writing() as context:
            keys = key_set(signing_key("ES384", number))
            rotate_keys(context, client_id, keys, timedelta(days=days))
    with sqlite_world.reading() as context:
        (first,) = [key for key in keys_in_use(context, client_id) if key.kid == "es384-1"]
    assert first.retires_at == sqlite_world.clock() + timedelta(days=2)


def test_what_is_another_practice_s_is_not_there(postgresql_world: World) -> None:
    client_id = register(postgresql_world)
    with postgresql_world.reading() as context:
        key_id = keys_in_use(context, client_id)[0].id
    with postgresql_world.elsewhere() as context:
        for act in (
            lambda: withdraw_client(context, client_id),
            lambda: withdraw_key(context, client_id, key_id),
            lambda: rotate_keys(context, client_id, key_set(signing_key("ES384")), timedelta(0)),
        ):
            with pytest.raises(NotFound):
                act()


def test_a_key_of_another_client_cannot_be_withdrawn_by_this_one(sqlite_world: World) -> None:
    first = register(sqlite_world)
    second = register(sqlite_world, issuer="https://other.example")
    with sqlite_world.reading() as context:
        theirs = keys_in_use(context, second)[0].id
    for key_id in (theirs, str(uuid4())):
        with pytest.raises(NotFound), sqlite_world.writing() as context:
            withdraw_key(context, first, key_id)


def test_a_client_of_smart_alone_needs_no_issuer(sqlite_world: World) -> None:
    ehr = SigningEhr.registered(sqlite_world, issuer="")
    assert ehr.access_token("system/DetectedIssue.rs")
    assert not ehr.is_accepted(ehr.token("/cds-services", iss=ISSUER))
