"""Why a person goes ahead against a card: our CodeSystem of override reasons.

Offered only where a person may decide (`cards`): a prohibition that cannot be lifted offers none.
The second column is the nearest concept of HL7's non-adherence-reason-codes.
"""

from __future__ import annotations

from dataclasses import dataclass

OVERRIDE_REASONS_PATH = "/fhir/CodeSystem/boundary-override-reason"
TOPICS_PATH = "/fhir/CodeSystem/boundary-topic"
"""Where our CodeSystems stand under the service's public address."""


@dataclass(frozen=True, slots=True)
class OverrideReason:
    """A code, its display, and the HL7 code it maps to ("" where none is near)."""

    code: str
    display: str
    hl7: str = ""


OVERRIDE_REASONS = (
    OverrideReason("supervisor-approved", "A supervisor approved it", "risk-benefit-ratio"),
    OverrideReason("consult-documented", "A consultation is documented", "risk-benefit-ratio"),
    OverrideReason(
        "no-reasonable-alternative-rural",
        "No other clinician can reasonably be reached",
        "risk-benefit-ratio",
    ),
    OverrideReason("emergency", "Emergency", "mitigate-risk-negative-outcome"),
    OverrideReason(
        "mistaken-identity", "It is not the person the check means", "inappropriate-recipient"
    ),
    OverrideReason(
        "tie-ended-beyond-policy-interval",
        "The tie ended longer ago than the policy asks",
        "policy-contradicts",
    ),
    OverrideReason(
        "disclosed-and-consented",
        "It was disclosed, and the client consented",
        "risk-benefit-ratio",
    ),
)
NON_ADHERENCE = "http://terminology.hl7.org/CodeSystem/non-adherence-reason-codes"


@dataclass(frozen=True, slots=True)
class Topic:
    """What a card is about."""

    code: str
    display: str


CONFLICT = Topic("boundary-conflict", "Boundary between clinician and client")
INCOMPLETE = Topic("boundary-check-incomplete", "Boundary check not complete")
RECORDED = Topic("boundary-review-recorded", "Boundary review recorded")
"""All that a DetectedIssue in a chart may say: whoever reads the chart reads it."""
TOPICS = (CONFLICT, INCOMPLETE, RECORDED)
