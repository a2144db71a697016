"""Zip archives, read without trust: never to disk, counted byte by byte, limits before contents.

What the archive declares of itself (sizes, numbers, names) is not believed. Archives inside are
not opened. A limit that is passed refuses the whole archive; a damaged member only itself.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO, cast

from policy_service.domain.people import clean_text
from policy_service.importers.parts import Limits
from policy_service.importers.readings import NotReadable, Refused

FAULTS = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
)
"""All that `zipfile` raises on bytes that are no good archive; found by fuzzing."""

_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_ARCHIVE = re.compile(r"\.(zip|7z|rar|gz|tgz|tar|bz2|xz)$", re.IGNORECASE)
_ENCRYPTED = 0x1


class _Bounded(io.RawIOBase):
    """The upload as `zipfile` sees it: no single read above the limit, and never closed.

    `zipfile` reads the whole list of files at once, as long as the archive says it is, and makes an
    object of each entry. Everything else it reads in small pieces.
    """

    def __init__(self, content: BinaryIO, limit: int) -> None:
        super().__init__()
        self._content, self._limit = content, limit

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._content.seek(offset, whence)

    def tell(self) -> int:
        return self._content.tell()

    def read(self, size: int | None = -1) -> bytes:
        wanted = self._limit + 1 if size is None or size < 0 else size
        if wanted > self._limit + 1:
            raise NotReadable(_TOO_MANY)
        found = self._content.read(wanted)
        if len(found) > self._limit:
            raise NotReadable(_TOO_MANY)
        return found


_TOO_MANY = (
    "The archive lists more files than are looked through (about 15,000). Ask the platform for "
    "your contacts alone, or send the file with the contacts by itself."
)


@dataclass(frozen=True, slots=True)
class Member:
    """A file that is not opened yet; `packed` is its size in the archive, as the archive says."""

    name: str
    open: Callable[[], BinaryIO]
    packed: int | None = None


def read_archive(content: BinaryIO, limits: Limits) -> Iterator[Member | Refused]:
    """The files of a zip, and why one of them cannot be read.

    Raises NotReadable for no zip at all, or one with too many files. `content` must stay open.
    """
    try:
        archive = zipfile.ZipFile(cast(BinaryIO, _Bounded(content, limits.directory_bytes)))
    except NotReadable:
        raise
    except FAULTS:
        raise NotReadable("The zip archive is damaged or cut off. Download it again.") from None
    for info in archive.infolist():
        name = clean_text(info.filename.replace("\\", "/"))
        if info.is_dir() or _is_shadow(name):
            continue
        refusal = _refusal(info, name)
        if refusal:
            yield Refused(name, 0, "", refusal)
        else:
            yield Member(name, partial(_open, archive, info), info.compress_size)


def _is_shadow(name: str) -> bool:
    """What macOS puts beside each file: the same name, no contents."""
    return name.startswith("__MACOSX/") or name.rpartition("/")[2].startswith("._")


def _refusal(info: zipfile.ZipInfo, name: str) -> str:
    if _ARCHIVE.search(name):
        return "An archive inside the archive is not opened. Unpack it and send what is in it."
    if name.startswith("/") or ":" in name[:2] or ".." in name.split("/"):
        return "The name leads out of the archive; only files inside are read."
    if info.flag_bits & _ENCRYPTED:
        return "This file is locked with a password. Unpack it and send it without one."
    if info.compress_type not in _METHODS:
        return "This file is packed in a way that is not read. Pack it as an ordinary zip."
    return ""


def _open(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> BinaryIO:
    return cast(BinaryIO, archive.open(info))
