"""Decisions as FHIR DetectedIssues.

`detected_issue` is a function of what `domain.audiences.redact` gave for the caller and of nothing
else that the service knows: what a DetectedIssue says, the REST door says too, to the same caller.
References that the caller sent along are given back as they were sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from policy_service.domain.outcomes import Outcome
from policy_service.domain.standings import Advice, Standing
from policy_service.interop.fhir.code_systems import (
    FINDING_KIND,
    OUTCOME,
    STANDING,
    concept,
    words,
)

RECORDED = "recorded"
_ADVICE = {advice.value: advice.value.replace(" ", "-") for advice in Advice}
_SEVERITY = {
    Outcome.PROHIBIT.value: "high",
    Outcome.DELIBERATE.value: "moderate",
    Outcome.MONITOR.value: "low",
    Outcome.ADVISE.value: "low",
    Outcome.NO_FINDING.value: "low",
    Advice.CHOOSE_ANOTHER_CLINICIAN.value: "high",
    Advice.HOLD_FOR_REVIEW.value: "moderate",
    Advice.PROCEED.value: "low",
}
FINAL, PRELIMINARY, AMENDED = STATUSES = ("final", "preliminary", "amended")
"""ObservationStatus (required binding), as far as a decision can have it."""
_STATUS = {
    Standing.IN_REVIEW.value: PRELIMINARY,
    Standing.ACCEPTED_WITH_CONDITIONS.value: AMENDED,
    Standing.DECLINED.value: AMENDED,
    Standing.OVERRIDDEN.value: AMENDED,
    Advice.HOLD_FOR_REVIEW.value: PRELIMINARY,
}


@dataclass(frozen=True, slots=True)
class Parties:
    """Patient and practitioner as the caller itself referred to them; None where it did not."""

    patient: Mapping[str, Any] | None = None
    practitioner: Mapping[str, Any] | None = None


UNNAMED = Parties()


def detected_issue(
    base: str, told: Mapping[str, Any], parties: Parties = UNNAMED
) -> dict[str, Any]:
    """The DetectedIssue of a redacted answer. `base` is the service's public address."""
    return {
        "resourceType": "DetectedIssue",
        "id": told["id"],
        **_identifier(base, told),
        "status": _status(told),
        "code": _code(base, told),
        **_severity(told),
        **_patient(base, told, parties),
        "identifiedDateTime": told["at"],
        "author": {"type": "Device", "display": "policy_service"},
        **_implicated(base, told, parties),
        **_listed("evidence", _evidence(base, told)),
        **_detail(told),
        **_mitigation(base, told),
    }


def _identifier(base: str, told: Mapping[str, Any]) -> dict[str, Any]:
    """The receipt: by it the caller can prove later that the answer was given."""
    if "receipt" not in told:
        return {}
    return {"identifier": [{"system": f"{base}/fhir/receipt", "value": told["receipt"]}]}


def _status(told: Mapping[str, Any]) -> str:
    """Preliminary while it is in review, and while something is not known: that is not clear."""
    status = _STATUS.get(told.get("standing", ""), FINAL)
    return PRELIMINARY if status == FINAL and told.get("complete") is False else status


def _code(base: str, told: Mapping[str, Any]) -> dict[str, Any]:
    if "outcome" in told:
        return concept(base, OUTCOME, told["outcome"])
    standing = _ADVICE.get(told.get("standing", ""), RECORDED)
    return concept(base, STANDING, standing)


def _severity(told: Mapping[str, Any]) -> dict[str, Any]:
    known = _SEVERITY.get(told.get("outcome", told.get("standing", "")))
    is_open = known == "low" and told.get("complete") is False
    return {"severity": known} if known and not is_open else {}


def _patient(base: str, told: Mapping[str, Any], parties: Parties) -> dict[str, Any]:
    if parties.patient is not None:
        return {"patient": dict(parties.patient)}
    if "client_id" not in told:
        return {}
    return {"patient": _reference(base, "Patient", "client", told["client_id"])}


def _implicated(base: str, told: Mapping[str, Any], parties: Parties) -> dict[str, Any]:
    if parties.practitioner is not None:
        return {"implicated": [dict(parties.practitioner)]}
    if "clinician_id" not in told:
        return {}
    return {"implicated": [_reference(base, "Practitioner", "clinician", told["clinician_id"])]}


def _reference(base: str, kind: str, space: str, ours: str) -> dict[str, Any]:
    return {"type": kind, "identifier": {"system": f"{base}/fhir/{space}", "value": ours}}


def _evidence(base: str, told: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Findings with what they rest on, then what is not known and could change the answer."""
    for finding in told.get("findings", ()):
        yield {"code": [concept(base, FINDING_KIND, finding["kind"], _finding_words(finding))]}
    for asked in told.get("ask", ()):
        yield {"code": [concept(base, OUTCOME, asked["could_become"], _ask_words(asked))]}


def _finding_words(finding: Mapping[str, Any]) -> str:
    cited = "; ".join(
        f"{one['code']} {one['section']} ({one['edition']})" for one in finding["citations"]
    )
    undecided = f" Undecided, could become {words(finding['could_become'])}."
    said = f"{words(finding['outcome'])}: {finding['title']}. {finding['because']}"
    return f"{said}{undecided if finding['undecided'] else ''} [{cited or finding['rule']}]"


def _ask_words(asked: Mapping[str, Any]) -> str:
    who = ", ".join(asked["who_may_know"])
    return f"Not known, could become {words(asked['could_become'])}: {asked['question']} ({who})"


def _detail(told: Mapping[str, Any]) -> dict[str, Any]:
    """A sentence: what was decided, and whether anything is still unknown."""
    if "outcome" not in told:
        return {"detail": told["message"]} if "message" in told else {}
    whole = "All that the rules ask is known." if told["complete"] else "Something is not known."
    could = f"Could become {words(told['could_become'])}. {whole}"
    duties = "".join(f" Obligation: {one['text']}" for one in told["obligations"])
    drafts = "".join(
        f" Unverified draft {one['rule']} would be {words(one['would_be'])}: {one['to_confirm']}"
        for one in told["unverified"]
    )
    missing = "".join(f" Not consulted: {one['body']}." for one in told["not_consulted"])
    return {"detail": f"{words(told['outcome']).capitalize()}. {could}{duties}{drafts}{missing}"}


def _mitigation(base: str, told: Mapping[str, Any]) -> dict[str, Any]:
    """What the practice decided, where the caller sees a standing and one was taken."""
    standing = told.get("standing", "")
    if _STATUS.get(standing) != AMENDED:
        return {}
    return {"mitigation": [{"action": concept(base, STANDING, standing)}]}


def _listed(name: str, values: Iterator[dict[str, Any]]) -> dict[str, Any]:
    found = list(values)
    return {name: found} if found else {}
