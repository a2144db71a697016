"""Bundle, as far as a search or a read gives one, and OperationOutcome (R4, 2.36 and 2.34).

A page that has a next one is *not* all there is: who reads it as "there is nothing more" gives a
false clear. `Bundle.is_whole` says which it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from marshmallow import fields, post_load

from policy_service.interop.fhir.elements import (
    Concept,
    ConceptSchema,
    Element,
    Part,
    Parts,
    Text,
    Texts,
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One resource of a bundle, still unread. `mode` is match, include, outcome or ""."""

    index: int
    full_url: str
    resource: Mapping[str, Any]
    mode: str = ""

    @property
    def kind(self) -> str:
        """The resourceType, "" where the resource does not say."""
        kind = self.resource.get("resourceType", "")
        return kind if isinstance(kind, str) else ""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle. `next_url` is the address of the next page, "" on the last one."""

    type: str
    entries: tuple[Entry, ...]
    next_url: str

    @property
    def is_whole(self) -> bool:
        """True when nothing is left on a further page and no entry reports a failure."""
        return not self.next_url and not self.of("OperationOutcome")

    def of(self, *kinds: str) -> tuple[Entry, ...]:
        """The entries of these types of resource, in order."""
        return tuple(entry for entry in self.entries if entry.kind in kinds)


@dataclass(frozen=True, slots=True)
class Issue:
    """One issue of an OperationOutcome."""

    severity: str
    code: str
    words: str
    expression: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OperationOutcome:
    """Why there is no resource."""

    issues: tuple[Issue, ...]

    @property
    def is_failure(self) -> bool:
        """True unless every issue is a mere warning or information."""
        return not self.issues or any(one.severity in ("fatal", "error") for one in self.issues)


class _Unread(fields.Dict):
    """A resource that is read later, by whoever knows what it should be."""

    def __init__(self, **options: Any) -> None:
        super().__init__(error_messages={"invalid": "An object is expected."}, **options)


class _LinkSchema(Element):
    relation = Text(load_default="")
    url = Text(load_default="")


class _SearchSchema(Element):
    mode = Text(load_default="")


class _EntrySchema(Element):
    fullUrl = Text(load_default="")
    resource = _Unread(load_default=None)
    search = Part(_SearchSchema, load_default=None)


class BundleSchema(Element):
    """Bundle: type 1..1."""

    id = Text(load_default="")
    type = Text(required=True)
    entry = Parts(Part(_EntrySchema))
    link = Parts(Part(_LinkSchema))

    @post_load
    def _make(self, parts: dict[str, Any], **_: Any) -> Bundle:
        nexts = (one["url"] for one in parts["link"] if one["relation"] == "next")
        return Bundle(parts["type"], tuple(_entries(parts["entry"])), next(nexts, ""))


def _entries(entries: Sequence[dict[str, Any]]) -> Iterator[Entry]:
    for index, one in enumerate(entries):
        if one["resource"] is not None:
            mode = one["search"]["mode"] if one["search"] else ""
            yield Entry(index, one["fullUrl"], one["resource"], mode)


class _IssueSchema(Element):
    severity = Text(required=True)
    code = Text(required=True)
    details = Part(ConceptSchema, load_default=Concept())
    diagnostics = Text(load_default="")
    expression = Texts()

    @post_load
    def _make(self, parts: dict[str, Any], **_: Any) -> Issue:
        words = parts["details"].words or parts["diagnostics"]
        return Issue(parts["severity"], parts["code"], words, parts["expression"])


class OperationOutcomeSchema(Element):
    """OperationOutcome: issue 1..*."""

    id = Text(load_default="")
    issue = Parts(Part(_IssueSchema), required=True)

    @post_load
    def _make(self, parts: dict[str, Any], **_: Any) -> OperationOutcome:
        return OperationOutcome(parts["issue"])
