"""Files that a crash never leaves half written, and the secret ones that others must not read.

A secret is created whole or not at all and refused when others can read it. A group may read
(secrets mounted into a container often are root:group 0440); nobody else may.
"""

import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from policy_service.vault.errors import KeyRefused

MAX_SECRET_BYTES = 64 * 1024


def read_secret(path: Path) -> bytes:
    """Return the content of a secret file; `KeyRefused` if missing, too open or too large."""
    try:
        with path.open("rb") as file:
            _check_mode(path, os.fstat(file.fileno()))
            content = file.read(MAX_SECRET_BYTES + 1)
    except OSError as error:
        raise KeyRefused(f"key file {path}: {error.strerror}") from error
    if len(content) > MAX_SECRET_BYTES:
        raise KeyRefused(f"key file {path}: larger than {MAX_SECRET_BYTES} bytes")
    return content


def create_secret(path: Path, content: bytes) -> None:
    """Write a new secret file, mode 0600. An existing file is never replaced (`KeyRefused`).

    The content is on disk in full before the name appears, so a crash leaves no half key, and of
    two creators exactly one wins.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        _write_draft(draft, content)
        os.link(draft, path)
        sync_directory(path.parent)
    except FileExistsError as error:
        raise KeyRefused(f"key file {path}: exists already and is never replaced") from error
    except OSError as error:
        raise KeyRefused(f"key file {path}: {error.strerror}") from error
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def replace_file(path: Path, content: bytes) -> None:
    """Write a file, mode 0600, or replace it: readers see the old content or the new, never a part.

    On disk when this returns. OSError when the disk refuses; the old content then stays.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        _write_draft(draft, content)
        draft.replace(path)
        sync_directory(path.parent)
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def _write_draft(draft: Path, content: bytes) -> None:
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def sync_directory(directory: Path) -> None:
    """Make the names in a directory durable."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _check_mode(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise KeyRefused(f"key file {path}: not a regular file")
    if status.st_mode & (stat.S_IRWXO | stat.S_IWGRP):
        mode = stat.S_IMODE(status.st_mode)
        raise KeyRefused(
            f"key file {path}: mode {mode:04o} lets others read or change it; allowed is 0600, "
            "or 0640 for a group you trust"
        )
