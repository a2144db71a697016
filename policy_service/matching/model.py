"""The match model: weights and thresholds as versioned data, named by the digest of its content."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any


class Group(StrEnum):
    """Kinds of evidence; two fields of one group are not independent witnesses."""

    NAME = "name"
    BIRTH = "birth"
    HOUSEHOLD = "household"
    CONTACT = "contact"
    WORK = "work"


@dataclass(frozen=True, slots=True)
class Chances:
    """How often a level is seen, in parts per million, under each hypothesis."""

    same: int
    kin: int
    none: int


@dataclass(frozen=True, slots=True)
class FieldModel:
    """One compared field: its evidence group and the chances of each of its levels."""

    group: Group
    levels: Mapping[str, Chances]


@dataclass(frozen=True, slots=True)
class MatchModel:
    """All numbers of recognition. Bits are hundredths; `limits` bound the sum of a group."""

    version: str
    digest: str
    fields: Mapping[str, FieldModel]
    limits: Mapping[Group, tuple[int, int]]
    rules: Mapping[str, tuple[int, int]]
    frequency_weight: int
    rarest: int
    telling_bits: Mapping[Group, int]
    thresholds: Mapping[str, int]
    candidates: int


def read_model(text: str) -> MatchModel:
    """The model in JSON `text`. Raises `ValueError` naming the field whose chances are wrong."""
    content = json.loads(text)
    return MatchModel(
        version=content["version"],
        digest=_digest(content),
        fields={name: _field(name, value) for name, value in content["fields"].items()},
        limits={Group(name): (low, high) for name, (low, high) in content["limits"].items()},
        rules={name: (same, kin) for name, (same, kin) in content["rules"].items()},
        frequency_weight=content["frequency_weight"],
        rarest=content["rarest"],
        telling_bits={Group(name): said for name, said in content["telling_bits"].items()},
        thresholds=content["thresholds"],
        candidates=content["candidates"],
    )


@cache
def default_model() -> MatchModel:
    """The model that ships with the service."""
    return read_model(resources.files(__package__).joinpath("model.json").read_text("utf-8"))


def _field(name: str, value: Mapping[str, Any]) -> FieldModel:
    levels = {level: Chances(*chances) for level, chances in value["levels"].items()}
    for level, chances in levels.items():
        if not all(0 < part <= 1_000_000 for part in (chances.same, chances.kin, chances.none)):
            raise ValueError(f"fields.{name}.levels.{level}: chances must be 1 to 1000000 ppm")
    return FieldModel(Group(value["group"]), levels)


def _digest(content: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical JSON (sorted, compact, ASCII), as `sha256:` and hex."""
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
