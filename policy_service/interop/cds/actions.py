"""What a suggestion would do in the EHR (CDS Hooks 2.0, "Action"), and JSON without empty values.

An action changes a resource the EHR itself sent: nothing is put into it but who is to act.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from policy_service.domain.override_reasons import Topic
from policy_service.interop.fhir.reading import Reference

_EMPTY: tuple[Any, ...] = (None, "", [], {})


def without_empty(value: Any) -> Any:
    """The same without null, "", [] and {} anywhere in it (CDS Hooks 2.0, "JSON")."""
    if isinstance(value, Mapping):
        kept = {name: without_empty(part) for name, part in value.items()}
        return {name: part for name, part in kept.items() if part not in _EMPTY or part is False}
    if isinstance(value, list | tuple):
        kept_parts = [without_empty(part) for part in value]
        return [part for part in kept_parts if part not in _EMPTY or part is False]
    return value


def another_clinician(
    drafts: Iterable[Mapping[str, Any]], instead_of: Reference, reference: str, name: str
) -> list[dict[str, Any]]:
    """One action for each draft that names a clinician: the same draft with the other one."""
    actor = {"reference": reference, "display": name}
    return [
        {
            "type": "update" if draft.get("id") else "create",
            "description": f"Ask {name} instead.",
            "resource": changed,
        }
        for draft in drafts
        if (changed := _with_another(draft, instead_of, actor)) is not None
    ]


def _with_another(
    draft: Mapping[str, Any], instead_of: Reference, actor: Mapping[str, str]
) -> dict[str, Any] | None:
    """None where the draft does not name the clinician."""
    if draft.get("resourceType") == "Appointment":
        parts = _sequence(draft.get("participant"))
        changed = [
            {**part, "actor": dict(actor), "status": "needs-action"}
            if _names(part.get("actor"), instead_of)
            else part
            for part in parts
            if isinstance(part, Mapping)
        ]
        return None if changed == list(parts) else {**draft, "participant": changed}
    if draft.get("resourceType") == "ServiceRequest":
        performers = _sequence(draft.get("performer"))
        replaced = [dict(actor) if _names(one, instead_of) else one for one in performers]
        return None if replaced == list(performers) else {**draft, "performer": replaced}
    return None


def _sequence(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else ()


def _names(value: Any, reference: Reference) -> bool:
    if not isinstance(value, Mapping):
        return False
    written = value.get("reference")
    return bool(written) and written == reference.reference


def recorded_issue(patient_id: str, system: str, topic: Topic, link: str) -> dict[str, Any]:
    """A DetectedIssue that whoever reads the chart may read: a review was recorded, and where."""
    coding = {"system": system, "code": topic.code, "display": topic.display}
    return {
        "resourceType": "DetectedIssue",
        "status": "final",
        "code": {"coding": [coding], "text": topic.display},
        "patient": {"reference": f"Patient/{patient_id}"},
        "reference": link,
    }
