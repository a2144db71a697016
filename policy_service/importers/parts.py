"""One file of text, on its own or inside an archive: its encoding, its lines, its size counted.

Nothing is believed that a file says of itself: bytes are counted while they are read, and the
encoding is told from all of them, in one pass that keeps nothing.
"""

from __future__ import annotations

import codecs
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, TextIO

from policy_service.importers.delimited import LONGEST_LINE
from policy_service.importers.readings import NotReadable

CHUNK = 1 << 16
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of an upload is read. What is larger is refused whole."""

    part_bytes: int = 1 << 26
    """Of one file, unpacked: 64 MiB hold a million connections."""
    total_bytes: int = 1 << 27
    """Of all files that are read, together: 128 MiB."""
    ratio: int = 200
    """Unpacked to packed bytes of one file, from `ratio_from` on. Real lists reach about 30."""
    ratio_from: int = 1 << 20
    directory_bytes: int = 1 << 21
    """Of an archive's list of its files: 2 MiB hold about 15,000 of them."""


@dataclass(slots=True)
class Budget:
    """Counts what is unpacked. Raises NotReadable when a limit is passed."""

    limits: Limits
    total: int = 0

    def take(self, name: str, unpacked: int, packed: int | None, more: int) -> None:
        """Count `more` bytes of the part `name`, of which `unpacked` are out so far."""
        self.total += more
        limits = self.limits
        if unpacked > limits.part_bytes:
            raise NotReadable(_too_large(name, limits.part_bytes))
        if self.total > limits.total_bytes:
            raise NotReadable(_too_large("Everything in the archive", limits.total_bytes))
        if packed is not None and unpacked > max(limits.ratio_from, packed * limits.ratio):
            raise NotReadable(
                f"{name} unpacks to more than {limits.ratio} times its size. No platform's export "
                f"does; nothing of the archive was read."
            )


def _too_large(name: str, limit: int) -> str:
    return (
        f"{name} is larger than the {limit >> 20} MiB that are read of an export. Ask the platform "
        f"for your contacts alone, without messages, photos or posts."
    )


@dataclass(frozen=True, slots=True)
class Part:
    """A file of text that was read through once: `open` reads it again, from its beginning."""

    name: str
    open: Callable[[], BinaryIO]
    encoding: str = "utf-8-sig"
    mended: str = ""
    """A sentence for the reader where the bytes are not what they should be."""

    def text(self) -> TextIO:
        """The text, with its own line ends; what cannot be decoded is U+FFFD."""
        return io.TextIOWrapper(self.open(), self.encoding, errors="replace", newline="")

    def lines(self) -> Iterator[str]:
        """The lines as an editor counts them, with their ends; cut past LONGEST_LINE."""
        text = self.text()
        while line := text.readline(LONGEST_LINE + 1):
            yield line
            while len(line) > LONGEST_LINE and not line.endswith(("\n", "\r")):
                line = text.readline(LONGEST_LINE + 1)

    def head(self, length: int = CHUNK) -> str:
        """The first characters."""
        return self.text().read(length)


def inspect(
    name: str, open_part: Callable[[], BinaryIO], budget: Budget, packed: int | None = None
) -> Part:
    """Read a part through: count it and tell its encoding. Raises NotReadable over a limit."""
    unpacked, sniffer = 0, _Sniffer()
    with open_part() as stream:
        while chunk := stream.read(CHUNK):
            unpacked += len(chunk)
            budget.take(name, unpacked, packed, len(chunk))
            sniffer.feed(chunk)
    return Part(name, open_part, *sniffer.verdict())


@dataclass(slots=True)
class _Sniffer:
    """Tells an encoding from all the bytes: a byte-order mark, UTF-8, or Windows-1252.

    Text of Windows-1252 hardly ever forms a valid sequence of UTF-8. So where more sequences are
    valid than broken, it is UTF-8 with a damaged place, and not another encoding.
    """

    marked: str = ""
    begun: bool = False
    broken: int = 0
    valid: int = 0
    _decoder: codecs.IncrementalDecoder = field(
        default_factory=lambda: codecs.getincrementaldecoder("utf-8")(errors="replace")
    )

    def feed(self, chunk: bytes) -> None:
        if not self.begun:
            self.begun, self.marked = True, _marked(chunk)
        if not self.marked or self.marked == "utf-8-sig":
            self._count(self._decoder.decode(chunk))

    def _count(self, text: str) -> None:
        broken = text.count("\N{REPLACEMENT CHARACTER}")
        self.broken += broken
        self.valid += len(text) - len(text.encode("ascii", "ignore")) - broken

    def verdict(self) -> tuple[str, str]:
        self._count(self._decoder.decode(b"", final=True))
        if self.marked.startswith("utf-16"):
            return self.marked, ""
        if not self.broken:
            return "utf-8-sig", ""
        if self.valid >= self.broken:
            return "utf-8-sig", "Some bytes are not UTF-8; entries that hold them are refused."
        said = "The file is not UTF-8; it was read as Windows-1252. Look at the names with accents."
        return "cp1252", said


def _marked(head: bytes) -> str:
    """The encoding that a byte-order mark tells, or that every other byte being null betrays."""
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            return encoding
    pairs = len(head[:1024]) // 2
    if pairs and head[1:1024:2].count(0) > pairs * 0.6 > head[0:1024:2].count(0):
        return "utf-16-le"
    if pairs and head[0:1024:2].count(0) > pairs * 0.6 > head[1:1024:2].count(0):
        return "utf-16-be"
    return ""
