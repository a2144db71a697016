"""The lines of vCard files as properties: RFC 6350, RFC 2426, and vCard 2.1 as phones write it.

Folded lines are joined (a blank begins what continues; in 2.1 a quoted-printable line ends with =),
groups (`item1.`) and parameters taken apart, values decoded. A property is cut at LONGEST_PROPERTY,
so that photographs are read past and never held.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

LONGEST_PROPERTY = 4_000
"""Characters of one unfolded property that are kept; what is longer is no name or number."""

_HEAD = re.compile(r"(?:([\w-]+)\.)?([\w-]+)((?:;(?:[^\":;]|\"[^\"]*\")*)*):(.*)", re.S)
_PARAMETER = re.compile(r";((?:[^\";]|\"[^\"]*\")*)")
_ENCODINGS = {"QUOTED-PRINTABLE", "BASE64", "B", "8BIT", "7BIT"}
_ESCAPE = re.compile(r"\\(.)", re.S)


@dataclass(frozen=True, slots=True)
class Property:
    """One property: the line it begins on, its group, name (capitals), parameters and raw value."""

    line: int
    group: str
    name: str
    parameters: dict[str, tuple[str, ...]] = field(default_factory=dict)
    value: str = ""

    @property
    def types(self) -> frozenset[str]:
        """The TYPE words, small letters."""
        return frozenset(word.casefold() for word in self.parameters.get("TYPE", ()))

    @property
    def text(self) -> str:
        """The value as one text, unescaped."""
        return unescape(self.value)

    def fields(self, separator: str = ";") -> list[str]:
        """The value in its parts (of N, ADR, ORG; with a comma those of NICKNAME), unescaped."""
        return [unescape(part) for part in _split(self.value, separator)]


def unescape(text: str) -> str:
    r"""`\n` is a line break, `\,` a comma: RFC 6350 §3.4."""
    return _ESCAPE.sub(lambda match: "\n" if match[1] in "nN" else match[1], text).strip()


def _split(text: str, separator: str) -> Iterator[str]:
    """Parts between separators that no backslash stands before."""
    begin, at = 0, 0
    while at < len(text):
        if text[at] == "\\":
            at += 1
        elif text[at] == separator:
            yield text[begin:at]
            begin = at + 1
        at += 1
    yield text[begin:]


def read_properties(lines: Iterable[str]) -> Iterator[Property]:
    """The properties in order. A line that is none is passed over."""
    for number, text in _unfolded(lines):
        match = _HEAD.fullmatch(text)
        if match:
            parameters = _parameters(match[3])
            value = _decoded(match[4], parameters)
            yield Property(number, match[1] or "", match[2].upper(), parameters, value)


def _unfolded(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    held, begun, soft = "", 0, False
    for number, line in enumerate(lines, 1):
        bare = line.rstrip("\r\n").lstrip("\ufeff")
        if soft or bare[:1] in (" ", "\t"):
            joined = held.removesuffix("=") if soft else held
            held = (joined + (bare if soft else bare[1:]))[:LONGEST_PROPERTY]
        else:
            if held:
                yield begun, held
            held, begun = bare[:LONGEST_PROPERTY], number
        soft = bare.endswith("=") and _is_quoted_printable(held)
    if held:
        yield begun, held


def _is_quoted_printable(text: str) -> bool:
    return "QUOTED-PRINTABLE" in text.partition(":")[0].upper()


def _parameters(text: str) -> dict[str, tuple[str, ...]]:
    """`;TYPE=home,work;CHARSET=utf-8`; in 2.1 a bare word is a type or an encoding."""
    found: dict[str, tuple[str, ...]] = {}
    for match in _PARAMETER.finditer(text):
        name, equals, values = match[1].partition("=")
        if not equals:
            name, values = ("ENCODING" if name.upper() in _ENCODINGS else "TYPE"), name
        words = tuple(word.strip() for word in values.replace('"', "").split(","))
        found[name.upper()] = found.get(name.upper(), ()) + words
    return found


def _decoded(value: str, parameters: dict[str, tuple[str, ...]]) -> str:
    encoding = (parameters.get("ENCODING") or ("",))[0].upper()
    if encoding != "QUOTED-PRINTABLE":
        return value
    charset = (parameters.get("CHARSET") or ("utf-8",))[0]
    raw = binascii.a2b_qp(value.encode("utf-8", "replace"))
    try:
        return raw.decode(charset, "replace")
    except (LookupError, ValueError):
        return raw.decode("utf-8", "replace")
