"""What a hook call brought along, and what had to be read back (CDS Hooks 2.0, "Prefetch").

A key that is missing, `null`, an OperationOutcome or a Bundle with a further page is *not* "there
is none": it is read back, and where it cannot be, it is a gap that the answer names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from policy_service.errors import FieldError, InvalidRequest
from policy_service.interop.cds.contexts import HookRequest
from policy_service.interop.cds.fetching import Fetcher
from policy_service.interop.fhir.reading import (
    Bundle,
    Encounter,
    Patient,
    Practitioner,
    PractitionerRole,
    RelatedPerson,
    read,
    read_all,
)

R = TypeVar("R", Patient, Encounter, Practitioner, PractitionerRole)
_MOST_PAGES = 5


@dataclass(slots=True)
class Supply:
    """The resources of one call. `gaps` are the prefetch keys that could not be had whole."""

    request: HookRequest
    fetcher: Fetcher
    gaps: list[str] = field(default_factory=list)

    def patient(self) -> Patient | None:
        """The patient. InvalidRequest if another patient's record came in their place."""
        found = self._one("patient", Patient, self.request.patient_id)
        if found is not None and found.id != self.request.patient_id:
            text = "This is not the patient of the context."
            raise InvalidRequest(errors=[FieldError("/prefetch/patient/id", text)])
        return found

    def encounter(self) -> Encounter | None:
        """The encounter of the context, where there is one."""
        wanted = self.request.encounter_id
        if not wanted or "encounter" not in self.request.service.prefetch:
            return None
        return self._one("encounter", Encounter, wanted)

    def related(self) -> tuple[RelatedPerson, ...]:
        """Everybody recorded as related to the patient; a gap unless it is certain that is all."""
        value = self._given("related")
        at = "/prefetch/related"
        if value is None:
            value, at = self.fetcher.search(f"RelatedPerson?patient={self.request.patient_id}"), ""
        pages = list(self._pages(value, at)) if value is not None else []
        if not pages or pages[-1].next_url or _reports_failure(pages):
            self.gaps.append("related")
        return tuple(one for page in pages for one in read_all(page, RelatedPerson, at))

    def individual(self, kind: type[R], resource_id: str) -> R | None:
        """A practitioner or role: from the context, the prefetched user, or read back."""
        given = (*self.request.contained, self._given("user"))
        for value in given:
            if _is(value, kind.__name__) and value.get("id") == resource_id:
                return read(value, kind)
        found = self.fetcher.read(kind.__name__, resource_id)
        return _tolerant(found, kind)

    def _one(self, key: str, kind: type[R], resource_id: str) -> R | None:
        value = self._given(key)
        if value is not None:
            return read(value, kind, at=f"/prefetch/{key}")
        found = _tolerant(self.fetcher.read(kind.__name__, resource_id), kind)
        if found is None:
            self.gaps.append(key)
        return found

    def _given(self, key: str) -> Any:
        """What came for a key; None for what stands for "could not be had"."""
        value = self.request.prefetch.get(key)
        return None if _is(value, "OperationOutcome") else value

    def _pages(self, first: Any, at: str) -> Iterator[Bundle]:
        """The pages there are, as far as they can be read back from the same server."""
        value, place = first, at
        for _ in range(_MOST_PAGES):
            page = read(value, Bundle, at=place) if place else _tolerant(value, Bundle)
            if page is None:
                return
            yield page
            if not page.next_url:
                return
            value, place = self.fetcher.page(page.next_url), ""


def _reports_failure(pages: list[Bundle]) -> bool:
    return any(page.of("OperationOutcome") for page in pages)


def _is(value: Any, kind: str) -> bool:
    return isinstance(value, Mapping) and value.get("resourceType") == kind


B = TypeVar("B", Patient, Encounter, Practitioner, PractitionerRole, Bundle)


def _tolerant(value: Mapping[str, Any] | None, kind: type[B]) -> B | None:
    """What was read back and is not as it should be is not the caller's fault: it is not there."""
    try:
        return None if value is None else read(value, kind)
    except InvalidRequest:
        return None
