"""YAML for people, without the traps of YAML.

PyYAML parses; this constructor decides what text means. It refuses duplicate keys, the words that
YAML 1.1 reads as booleans (yes, no, on, off), floats, octals and sexagesimals, tags, anchors,
aliases, merge keys, empty values, deep nesting and large files. Dates stay text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar

import yaml

from policy_service.policy.faults import PackFault
from policy_service.policy.nodes import Node, Value

MAX_CHARACTERS = 200_000
MAX_DEPTH = 20
MAX_ITEMS = 400

_TRAPS = frozenset({"yes", "no", "on", "off", "y", "n", "true", "false", "null", "~", ""})
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None}
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,14})")
_NUMBER_LIKE = re.compile(
    r"[-+]?([0-9][0-9_]*\.?[0-9_]*([eE][-+]?[0-9]+)?|\.[0-9][0-9_]*([eE][-+]?[0-9]+)?"
    r"|[0-9]+(:[0-5]?[0-9])+|0[xob][0-9A-Fa-f_]+|\.(inf|Inf|INF|nan|NaN|NAN))"
)
_Items = TypeVar("_Items", dict[str, Node], list[Node])
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(text: str, file: str) -> Node:
    """The one document of a file as a tree that knows its lines. Raises PackFault."""
    if len(text) > MAX_CHARACTERS:
        raise PackFault(file, 1, f"larger than {MAX_CHARACTERS} characters")
    try:
        return _Reader(file, _LOADER(text).get_event).document()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "cannot be read"
        raise PackFault(file, mark.line + 1 if mark else 1, f"not YAML: {problem}") from error


class _Reader:
    """Builds the tree from parser events; recursion is bounded by MAX_DEPTH."""

    def __init__(self, file: str, next_event: Callable[[], Any]) -> None:
        self.file = file
        self.next_event = next_event

    def document(self) -> Node:
        self.next_event()
        if isinstance(self.next_event(), yaml.StreamEndEvent):
            raise PackFault(self.file, 1, "is empty")
        root = self._node(self.next_event(), 1)
        self.next_event()
        end = self.next_event()
        if not isinstance(end, yaml.StreamEndEvent):
            raise self._fault(end, "holds more than one document")
        return root

    def _fault(self, event: Any, message: str) -> PackFault:
        return PackFault(self.file, event.start_mark.line + 1, message)

    def _node(self, event: Any, depth: int) -> Node:
        is_scalar = type(event) is yaml.ScalarEvent
        if is_scalar and event.anchor is event.tag is None:  # nearly all there is
            value = event.value if event.style else self._plain(event)
            return Node(value, self.file, event.start_mark.line + 1)
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            raise self._fault(event, "anchors and aliases are not allowed")
        if event.tag is not None:
            raise self._fault(event, f"tag {event.tag!r} is not allowed")
        if depth > MAX_DEPTH:
            raise self._fault(event, f"nested deeper than {MAX_DEPTH}")
        return Node(self._value(event, depth), self.file, event.start_mark.line + 1)

    def _value(self, event: Any, depth: int) -> Value:
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(event, depth)
        return self._sequence(event, depth)

    def _mapping(self, start: Any, depth: int) -> dict[str, Node]:
        found: dict[str, Node] = {}
        next_event = self.next_event
        while type(event := next_event()) is not yaml.MappingEndEvent:
            key, file, line = self._node(event, depth + 1)
            if not isinstance(key, str):
                raise PackFault(file, line, "a key must be text; quote it if it is meant")
            if key in found:
                raise PackFault(file, line, f"duplicate key {key!r}")
            found[key] = self._node(next_event(), depth + 1)
        return self._bounded(start, found)

    def _sequence(self, start: Any, depth: int) -> list[Node]:
        found: list[Node] = []
        while type(event := self.next_event()) is not yaml.SequenceEndEvent:
            found.append(self._node(event, depth + 1))
        return self._bounded(start, found)

    def _bounded(self, start: Any, found: _Items) -> _Items:
        if len(found) > MAX_ITEMS:
            raise self._fault(start, f"more than {MAX_ITEMS} items")
        return found

    def _plain(self, event: Any) -> Value:
        try:
            return _meaning(event.value)
        except ValueError as error:
            raise self._fault(event, str(error)) from error


@lru_cache(maxsize=4096)
def _meaning(text: str) -> bool | int | str | None:
    """An unquoted scalar: true, false, null, an integer, or text that cannot mislead.

    ValueError otherwise. Packs say the same few hundred words over and over.
    """
    if text in _WORDS:
        return _WORDS[text]
    if text.lower() in _TRAPS:
        raise ValueError(f"{text!r} reads as a boolean or nothing; quote it")
    if text == "<<":
        raise ValueError("merge keys are not allowed")
    if _INTEGER.fullmatch(text):
        return int(text)
    if _NUMBER_LIKE.fullmatch(text):
        raise ValueError(f"{text!r} reads as a number; quote it")
    return text
