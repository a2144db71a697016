"""What can be asked, as the service reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class CheckRequest:
    """One clinician, one client, one purpose: `POST /v1/checks`.

    `clinician` is `{"id": …}`; `client` is `{"id": …}`, or `{"person": {…}}` with or without your
    own `external_id`. `acting_user` says who sits at the keyboard, and decides how much is told.
    """

    clinician: Mapping[str, Any]
    client: Mapping[str, Any]
    purpose: str
    acting_user: Mapping[str, Any] | None = None
    as_of: str | None = None
    location_of_service: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The body."""
        optional = {
            "acting_user": self.acting_user,
            "as_of": self.as_of,
            "location_of_service": self.location_of_service,
        }
        return {
            "clinician": dict(self.clinician),
            "client": dict(self.client),
            "purpose": self.purpose,
            **{name: value for name, value in optional.items() if value is not None},
        }


@dataclass(frozen=True)
class ScreeningRequest:
    """One client against all active clinicians, or those named: `POST /v1/screenings`."""

    client: Mapping[str, Any]
    purpose: str
    acting_user: Mapping[str, Any] | None = None
    clinicians: tuple[str, ...] | None = None

    def to_json(self) -> dict[str, Any]:
        """The body."""
        body: dict[str, Any] = {"client": dict(self.client), "purpose": self.purpose}
        if self.acting_user is not None:
            body["acting_user"] = dict(self.acting_user)
        if self.clinicians is not None:
            body["clinicians"] = list(self.clinicians)
        return body
