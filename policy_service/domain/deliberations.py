"""The one deliberation record, built from the field's decision models.

Gottlieb (power, duration, ending of both relations as the client sees them), Kitchener (clash of
expectations and obligations), Younggren and Gottlieb (necessary? beneficial?), Pope and
Keith-Spiegel (best and worst outcomes, unease, thinking errors), and the codes' factor lists.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DeliberationField:
    """One question. `options` empty means free text, which stays sealed and out of the log."""

    name: str
    label: str
    section: str
    mandatory: bool = True
    options: tuple[str, ...] = ()


_LEVELS = ("low", "middle", "high")
_SPANS = ("brief", "middle", "long")
_ENDINGS = ("specific", "uncertain", "open")

FIELDS: tuple[DeliberationField, ...] = (
    DeliberationField("question", "What is to be decided?", "The question"),
    DeliberationField("therapy_power", "Power in the therapy", "The therapy", options=_LEVELS),
    DeliberationField("therapy_duration", "Its duration", "The therapy", options=_SPANS),
    DeliberationField("therapy_ending", "Its ending", "The therapy", options=_ENDINGS),
    DeliberationField("other_power", "Power in the other tie", "The other tie", options=_LEVELS),
    DeliberationField("other_duration", "Its duration", "The other tie", options=_SPANS),
    DeliberationField("other_ending", "Its ending", "The other tie", options=_ENDINGS),
    DeliberationField(
        "role_expectations", "What each role expects, side by side, and where they clash", "Roles"
    ),
    DeliberationField("necessity", "Is it necessary? Which alternatives were tried?", "Need"),
    DeliberationField("client_benefit", "Benefit and risk to the client", "Effects"),
    DeliberationField("clinician_benefit", "Benefit to the clinician", "Effects"),
    DeliberationField("worst_outcome", "Worst outcome of going on, and of not", "Effects"),
    DeliberationField("client_factors", "Vulnerability, culture, history", "Effects"),
    DeliberationField("unease", "Unease noted, and by whom", "Self-check", mandatory=False),
    DeliberationField("consultant", "Who was consulted, independent of whom, when", "Consultation"),
    DeliberationField("consultant_advice", "The advice, and any dissent", "Consultation"),
    DeliberationField(
        "client_discussion", "What the client was told and agreed to, or why not", "The client"
    ),
    DeliberationField("mitigation", "Mitigation, and the client's way out", "The plan"),
    DeliberationField("review_on", "When it is reviewed (YYYY-MM-DD)", "The plan"),
)
"""In the order of the form."""

BY_NAME: Mapping[str, DeliberationField] = {field.name: field for field in FIELDS}


def missing_fields(answers: Mapping[str, str]) -> tuple[DeliberationField, ...]:
    """Mandatory fields that are empty: while there is one, the case cannot be accepted."""
    return tuple(
        field for field in FIELDS if field.mandatory and not answers.get(field.name, "").strip()
    )
