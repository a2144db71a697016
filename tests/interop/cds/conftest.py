"""Hashes of the least cost: every EHR of these tests opens two accounts."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher

from policy_service.services import passwords


@pytest.fixture(autouse=True)
def _quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(1, 8, 1))
