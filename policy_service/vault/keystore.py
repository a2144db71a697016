"""The folder of signing keys: each is made on first use and never replaced."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from policy_service.vault.errors import KeyRefused
from policy_service.vault.signing import SigningKey, create_signing_key, load_signing_key


def open_signing_key(folder: Path, file_name: str, key_name: str) -> SigningKey:
    """Load `folder/file_name.pem`; make it when it is not there yet.

    Of two processes that start together one makes the key and both read that one.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{file_name}.pem"
    if not path.exists():
        with suppress(KeyRefused):
            create_signing_key(path, key_name)
    return load_signing_key(path, key_name)


def open_log_key(folder: Path, origin: str) -> SigningKey:
    """The key of the log with this origin, whose last part names the file."""
    return open_signing_key(folder, "log-" + origin.rpartition("/")[2], origin)
