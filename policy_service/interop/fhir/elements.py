"""FHIR R4 datatypes as far as we read them (R4, section 2.24 "Datatypes").

A tolerant reader: elements we do not know are skipped, an element we do know must be what FHIR says
it is. Empty texts and `null` stand for "not given", as many EHRs send them. Nothing is guessed: a
reference or a code that we cannot place stays what it was.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_load, pre_load

from policy_service.domain.dates import PartialDate

Refusals = dict[str, str | list[Any] | dict[Any, Any]]
_LONGEST = 4000
_MOST = 1000
_MOMENT = re.compile(
    r"(\d{4}-\d{2}-\d{2})T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?", re.ASCII
)
_ADDRESS = re.compile(r"(?:(?P<base>https?://[^\s]+)/)?(?P<kind>[A-Z][A-Za-z]+)/(?P<id>[^/\s]+)")
_VERSION = re.compile(r"/_history/[^/]+$")


class Element(Schema):
    """Base of all FHIR readers: unknown elements are skipped, `null` and "" are "not given"."""

    class Meta:
        """marshmallow options."""

        unknown = EXCLUDE

    error_messages = {"type": "An object is expected."}  # noqa: RUF012 - marshmallow's own name

    @pre_load
    def _without_empty(self, value: Any, **_: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        return {name: part for name, part in value.items() if part not in (None, "", [], {})}


class Text(fields.String):
    """A FHIR string, code, uri or id."""

    def __init__(self, **options: Any) -> None:
        said: Refusals = {"invalid": "A text is expected.", "required": "This element is required."}
        super().__init__(error_messages=said, validate=_not_too_long, **options)


def _not_too_long(value: str) -> None:
    if len(value) > _LONGEST:
        raise ValidationError(f"At most {_LONGEST} characters are read.")


class Code(Text):
    """A code of a closed list: a required binding. The refusal lists what is allowed."""

    def __init__(self, allowed: Sequence[str], **options: Any) -> None:
        self.allowed = tuple(allowed)
        super().__init__(**options)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        code = str(super()._deserialize(value, *args, **kwargs))
        if code not in self.allowed:
            raise ValidationError(
                [{"detail": "This code is not allowed.", "allowed": self.allowed}]
            )
        return code


class YesNo(fields.Boolean):
    """A FHIR boolean: true or false, never a text."""

    def __init__(self, **options: Any) -> None:
        super().__init__(error_messages={"invalid": "true or false is expected."}, **options)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid")
        return value


class Day(Text):
    """A FHIR date or dateTime as a partial date: the day, month or year as it was written."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        text = str(super()._deserialize(value, *args, **kwargs))
        try:
            return _partial_date(text)
        except ValueError:
            said = "A date or a time with its zone is expected: 2024, 2024-05, 2024-05-01, "
            raise ValidationError(f"{said}2024-05-01T09:30:00Z.") from None


def _partial_date(text: str) -> str:
    """The day is that of the place where it was written down, not of UTC."""
    moment = _MOMENT.fullmatch(text)
    if moment is not None:
        datetime.fromisoformat(text)
        return moment[1]
    return PartialDate(text).text


class Part(fields.Nested):
    """One element with parts of its own."""

    def __init__(self, schema: type[Element], **options: Any) -> None:
        said: Refusals = {"type": "An object is expected.", "required": "This element is required."}
        super().__init__(schema, error_messages=said, **options)


class Parts(fields.List[Any]):
    """An element that repeats; missing means none."""

    def __init__(self, inner: fields.Field[Any], **options: Any) -> None:
        said: Refusals = {"invalid": "A list is expected.", "required": "This element is required."}
        options.setdefault("load_default", ())
        if options.get("required"):
            options.pop("load_default")
        super().__init__(inner, error_messages=said, **options)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        if not isinstance(value, list):
            raise self.make_error("invalid")
        if len(value) > _MOST:
            raise ValidationError(f"At most {_MOST} are read.")
        return tuple(super()._deserialize(value, *args, **kwargs))


class Texts(Parts):
    """Texts that repeat. A `null` among them holds the place of an extension (R4, 2.6.2.3)."""

    def __init__(self) -> None:
        super().__init__(Text())

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        given = (
            [one for one in value if one not in (None, "")] if isinstance(value, list) else value
        )
        return super()._deserialize(given, *args, **kwargs)


@dataclass(frozen=True, slots=True)
class Identifier:
    """A business identifier; `system` "" where none is given."""

    value: str
    system: str = ""


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference as it was written; any part may be "" or None."""

    reference: str = ""
    type: str = ""
    identifier: Identifier | None = None
    display: str = ""

    @property
    def kind(self) -> str:
        """The type of resource it points to, "" where nothing says so."""
        match = self._match()
        return match["kind"] if match else self.type.rpartition("/")[2]

    @property
    def id(self) -> str:
        """The logical id it points to; "" for a fragment, a urn or a bare identifier."""
        match = self._match()
        return match["id"] if match else ""

    @property
    def base(self) -> str:
        """The server of an absolute address, "" for a relative one."""
        match = self._match()
        return (match["base"] or "") if match else ""

    def _match(self) -> re.Match[str] | None:
        return _ADDRESS.fullmatch(_VERSION.sub("", self.reference))


@dataclass(frozen=True, slots=True)
class Coding:
    """A code of a system."""

    system: str = ""
    code: str = ""
    display: str = ""


@dataclass(frozen=True, slots=True)
class Concept:
    """A CodeableConcept: codings that mean one thing, and the words of whoever wrote it."""

    coding: tuple[Coding, ...] = ()
    text: str = ""

    @property
    def words(self) -> str:
        """What a person would call it, "" where nothing says so."""
        shown = (one.display or one.code for one in self.coding)
        return self.text or next(filter(None, shown), "")


@dataclass(frozen=True, slots=True)
class Period:
    """From and to as partial dates, "" where not given."""

    start: str = ""
    end: str = ""


class IdentifierSchema(Element):
    """Identifier; one without a value says nothing and is None."""

    system = Text(load_default="")
    value = Text(load_default="")

    @post_load
    def _make(self, parts: dict[str, Any], **_: Any) -> Identifier | None:
        return Identifier(**parts) if parts["value"] else None


class ReferenceSchema(Element):
    """Reference."""

    reference = Text(load_default="")
    type = Text(load_default="")
    identifier = Part(IdentifierSchema, load_default=None)
    display = Text(load_default="")

    @post_load
    def _make(self, parts: dict[str, Any], **_: Any) -> Reference:
        return Reference(**parts)


class CodingSchema(Element):
    """Coding."""

    system = Text(load_default="")
    code = Text(load_default="")
    display = Text(load_default="")

    @post_load
    def _make(self, parts: dict[str, Any], **_: Any) -> Coding:
        return Coding(**parts)


class ConceptSchema(Element):
    """CodeableConcept."""

    coding = Parts(Part(CodingSchema))
    text = Text(load_default="")

    @post_load
    def _make(self, parts: dict[str, Any], **_: Any) -> Concept:
        return Concept(**parts)


class PeriodSchema(Element):
    """Period. An end before the start is refused (R4, invariant per-1)."""

    start = Day(load_default="")
    end = Day(load_default="")

    @post_load
    def _make(self, parts: dict[str, Any], **_: Any) -> Period:
        start, end = parts["start"], parts["end"]
        if start and end and PartialDate(end).last < PartialDate(start).first:
            raise ValidationError(f"{end} is before the start, {start}.", "end")
        return Period(**parts)


def identifiers(given: Sequence[Identifier | None]) -> tuple[Identifier, ...]:
    """Those that have a value."""
    return tuple(one for one in given if one is not None)


def codings(concepts: Sequence[Concept]) -> Iterator[Coding]:
    """Every coding of several concepts, in order."""
    for concept in concepts:
        yield from concept.coding
