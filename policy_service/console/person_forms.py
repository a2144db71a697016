"""A person as a form describes them."""

from __future__ import annotations

from datetime import date

from policy_service.console.door import form_text
from policy_service.domain.people import Handle, NameKind, PersonName, PersonRecord
from policy_service.errors import FieldError, InvalidRequest


def form_person() -> PersonRecord:
    """The person of the fields given, family and so on. InvalidRequest without a name."""
    given, family = form_text("given").strip(), form_text("family").strip()
    if not given or not family:
        missing = "given" if not given else "family"
        raise InvalidRequest(errors=[FieldError(f"/{missing}", "A name is required.")])
    names = [PersonName(given, family)]
    if former := form_text("former_family").strip():
        names.append(PersonName(given, former, kind=NameKind.FORMER))
    return PersonRecord(
        names=tuple(names),
        birth_date=_partial_day("birth_date"),
        phones=_one("phone"),
        emails=_one("email"),
        handles=_handles(),
    )


def describes_somebody() -> bool:
    """Was anything of a person typed?"""
    return any(form_text(name).strip() for name in ("given", "family", "birth_date", "phone"))


def _partial_day(name: str) -> str:
    text = form_text(name).strip()
    padded = text + "2000-01-01"[len(text) :] if len(text) in (4, 7, 10) else text
    try:
        if text:
            date.fromisoformat(padded)
    except ValueError:
        said = "A date such as 1980, 1980-05 or 1980-05-31 is required."
        raise InvalidRequest(errors=[FieldError(f"/{name}", said)]) from None
    return text


def _one(name: str) -> tuple[str, ...]:
    text = form_text(name).strip()
    return (text,) if text else ()


def _handles() -> tuple[Handle, ...]:
    handle, platform = form_text("handle").strip(), form_text("platform").strip()
    if bool(handle) != bool(platform):
        missing = "platform" if handle else "handle"
        said = "Platform and handle go together."
        raise InvalidRequest(errors=[FieldError(f"/{missing}", said)])
    return (Handle(platform, handle),) if handle else ()
