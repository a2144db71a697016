"""Passwords: argon2id, few at a time, and the same work for an account that does not exist."""

from __future__ import annotations

import threading
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from policy_service.errors import FieldError, InvalidRequest

SHORTEST, LONGEST = 12, 200
_AT_ONCE = 2
"""One hash takes 64 MiB and all of a core: more at once would let logins starve the service."""

_hasher = PasswordHasher()
_slots = threading.BoundedSemaphore(_AT_ONCE)


def hash_password(password: str) -> str:
    """The argon2id hash. InvalidRequest for a password that is too short or too long."""
    if not SHORTEST <= len(password) <= LONGEST:
        text = f"Between {SHORTEST} and {LONGEST} characters are required."
        raise InvalidRequest(errors=[FieldError("/password", text)])
    with _slots:
        return _hasher.hash(password)


def password_matches(stored: str | None, password: str) -> bool:
    """Verify; for `stored` None the same work is done, so that time does not tell who exists."""
    if len(password) > LONGEST:
        return False
    with _slots:
        return _verifies(stored or _nobody(), password) and stored is not None


def _verifies(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobody() -> str:
    return _hasher.hash("nobody has this password")
