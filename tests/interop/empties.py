"""JSON that says nothing: null, "", [] and {}, which neither FHIR nor CDS Hooks allows."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any


def empties(value: Any, path: str = "", spared: Collection[str] = ()) -> Iterator[str]:
    """Where a value is empty (FHIR R4, 2.6.2; CDS Hooks 2.0, "Use of JSON"), `spared` apart."""
    if value is None or value in ("", [], {}):
        if path not in spared:
            yield path
    elif isinstance(value, dict):
        for name, part in value.items():
            yield from empties(part, f"{path}.{name}", spared)
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from empties(part, f"{path}[{number}]", spared)
