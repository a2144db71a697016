"""EHR keys: shown once, kept as a hash, expiring, revocable, of one practice."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import select, text

from policy_service.auth.ehr_keys import NewEhrClient, authenticate, issue_key, revoke_key
from policy_service.database.tables.directory import EhrClientRow
from policy_service.domain.principals import Role, Scope
from policy_service.errors import Unauthenticated
from tests.cast import World

READ = frozenset({Scope.DECISION_BRIEF})


def _issued(world: World, days: int = 90) -> str:
    return issue_key(world.desk, NewEhrClient(world.practice_id, "an EHR", READ, days))


def test_a_key_proves_its_practice_and_its_scopes_and_no_more(world: World) -> None:
    principal = authenticate(world.desk, f"Bearer {_issued(world)}")
    assert principal.practice_id == world.practice_id
    assert principal.scopes == READ
    assert principal.roles == {Role.EHR}
    assert re.fullmatch(r"ehr:[0-9a-f-]{36}", principal.actor_ref)


def test_only_a_hash_is_kept(world: World) -> None:
    key = _issued(world)
    secret = key.split("_", 2)[2]
    with world.desk.database.engine.connect() as connection:
        rows = connection.execute(text("SELECT * FROM ehr_client")).all()
    assert rows
    assert secret not in repr(rows)
    assert re.fullmatch(r"psk_[0-9a-f]{12}_[A-Za-z0-9_-]{43}", key)


def _wrong(key: str) -> list[str | None]:
    prefix, secret = key.rsplit("_", 1)[0], key.split("_", 2)[2]
    flipped = ("A" if secret[0] != "A" else "B") + secret[1:]
    return [
        None,
        "",
        key,
        f"Basic {key}",
        "Bearer",
        "Bearer ",
        f"Bearer {key}x",
        f"Bearer {key[:-1]}",
        f"Bearer {key.upper()}",
        f"Bearer {key[:17]}{flipped}",
        f"Bearer psk_{'0' * 12}_{secret}",
        f"Bearer {prefix}",
        f"Bearer {key} {key}",
        f"Bearer {key}\x00",
        f"Bearer psk_{'0' * 12}_{'ä' * 43}",
    ]


def test_whatever_is_wrong_is_refused_in_the_same_words(world: World) -> None:
    refusals = set()
    for header in _wrong(_issued(world)):
        with pytest.raises(Unauthenticated) as refused:
            authenticate(world.desk, header)
        refusals.add(str(refused.value.to_json()))
    assert len(refusals) == 1


def test_the_answer_over_http_is_the_same_for_every_reason(world: World) -> None:
    key = _issued(world)
    world.clock.advance(days=91)
    expired = key
    revoked = _issued(world)
    assert revoke_key(world.desk, revoked[4:16])
    client = world.app.test_client()
    seen: set[Any] = set()
    for secret in (expired, revoked, "psk_000000000000_" + "A" * 43, "nonsense"):
        headers = {"Authorization": f"Bearer {secret}"}
        response = client.get("/v1/audit/checkpoint", headers=headers)
        assert response.status_code == 401
        seen.add((response.data, str(response.headers)))
    assert len(seen) == 1


def test_a_key_expires_on_the_second(world: World) -> None:
    header = f"Bearer {_issued(world, days=1)}"
    world.clock.advance(days=1, seconds=-1)
    assert authenticate(world.desk, header)
    world.clock.advance(seconds=1)
    with pytest.raises(Unauthenticated):
        authenticate(world.desk, header)


def test_a_revoked_key_is_dead_at_once_and_stays_so(world: World) -> None:
    key, other = _issued(world), _issued(world)
    assert revoke_key(world.desk, key[4:16])
    for _ in range(2):
        with pytest.raises(Unauthenticated):
            authenticate(world.desk, f"Bearer {key}")
        revoke_key(world.desk, key[4:16])
    assert authenticate(world.desk, f"Bearer {other}")


def test_revoking_again_keeps_the_first_date(world: World) -> None:
    key = _issued(world)
    revoke_key(world.desk, key[4:16])
    first = _row(world, key).revoked_at
    world.clock.advance(days=1)
    revoke_key(world.desk, key[4:16])
    assert _row(world, key).revoked_at == first
    assert not revoke_key(world.desk, "0" * 12)


def _row(world: World, key: str) -> EhrClientRow:
    with world.desk.database.directory() as session:
        return session.scalars(select(EhrClientRow).filter_by(key_prefix=key[4:16])).one()


@pytest.mark.parametrize("days", [0, -1, 366])
def test_no_key_lives_longer_than_a_year(sqlite_world: World, days: int) -> None:
    with pytest.raises(ValueError, match="1 to 365"):
        _issued(sqlite_world, days)


def test_a_key_of_another_practice_reads_that_practice_alone(postgresql_world: World) -> None:
    ours = postgresql_world.http(*Scope).get("/v1/clients").json
    theirs = postgresql_world.http(*Scope, dana=True).get("/v1/clients").json
    assert len(ours["items"]) == 2
    assert theirs["items"] == []
