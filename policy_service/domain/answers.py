"""What the service has to say, whole, before `audiences` takes what its reader may not learn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from policy_service.domain.outcomes import Outcome
from policy_service.domain.standings import Advice, Availability, Standing
from policy_service.domain.timelines import Timeline


@dataclass(frozen=True, slots=True)
class Answer:
    """A decision as it may be shown to an officer, with what redaction needs to know.

    `full` is the rendered decision JSON. `names` are third parties' names by tie, for officers
    only. `own_findings` are those of the world that holds only what the clinician stated or the
    client told them, `own_ties` the ties that rest on that alone, in order.
    """

    id: str
    at: str
    receipt: str
    advice: Advice
    clinician_id: str
    full: Mapping[str, Any]
    tie_names: Mapping[str, Any]
    own_findings: Sequence[Mapping[str, Any]]
    own_ties: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TimelineAnswer:
    """The timeline of a check in full, and `own`, drawn of its own clinician's findings alone."""

    id: str
    at: str
    timeline: Timeline
    own: Timeline
    own_ties: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ScreeningLine:
    """One clinician of a screening."""

    clinician_id: str
    availability: Availability
    outcome: Outcome
    could_become: Outcome
    complete: bool


@dataclass(frozen=True, slots=True)
class ScreeningAnswer:
    """A screening as it may be shown in full; lines in the practice's order."""

    id: str
    at: str
    receipt: str
    client_id: str
    purpose: str
    lines: tuple[ScreeningLine, ...]


@dataclass(frozen=True, slots=True)
class PreviewAnswer:
    """A preview as its clinician may see it. `full` is the rendered preview JSON."""

    id: str
    at: str
    receipt: str
    clinician_id: str
    shared_at: str | None
    full: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Flag:
    """A question about a client that the practice has or had to answer. `since` is an ISO date."""

    clinician_id: str
    kind: str
    standing: Standing
    advice: Advice
    since: str


@dataclass(frozen=True, slots=True)
class StandingChange:
    """A pair whose advice is no longer what the EHR was told; external ids are the EHR's own."""

    check_id: str
    clinician_id: str
    clinician_external_id: str | None
    client_id: str
    client_external_id: str | None
    advice: Advice
