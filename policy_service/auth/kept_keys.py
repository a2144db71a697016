"""An EHR key that is kept in a file, so that whoever runs the demo finds it again.

For the demo practice alone: a real EHR keeps its own key, and the service only the hash.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from policy_service.auth.ehr_keys import NewEhrClient, authenticate, issue_key
from policy_service.errors import Unauthenticated
from policy_service.services.desk import Desk
from policy_service.vault.errors import KeyRefused
from policy_service.vault.files import create_secret, read_secret


def kept_key(desk: Desk, new: NewEhrClient, path: Path) -> str:
    """The key of `path` while it is good for the practice; else a new one, which replaces it."""
    known = _read(path)
    if known is not None and _is_good(desk, new, known):
        return known
    key = issue_key(desk, new)
    path.unlink(missing_ok=True)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    create_secret(path, f"{key}\n".encode())
    return key


def _read(path: Path) -> str | None:
    with suppress(KeyRefused, UnicodeDecodeError):
        return read_secret(path).decode("ascii").strip()
    return None


def _is_good(desk: Desk, new: NewEhrClient, key: str) -> bool:
    with suppress(Unauthenticated):
        known = authenticate(desk, f"Bearer {key}")
        return known.practice_id == new.practice_id and known.scopes == new.scopes
    return False
