"""Exports as tests send them: the invented files under exports/, and zips made on the spot."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

from policy_service.importers.contacts import Contact, Limits, Refused, read_contacts

EXPORTS = Path(__file__).with_name("exports")


@dataclass(frozen=True)
class Read:
    """All that a file gave."""

    contacts: tuple[Contact, ...]
    refused: tuple[Refused, ...]
    sources: tuple[str, ...]

    @property
    def only(self) -> Contact:
        """The single contact."""
        (contact,) = self.contacts
        return contact

    @property
    def dropped(self) -> tuple[Refused, ...]:
        """What was refused whole."""
        return tuple(refused for refused in self.refused if not refused.kept)

    @property
    def notes(self) -> tuple[Refused, ...]:
        """What was mended or left out of an entry that stands."""
        return tuple(refused for refused in self.refused if refused.kept)

    def names(self) -> list[str]:
        """Given and family name of each contact's first name."""
        return [f"{c.names[0].given} {c.names[0].family}".strip() for c in self.contacts if c.names]

    def handles(self) -> list[str]:
        """The account name of each contact."""
        return [contact.handle for contact in self.contacts]


def export(name: str) -> bytes:
    """The bytes of a file under exports/."""
    return (EXPORTS / name).read_bytes()


def read(name: str, raw: bytes | str, limits: Limits | None = None) -> Read:
    """Read to the end. A text is sent as UTF-8."""
    content = io.BytesIO(raw.encode() if isinstance(raw, str) else raw)
    reading = read_contacts(name, content, limits or Limits())
    contacts = tuple(reading.contacts)
    return Read(contacts, reading.refused, reading.sources)


def read_export(name: str) -> Read:
    """Read a file under exports/ by itself."""
    return read(name, export(name))


def zipped(members: dict[str, bytes | str], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of these files."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return packed.getvalue()
