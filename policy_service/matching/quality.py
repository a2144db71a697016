"""Values that recognition cannot use: what stands for "not known" is told, and never refused.

Placeholders ("unknown", 1900-01-01, 000-0000) and texts that are no date, number or address become
nothing, so that they never join two people. Whoever wrote them is told where they stand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from policy_service.domain.people import PersonRecord
from policy_service.matching.contacts import read_email, read_handle, read_phone
from policy_service.matching.dates import read_birth_date
from policy_service.matching.names import fold, fold_name, is_placeholder, real_name
from policy_service.matching.places import read_address


@dataclass(frozen=True, slots=True)
class Remark:
    """One value that is not used, by JSON pointer into the record, and why. It quotes nothing."""

    pointer: str
    detail: str

    @property
    def kind(self) -> str:
        """The field without the number of the value, and why: what is counted."""
        field = self.pointer.strip("/").split("/")[0].replace("_", " ")
        return f"{field}: {self.detail}"


_EACH: dict[str, tuple[Callable[[Any], object], str]] = {
    "phones": (read_phone, "A placeholder, or no phone number."),
    "emails": (read_email, "A placeholder, or no e-mail address."),
    "addresses": (read_address, "No part of this address can be used."),
    "handles": (read_handle, "No name of an account."),
}


def remarks(record: PersonRecord) -> tuple[Remark, ...]:
    """What was stated and cannot be used, in the order of the record."""
    return tuple(_remarks(record))


def _remarks(record: PersonRecord) -> Iterator[Remark]:
    for number, name in enumerate(record.names):
        if is_placeholder(name):
            yield Remark(f"/names/{number}", "A placeholder stands in place of a name.")
        elif fold_name(name) is None:
            yield Remark(f"/names/{number}", "No letter of this name can be used.")
    if remark := read_birth_date(record.birth_date)[1]:
        yield Remark("/birth_date", _sentence(remark))
    for field, (read, detail) in _EACH.items():
        for number, value in enumerate(getattr(record, field)):
            if not read(value):
                yield Remark(f"/{field}/{number}", detail)
    if record.company and not real_name(fold(record.company)):
        yield Remark("/company", "A placeholder stands in place of an employer.")
    yield from _of_related(record)


def _of_related(record: PersonRecord) -> Iterator[Remark]:
    for number, person in enumerate(record.related):
        if person.phone and not read_phone(person.phone):
            yield Remark(f"/related/{number}/phone", _EACH["phones"][1])
        if remark := read_birth_date(person.birth_date)[1]:
            yield Remark(f"/related/{number}/birth_date", _sentence(remark))


def _sentence(remark: str) -> str:
    said = remark.removeprefix("birth_date ").removeprefix("is ")
    return f"{said[0].upper()}{said[1:]}."
