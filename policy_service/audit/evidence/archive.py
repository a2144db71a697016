"""The zip of an evidence bundle, in memory: openings never touch a disk of the service in clear."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Sequence
from importlib import resources
from io import BytesIO
from typing import Self
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from policy_service.ledger.canonical import Json, canonical_bytes

PROGRAMS = ("verify.py", "rederive.py")
_NO_DATE = (1980, 1, 1, 0, 0, 0)
_PLAIN_FILE = 0o100644 << 16


class Archive:
    """A zip that is written member by member; members carry no dates."""

    def __init__(self) -> None:
        self._buffer = BytesIO()
        self._zip = ZipFile(self._buffer, "w", ZIP_DEFLATED)

    def add(self, name: str, content: bytes) -> None:
        """One member."""
        self._zip.writestr(_info(name), content)

    def add_lines(self, name: str, lines: Iterable[bytes]) -> None:
        """One member, written line by line."""
        with self._zip.open(_info(name), "w", force_zip64=True) as member:
            for line in lines:
                member.write(line)

    def content(self) -> bytes:
        """The bytes of the whole zip; nothing can be added any more."""
        self._zip.close()
        return self._buffer.getvalue()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()


def _info(name: str) -> ZipInfo:
    info = ZipInfo(name, _NO_DATE)
    info.compress_type = ZIP_DEFLATED
    info.external_attr = _PLAIN_FILE
    return info


def entry_line(index: int, leaf: bytes, openings: Sequence[bytes]) -> bytes:
    """One line of `entries.jsonl`: canonical JSON, leaf and openings in standard base64."""
    shown = [_text(each) for each in openings]
    said: dict[str, Json] = {"index": index, "leaf": _text(leaf), "openings": shown}
    return canonical_bytes(said) + b"\n"


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def programs() -> Iterator[tuple[str, bytes]]:
    """The two programs by name, as they are shipped."""
    folder = resources.files("policy_service.audit.evidence")
    for name in PROGRAMS:
        yield name, folder.joinpath(name).read_bytes()
