"""A clinician's contacts from the files that platforms and address books export."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from policy_service.importers import linkedin
from policy_service.importers.readings import Contact, NotReadable, Reading, Refusals, Refused

__all__ = ["Contact", "NotReadable", "Reading", "Refused", "read_contacts"]


def read_contacts(name: str, content: BinaryIO) -> Reading:
    """Read the export `content`, a seekable stream, whose file is called `name`.

    Raises NotReadable when nothing of the file can be read; a row that cannot be is in `refused`.
    """
    refusals = Refusals()
    lines = io.TextIOWrapper(content, encoding="utf-8-sig", errors="replace", newline="")
    found = _taken(linkedin.read(name, lines), refusals)
    return Reading((linkedin.SOURCE,), found, refusals)


def _taken(found: Iterable[Contact | Refused], refusals: Refusals) -> Iterator[Contact]:
    for one in found:
        if isinstance(one, Contact):
            yield one
        else:
            refusals.add(one)
