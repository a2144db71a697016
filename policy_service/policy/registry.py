"""The packs that ship with the service, loaded, self-tested and checked against their sources."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable

from policy_service.policy.faults import PackFault
from policy_service.policy.loader import load_pack
from policy_service.policy.pack import PackSet
from policy_service.policy.rule_tests import run_cases
from policy_service.policy.sources import Row, check_against_sources, read_sources
from policy_service.policy.strict_yaml import read_yaml


@cache
def load_shipped_packs() -> PackSet:
    """All packs under `packs/`. Raises PackFault when any of their promises is broken."""
    return load_packs(_shipped())


@cache
def load_shipped_sources() -> Mapping[str, Row]:
    """The rule table that the shipped packs keep to, by row id."""
    return read_sources(_shipped().joinpath("sources.yaml").read_text(encoding="utf-8"))


def load_shipped_readmes() -> Mapping[str, str]:
    """What each shipped pack says about itself, by pack id."""
    readmes: dict[str, str] = {}
    for entry in filter(_is_pack, _shipped().iterdir()):
        header = read_yaml(entry.joinpath("pack.yaml").read_text(encoding="utf-8"), "pack.yaml")
        pack_id = header.entries()["pack"].text()
        readmes[pack_id] = entry.joinpath("README.md").read_text(encoding="utf-8")
    return readmes


def _shipped() -> Traversable:
    return resources.files("policy_service.policy").joinpath("packs")


def load_packs(folder: Traversable) -> PackSet:
    """The packs of a folder with its sources.yaml: rule tests, sources and cases all hold."""
    entries = sorted(folder.iterdir(), key=lambda entry: entry.name)
    packs = PackSet(tuple(load_pack(entry) for entry in entries if _is_pack(entry)))
    _refuse_shared_ids(packs)
    sources = read_sources(folder.joinpath("sources.yaml").read_text(encoding="utf-8"))
    for pack in packs:
        check_against_sources(pack, sources)
    run_cases(packs)
    return packs


def _is_pack(entry: Traversable) -> bool:
    return entry.is_dir() and entry.joinpath("pack.yaml").is_file()


def _refuse_shared_ids(packs: PackSet) -> None:
    """A rule id names one rule wherever it appears; ids are never reused."""
    owner: dict[str, str] = {}
    for pack in packs:
        for rule in pack.rules:
            if rule.id in owner:
                message = f"rule id {rule.id!r} is also used by pack {owner[rule.id]!r}"
                raise PackFault(rule.file, rule.line, message)
            owner[rule.id] = pack.id
