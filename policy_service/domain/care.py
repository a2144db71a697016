"""Care: episodes, their parties, and where one clinician and one client stand to each other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from policy_service.domain.dates import PartialDate

BEGINNING_PURPOSES = frozenset({"intake", "booking", "assignment", "re_enrolment", "transfer"})
"""Purposes that take a client (back) into care."""


class ClientRole(StrEnum):
    """A person's role in an episode of care."""

    CLIENT = "client"
    FAMILY_MEMBER = "family_member"
    GROUP_MEMBER = "group_member"
    GUARDIAN = "guardian"


class ClinicianRole(StrEnum):
    """A clinician's role in an episode of care."""

    TREATING = "treating"
    CO_TREATING = "co_treating"
    SUPERVISING = "supervising"
    COVERING = "covering"


class ClientStatus(StrEnum):
    """Where the client stands to this clinician."""

    PROSPECTIVE = "prospective"
    CURRENT = "current"
    FORMER = "former"


class Service(StrEnum):
    """Whether this check is about care beginning (again), going on, or over."""

    BEGINNING = "beginning"
    ONGOING = "ongoing"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class CareSpell:
    """One clinician's part in one episode of one client; None is "not recorded"."""

    began_on: PartialDate | None
    is_open: bool
    last_contact_on: PartialDate | None = None
    relationship_ended_on: PartialDate | None = None
    terminated_on: PartialDate | None = None
    termination_reason: str | None = None


def client_status(spells: Iterable[CareSpell]) -> ClientStatus:
    """Current if any spell is open, former if all are over, prospective if there is none."""
    states = {spell.is_open for spell in spells}
    if not states:
        return ClientStatus.PROSPECTIVE
    return ClientStatus.CURRENT if True in states else ClientStatus.FORMER


def service(status: ClientStatus, purpose: str) -> Service:
    """A former client asked about for any beginning purpose is being taken back."""
    if status is ClientStatus.PROSPECTIVE:
        return Service.BEGINNING
    if status is ClientStatus.CURRENT:
        return Service.ONGOING
    return Service.BEGINNING if purpose in BEGINNING_PURPOSES else Service.ENDED
