"""The demo's key survives a restart, and is replaced only when it is no longer good."""

from __future__ import annotations

from pathlib import Path

from policy_service.auth.ehr_keys import NewEhrClient, authenticate, revoke_key
from policy_service.auth.kept_keys import kept_key
from policy_service.domain.principals import Scope
from tests.cast import World


def test_the_same_key_comes_back_until_it_is_revoked(world: World, tmp_path: Path) -> None:
    path = tmp_path / "keys" / "demo-ehr-key"
    new = NewEhrClient(world.practice_id, "demo", frozenset({Scope.DECISION_FULL}))
    key = kept_key(world.desk, new, path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert kept_key(world.desk, new, path) == key
    revoke_key(world.desk, key.split("_")[1])
    other = kept_key(world.desk, new, path)
    assert other != key
    assert authenticate(world.desk, f"Bearer {other}").practice_id == world.practice_id


def test_a_file_that_others_can_read_is_not_trusted(world: World, tmp_path: Path) -> None:
    path = tmp_path / "demo-ehr-key"
    new = NewEhrClient(world.practice_id, "demo", frozenset({Scope.DECISION_FULL}))
    key = kept_key(world.desk, new, path)
    path.chmod(0o644)
    assert kept_key(world.desk, new, path) != key
