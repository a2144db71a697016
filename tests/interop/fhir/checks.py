"""What the tests of /fhir share: bodies for `$check-boundary`, and a validator by others."""

from __future__ import annotations

from typing import Any

import fhirkit

from tests.cast import World
from tests.interop.empties import empties

ROLE_CODE = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"


def defects(resource: dict[str, Any]) -> list[str]:
    """What fhirkit-rs (R4 4.0.1) finds wrong, resources inside a Bundle one by one as well."""
    inside = [entry["resource"] for entry in resource.get("entry", ()) if "resource" in entry]
    found = [
        f"{one.path}: {one.message}"
        for each in (resource, *inside)
        for one in fhirkit.validate(each)
    ]
    return found + [f"empty value at {path}" for path in empties(resource)]


TOMAS: dict[str, Any] = {
    "resourceType": "Patient",
    "id": "ehr-7",
    "name": [{"use": "official", "family": "Reyes", "given": ["Tomas"]}],
    "birthDate": "1983-09-24",
    "gender": "male",
    "telecom": [
        {"system": "phone", "value": "+1 512 555 0147"},
        {"system": "email", "value": "tomas.reyes@example.org"},
    ],
}
"""Alma's brother, as an EHR would send him."""
STRANGER: dict[str, Any] = {
    **TOMAS,
    "id": "ehr-8",
    "name": [{"use": "official", "family": "Quill", "given": ["Ines"]}],
    "birthDate": "2001-04-30",
    "gender": "female",
    "telecom": [{"system": "phone", "value": "+1 915 555 0170"}],
}


def parameters(
    world: World, *clinicians: str, patient: dict[str, Any] | None = None, role: str = "system"
) -> dict[str, Any]:
    """A Parameters resource about clinicians of the cast, by the ids this service gave."""
    named = [
        {
            "name": "practitioner",
            "valueReference": {"reference": f"Practitioner/{world.ids[one]}"},
        }
        for one in clinicians
    ]
    return {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "purpose", "valueCode": "intake"},
            {"name": "patient", "resource": patient or TOMAS},
            *([{"name": "actingRole", "valueCode": role}] if role else []),
            *named,
        ],
    }


def issues_of(bundle: dict[str, Any]) -> list[dict[str, Any]]:
    """The DetectedIssues of a Bundle."""
    found = (entry["resource"] for entry in bundle.get("entry", ()))
    return [one for one in found if one["resourceType"] == "DetectedIssue"]
