"""Accounts: what may be granted, and what a change ends."""

from __future__ import annotations

import pytest

from policy_service.domain.principals import Principal, Role
from policy_service.errors import Conflict, InvalidRequest, NotAllowed
from policy_service.services.logins import (
    LoginForm,
    RolesForm,
    change_roles,
    create_login,
    disable_login,
    login_row,
)
from policy_service.services.passwords import hash_password, password_matches
from tests.cast import World
from tests.console.office import PASSWORD, add_login


def _refused(world: World, **given: object) -> list[str]:
    form = {
        "email": "pat@example.org",
        "name": "Pat",
        "password": PASSWORD,
        "roles": frozenset({Role.AUDITOR}),
    }
    with pytest.raises(InvalidRequest) as refused, world.writing() as context:
        create_login(context, LoginForm(**form | given))
    return [error.pointer for error in refused.value.errors]


@pytest.mark.parametrize(
    ("given", "pointers"),
    [
        ({"email": "nobody"}, ["/email"]),
        ({"name": " "}, ["/name"]),
        ({"password": "short"}, ["/password"]),
        ({"roles": frozenset()}, ["/roles"]),
        ({"roles": frozenset({Role.EHR})}, ["/roles"]),
        ({"roles": frozenset({Role.CLINICIAN})}, ["/clinician_id"]),
        ({"reports_to": "00000000-0000-4000-8000-000000000000"}, ["/reports_to"]),
    ],
)
def test_a_wrong_field_is_named(
    sqlite_world: World, given: dict[str, object], pointers: list[str]
) -> None:
    assert _refused(sqlite_world, **given) == pointers


def test_an_address_is_taken_once_whatever_its_case(world: World) -> None:
    add_login(world, "olga", Role.AUDITOR)
    form = LoginForm("OLGA@example.org", "Olga", PASSWORD, frozenset({Role.AUDITOR}))
    with pytest.raises(Conflict), world.writing() as context:
        create_login(context, form)


def test_nobody_changes_their_own_account(sqlite_world: World) -> None:
    world = sqlite_world
    login_id = add_login(world, "ada", Role.ADMIN)
    ada = Principal(world.practice_id, login_id, "Ada", frozenset({Role.ADMIN}))
    with world.writing(ada) as context:
        with pytest.raises(NotAllowed):
            change_roles(context, login_id, RolesForm(frozenset({Role.COMPLIANCE})))
        with pytest.raises(NotAllowed):
            disable_login(context, login_id)
        assert login_row(context, login_id).roles == "admin"


def test_a_password_is_kept_as_argon2id_and_no_other_way() -> None:
    stored = hash_password(PASSWORD)
    assert stored.startswith("$argon2id$")
    assert password_matches(stored, PASSWORD)
    assert not password_matches(stored, PASSWORD + "!")
    assert not password_matches(None, PASSWORD)
    assert not password_matches("not a hash", PASSWORD)


def test_the_password_is_not_in_the_form_s_repr() -> None:
    form = LoginForm("pat@example.org", "Pat", PASSWORD, frozenset({Role.AUDITOR}))
    assert PASSWORD not in repr(form)
