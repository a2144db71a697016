"""The match model: weights and thresholds as versioned data, named by the digest of its content."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from policy_service.matching.level_bits import LevelBits, bits, level_bits


class Group(StrEnum):
    """Kinds of evidence; two fields of one group are not independent witnesses."""

    NAME = "name"
    BIRTH = "birth"
    HOUSEHOLD = "household"
    CONTACT = "contact"
    WORK = "work"
    PRIOR = "prior"


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
    bits: Mapping[str, LevelBits]


@dataclass(frozen=True, slots=True)
class KindOfKin:
    """One kind of kin: its share among kin (ppm), its tie kind, and where it differs from KIN."""

    name: str
    label: str
    prior: int
    levels: Mapping[str, Mapping[str, int]]

    @property
    def bits(self) -> int:
        """Hundredths of a bit of the prior: how rare this kind is among kin."""
        return bits(self.prior, 1_000_000)

    def chance(self, field: str, level: str, otherwise: int) -> int:
        """How often the level is seen among kin of this kind, in parts per million."""
        return self.levels.get(field, {}).get(level, otherwise)


@dataclass(frozen=True, slots=True)
class Taken:
    """What a rule takes from SELF: all that these groups say for it, and `against` (hundredths)."""

    groups: tuple[Group, ...]
    against: int


@dataclass(frozen=True, slots=True, eq=False)  # one object, one model: weights are kept by it
class MatchModel:
    """All numbers of recognition. Bits are hundredths; `limits` bound the sum of a group.

    `telling_bits` is what an evidence group must say to count as a witness, `hinting_bits` what it
    must say to make a question of a shared family name; `rare_family_bits` is what a family name
    must say to be a question by itself, more than one that was never counted. `thresholds` are
    against chance, `rivals` how far SELF may lie behind KIN and still be a question. `document` is
    the canonical JSON that `digest` names.
    """

    version: str
    digest: str
    document: bytes = field(repr=False)
    fields: Mapping[str, FieldModel]
    kin: tuple[KindOfKin, ...]
    typical_birth_year: int
    limits: Mapping[Group, tuple[int, int]]
    rules: Mapping[str, Taken]
    frequency_weight: int
    rarest: int
    telling_bits: Mapping[Group, int]
    hinting_bits: Mapping[Group, int]
    rare_family_bits: int
    thresholds: Mapping[str, int]
    rivals: Mapping[str, int]
    candidates: int


def read_model(text: str) -> MatchModel:
    """The model in JSON `text`. Raises `ValueError` naming the field whose chances are wrong."""
    content = json.loads(text)
    document = json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
    kinds = sorted(content["kin"].items())  # the digest does not tell in which order they stood
    kin = tuple(KindOfKin(name, **value) for name, value in kinds)
    return MatchModel(
        version=content["version"],
        digest=hashlib.sha256(document).hexdigest(),
        document=document,
        fields={name: _field(name, value, kin) for name, value in content["fields"].items()},
        kin=kin,
        typical_birth_year=content["typical_birth_year"],
        limits={Group(name): (low, high) for name, (low, high) in content["limits"].items()},
        rules={name: _taken(value) for name, value in content["rules"].items()},
        frequency_weight=content["frequency_weight"],
        rarest=content["rarest"],
        telling_bits={Group(name): said for name, said in content["telling_bits"].items()},
        hinting_bits={Group(name): said for name, said in content["hinting_bits"].items()},
        rare_family_bits=content["rare_family_bits"],
        thresholds=content["thresholds"],
        rivals=content["rivals"],
        candidates=content["candidates"],
    )


@cache
def default_model() -> MatchModel:
    """The model that ships with the service."""
    return read_model(Path(__file__).with_name("model.json").read_text("utf-8"))


def _field(name: str, value: Mapping[str, Any], kin: tuple[KindOfKin, ...]) -> FieldModel:
    levels = {level: Chances(*chances) for level, chances in value["levels"].items()}
    by_kind = {
        level: tuple(kind.chance(name, level, chances.kin) for kind in kin)
        for level, chances in levels.items()
    }
    for level, chances in levels.items():
        stated = (chances.same, chances.kin, chances.none, *by_kind[level])
        if not all(0 < part <= 1_000_000 for part in stated):
            raise ValueError(f"fields.{name}.levels.{level}: chances must be 1 to 1000000 ppm")
    table = {
        level: level_bits(level, chances.same, by_kind[level], chances.none)
        for level, chances in levels.items()
    }
    return FieldModel(Group(value["group"]), levels, table)


def _taken(value: Mapping[str, Any]) -> Taken:
    groups = (Group(name) for name in value.get("groups", Group))
    return Taken(tuple(groups), value["against"])
