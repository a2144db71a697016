"""A practice's own model: the shipped one, with NONE measured among the practice's strangers.

What is measured is only how strangers agree (u). How records of one person agree (m) stays as it
was set by hand: a practice does not know which of its records are the same person. Kin agree by
kinship or by chance, so their chances follow the measured ones in the part that is chance.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

from policy_service.matching.model import MatchModel, read_model
from policy_service.matching.strangers import COUNTED, StrangerCounts

FEWEST_PEOPLE = 1_000
"""Below this the relatives and duplicates in a registry outweigh chance: the model's u stays."""
FEWEST_PAIRS = 50_000
WORTH = 5
"""The model's own chance counts as so many sightings, so that a rare level moves only when the
pairs could have shown it several times over, and nothing is ever taken for impossible."""
_MILLION = 1_000_000
_POOLS = (
    ("different", "different_sex_unknown", "different_may_be_married", "different_apart"),
    ("exact", "exact_apart"),
)
"""One agreement or disagreement under several names, by what else is known (the sexes, or that the
homes differ): to strangers it is one, so it is counted together."""
_FOLLOWS = {"family": {"former": "exact", "part": "exact"}}
"""Levels that few records can show, but that are as likely among strangers as the leader is."""


def is_enough(people: int, counts: StrangerCounts) -> bool:
    """Whether so many people and pairs tell more than the model does."""
    return people >= FEWEST_PEOPLE and counts.pairs - counts.related >= FEWEST_PAIRS


def measured_chances(model: MatchModel, counts: StrangerCounts) -> dict[str, dict[str, int]]:
    """Parts per million of the levels that were counted, and of those that follow them."""
    return {name: _of_field(model, counts, name) for name in COUNTED if name in model.fields}


def _of_field(model: MatchModel, counts: StrangerCounts, name: str) -> dict[str, int]:
    stated = {level: chances.none for level, chances in model.fields[name].levels.items()}
    found = {}
    for level in sorted(COUNTED[name] & stated.keys()):
        pool = next((one for one in _POOLS if level in one), (level,))
        sightings = sum(counts.seen[f"{name}:{one}"] for one in pool)
        pairs = counts.opportunities(name, level)
        found[level] = _smoothed(sightings, pairs, stated[level])
    for level, leader in _FOLLOWS.get(name, {}).items():
        if level in stated:
            found[level] = min(max(stated[level] * found[leader] // stated[leader], 1), _MILLION)
    return found


def _smoothed(seen: int, pairs: int, none: int) -> int:
    """(seen + WORTH) of (pairs + the pairs in which the model expects WORTH), rounded down."""
    chance = (seen + WORTH) * _MILLION * none // (pairs * none + WORTH * _MILLION)
    return min(max(chance, 1), _MILLION)


def measured_model(shipped: MatchModel, number: int, counts: StrangerCounts) -> MatchModel:
    """The model of the practice's measurement `number`; its digest covers both."""
    return read_model(json.dumps(_content(shipped, number, counts)))


def _content(shipped: MatchModel, number: int, counts: StrangerCounts) -> dict[str, Any]:
    content: dict[str, Any] = copy.deepcopy(json.loads(shipped.document))
    content["version"] = f"{shipped.version}+{number}"
    content["measured"] = {
        "shipped": shipped.digest,
        "measurement": number,
        "pairs": counts.pairs,
        "related": counts.related,
    }
    for name, level, chance in _each(measured_chances(shipped, counts)):
        levels = content["fields"][name]["levels"]
        same, kin, none = levels[level]
        levels[level] = [same, by_chance_too(kin, none, chance), chance]
        for kind in content["kin"].values():
            own = kind["levels"].get(name, {})
            if level in own:
                own[level] = by_chance_too(own[level], none, chance)
    return content


def _each(chances: dict[str, dict[str, int]]) -> Iterator[tuple[str, str, int]]:
    for name, levels in chances.items():
        for level, chance in levels.items():
            yield name, level, chance


def by_chance_too(kin: int, none: int, measured: int) -> int:
    """The chance among kin when strangers' moves from `none` to `measured`; parts per million.

    Where kin agree oftener than strangers, the excess is kinship and the rest is chance. Where they
    agree as often, or less, they keep their ratio to strangers.
    """
    if measured == none:
        return kin
    if kin <= none:
        return min(max(kin * measured // none, 1), _MILLION)
    kinship = (kin - none) * _MILLION // max(_MILLION - none, 1)
    return min(kinship + (_MILLION - kinship) * measured // _MILLION, _MILLION)
