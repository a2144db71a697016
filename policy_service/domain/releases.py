"""A release: something of the practice's records given to somebody outside it.

HIPAA calls it a disclosure and lets a client ask for an accounting of them (45 CFR 164.528): the
date, to whom, what was given, and what for. Here *disclosure* means a clinician stating a tie.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class RecipientKind(StrEnum):
    """Who receives."""

    BOARD = "board"
    """A licence board or a professional association."""
    COURT = "court"
    INSURER = "insurer"
    AUTHORITY = "authority"
    """Any other public authority."""
    LAWYER = "lawyer"
    CLIENT = "client"
    """The client, or who acts for them. HIPAA excepts these; they are recorded all the same."""
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who receives: name, and address where it is known (empty: not known)."""

    kind: RecipientKind
    name: str
    address: str = ""


@dataclass(frozen=True, slots=True)
class Release:
    """What is given, to whom, and what for. `subjects`: pseudonyms of those it tells about.

    `content` (JSON): how to make again what was given; kept beside the words, and erased with them.
    """

    recipient: Recipient
    what: str
    purpose: str
    subjects: frozenset[str]
    content: Mapping[str, Any] = field(default_factory=dict)
