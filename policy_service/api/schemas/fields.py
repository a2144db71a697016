"""Fields with clear refusals: what is wrong, and what is allowed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from policy_service.api.clock import today
from policy_service.domain.dates import PartialDate
from policy_service.services.bindings import UNKNOWN_PLACE

EARLIEST, LATEST = date(1900, 1, 1), date(2100, 12, 31)
_REFERENCE = "[A-Za-z0-9][A-Za-z0-9._:-]{0,63}"
_PLACE = "[A-Z]{2}(-[A-Z0-9]{1,3})?"
_UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


class Strict(Schema):
    """Unknown fields are refused by name."""

    class Meta:
        """marshmallow options."""

        unknown = RAISE


class Text(fields.String):
    """Text without control or bidirectional-override characters, at most `longest` long."""

    def __init__(self, longest: int = 200, **options: Any) -> None:
        self.longest = longest
        limits = validate.Length(1, longest)
        super().__init__(validate=[limits, _printable], **options)


_UNPRINTABLE = ("Cc", "Cf", "Cs", "Co", "Cn")
"""Control, format, surrogate, private use, unassigned: what `domain.people` would drop silently."""


def _printable(value: str) -> None:
    if value.isspace():
        raise ValidationError("More than spaces is expected.")
    for character in value:
        if unicodedata.category(character) in _UNPRINTABLE:
            name = f"U+{ord(character):04X}"
            raise ValidationError(f"Control or formatting character {name} is not allowed.")


class Word(fields.String):
    """One word of a closed list; the refusal lists what is allowed."""

    def __init__(self, words: Iterable[str] | type[Enum], **options: Any) -> None:
        self.words = tuple(word.value if isinstance(word, Enum) else str(word) for word in words)
        metadata = {"enum": list(self.words), **options.pop("metadata", {})}
        refusals = {
            "required": self._refusal("This field is required."),
            "null": self._refusal("null is not allowed."),
            "invalid": self._refusal("A word is expected."),
        }
        super().__init__(metadata=metadata, error_messages=refusals, **options)

    def _refusal(self, detail: str) -> Any:
        return [{"detail": detail, "allowed": list(self.words)}]

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if text not in self.words:
            raise ValidationError(self._refusal("This word is not allowed."))
        return str(text)


def _is_uuid(value: str) -> None:
    if re.fullmatch(_UUID, value) is None:
        raise ValidationError("A lower-case UUID is expected.")


class Token(fields.String):
    """A pseudonym or dotted word of the audit log."""

    def __init__(self, **options: Any) -> None:
        super().__init__(validate=_is_token, metadata={"pattern": f"^{_REFERENCE}$"}, **options)


def _is_token(value: str) -> None:
    if re.fullmatch(_REFERENCE, value) is None:
        raise ValidationError("1 to 64 letters, digits and . _ : - are expected.")


class Id(fields.String):
    """A lower-case UUID as this service gives them out."""

    def __init__(self, description: str = "", **options: Any) -> None:
        metadata = {"format": "uuid", "pattern": f"^{_UUID}$"}
        if description:
            metadata["description"] = description
        super().__init__(validate=_is_uuid, metadata=metadata, **options)


class Day(fields.String):
    """A full date, YYYY-MM-DD, between 1900 and 2100."""

    def __init__(self, **options: Any) -> None:
        super().__init__(metadata={"format": "date"}, **options)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            day = PartialDate(str(text))
        except ValueError:
            raise ValidationError("A date that exists is expected: YYYY-MM-DD.") from None
        if not day.is_full:
            raise ValidationError("A full date is expected: YYYY-MM-DD.")
        return _in_range(day).first


class Partial(fields.String):
    """A date that may lack its day or month: YYYY, YYYY-MM or YYYY-MM-DD."""

    def __init__(self, **options: Any) -> None:
        pattern = r"^\d{4}(-\d{2}(-\d{2})?)?$"
        super().__init__(metadata={"pattern": pattern}, **options)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            return _in_range(PartialDate(str(text))).text
        except ValueError:
            allowed = "A date that exists is expected: YYYY, YYYY-MM or YYYY-MM-DD."
            raise ValidationError(allowed) from None


class Past(Partial):
    """A partial date that has begun: nobody is born tomorrow."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if PartialDate(text).first > today():
            raise ValidationError("A date that is not in the future is expected.")
        return text


class Moment(fields.String):
    """A moment with its zone, RFC 3339: 2026-03-01T09:30:00Z."""

    def __init__(self, **options: Any) -> None:
        super().__init__(metadata={"format": "date-time"}, **options)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            moment = datetime.fromisoformat(str(text))
            moment = moment.astimezone(UTC) if moment.tzinfo else moment
        except (ValueError, OverflowError):
            raise ValidationError(_MOMENT) from None
        if moment.tzinfo is None or not EARLIEST <= moment.date() <= LATEST:
            raise ValidationError(_MOMENT)
        return moment


_MOMENT = f"A time with its zone is expected, {EARLIEST} to {LATEST}: 2026-03-01T09:30:00Z."


class Jurisdiction(fields.String):
    """A country, or a country and its subdivision (ISO 3166): "US-TX"."""

    def __init__(self, **options: Any) -> None:
        super().__init__(validate=_is_jurisdiction, metadata={"pattern": f"^{_PLACE}$"}, **options)


class PlaceOfService(fields.String):
    """A jurisdiction, or "unknown" where nobody can say where the client is."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            validate=_is_place, metadata={"pattern": f"^({_PLACE}|{UNKNOWN_PLACE})$"}, **options
        )


def _is_place(value: str) -> None:
    if value != UNKNOWN_PLACE and re.fullmatch(_PLACE, value) is None:
        said = f"A country and, where it has one, a state is expected: US-TX; or: {UNKNOWN_PLACE}."
        raise ValidationError(said)


def _is_jurisdiction(value: str) -> None:
    if re.fullmatch(_PLACE, value) is None:
        raise ValidationError("A country and, where it has one, a state is expected: US-TX.")


def _in_range(day: PartialDate) -> PartialDate:
    if day.first < EARLIEST or day.last > LATEST:
        raise ValidationError(f"A date from {EARLIEST} to {LATEST} is expected.")
    return day
