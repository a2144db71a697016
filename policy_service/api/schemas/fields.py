"""Fields with clear refusals: what is wrong, and what is allowed."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date
from enum import Enum
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from policy_service.domain.dates import PartialDate

EARLIEST, LATEST = date(1900, 1, 1), date(2100, 12, 31)
ID_LENGTH = 36


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


def _printable(value: str) -> None:
    for character in value:
        if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co"):
            name = f"U+{ord(character):04X}"
            raise ValidationError(f"Control or formatting character {name} is not allowed.")


class Word(fields.String):
    """One word of a closed list; the refusal lists what is allowed."""

    def __init__(self, words: Iterable[str] | type[Enum], **options: Any) -> None:
        self.words = tuple(word.value if isinstance(word, Enum) else str(word) for word in words)
        metadata = {"enum": list(self.words), **options.pop("metadata", {})}
        super().__init__(metadata=metadata, **options)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if text not in self.words:
            refusal: Any = [{"detail": "This word is not allowed.", "allowed": list(self.words)}]
            raise ValidationError(refusal)
        return str(text)


class Id(fields.String):
    """A lower-case UUID as this service gives them out."""

    def __init__(self, **options: Any) -> None:
        form = validate.Regexp(
            r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z",
            error="A lower-case UUID is expected.",
        )
        super().__init__(validate=form, metadata={"format": "uuid"}, **options)


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


def _in_range(day: PartialDate) -> PartialDate:
    if day.first < EARLIEST or day.last > LATEST:
        raise ValidationError(f"A date from {EARLIEST} to {LATEST} is expected.")
    return day
