"""Rows of the registry as JSON: the same shape wherever they are shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from policy_service.database.tables.registry import (
    AttestationRow,
    ClientRow,
    ClinicianRow,
    LicenceRow,
    MembershipRow,
)
from policy_service.domain.people import PersonRecord
from policy_service.ledger.leaf import format_at
from policy_service.matching.quality import remarks
from policy_service.services.clinicians import licences_of, memberships_of
from policy_service.services.context import Context
from policy_service.services.people import open_person


def columns(row: object, *names: str) -> dict[str, Any]:
    """The named attributes."""
    return {name: getattr(row, name) for name in names}


def named(value: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """The named parts of a mapping."""
    return {name: value[name] for name in names}


def person(record: PersonRecord) -> dict[str, Any]:
    """A record without the number of its sealed form."""
    return {name: part for name, part in record.to_json().items() if name != "v"}


def recorded(context: Context, person_id: str) -> dict[str, Any]:
    """A person's record, and what of it recognition cannot use (a warning, never a refusal)."""
    record = open_person(context, person_id).record
    told = [{"pointer": f"/person{one.pointer}", "detail": one.detail} for one in remarks(record)]
    return {"person_id": person_id, "person": person(record), "warnings": told}


def clinician_line(row: ClinicianRow) -> dict[str, Any]:
    """A clinician in a list."""
    line = columns(row, "id", "external_id", "is_active", "version")
    return line | {"created_at": format_at(row.created_at)}


def clinician(context: Context, row: ClinicianRow) -> dict[str, Any]:
    """A clinician with everything recorded of them but their ties."""
    return clinician_line(row) | {
        **recorded(context, row.person_id),
        "licences": [licence(one) for one in licences_of(context, row.id)],
        "memberships": [membership(one) for one in memberships_of(context, row.id)],
    }


def licence(row: LicenceRow) -> dict[str, Any]:
    """A licence as it stands."""
    return columns(row, "id", "revision", "jurisdiction", "licence_type", "valid_from", "valid_to")


def membership(row: MembershipRow) -> dict[str, Any]:
    """A membership as it stands."""
    return columns(row, "id", "revision", "body", "valid_from", "valid_to")


def attestation(row: AttestationRow) -> dict[str, Any]:
    """An attestation as it stands."""
    return columns(row, "id", "as_of", "valid_until") | {"kinds": row.kinds.split()}


def client_line(row: ClientRow) -> dict[str, Any]:
    """A client in a list."""
    line = columns(row, "id", "external_id", "merged_into", "version")
    return line | {"created_at": format_at(row.created_at)}


def client(context: Context, row: ClientRow) -> dict[str, Any]:
    """A client with the record they are recognised by."""
    return client_line(row) | recorded(context, row.person_id)
