"""Loading packs to look at them: every fault is told, not only the first.

A fault in one rule hides no fault in another; only within a rule is the first the only one. Tests
are run once the rules of a pack can be read, cases once the tests hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from importlib.resources.abc import Traversable

from policy_service.policy.analysis.items import Item
from policy_service.policy.faults import PackFault
from policy_service.policy.files import CASES, HEADER, README, parse_files, read_folder
from policy_service.policy.loader import read_pack
from policy_service.policy.nodes import Node
from policy_service.policy.pack import Pack, PackSet
from policy_service.policy.registry import refuse_shared_ids
from policy_service.policy.rule_form import read_rule
from policy_service.policy.rule_tests import run_cases, run_rule_tests
from policy_service.policy.sources import FILE as SOURCES
from policy_service.policy.sources import Row, check_against_sources, read_sources
from policy_service.policy.strict_yaml import read_yaml


@dataclass(frozen=True, slots=True)
class Loaded:
    """The packs without a fault, and the faults of the others."""

    packs: tuple[Pack, ...]
    faults: tuple[Item, ...]


def load_all(folder: Traversable, beside: Sequence[Pack] = ()) -> Loaded:
    """The packs of a folder (itself a pack, or one with packs in it).

    `beside` are packs that cases may name without being in the folder.
    """
    folders = pack_folders(folder)
    if not folders:
        fault = PackFault(HEADER, 1, "is missing: neither a pack nor a folder of packs")
        return Loaded((), (Item.of_fault(folder.name, fault),))
    packs: list[Pack] = []
    faults: list[Item] = []
    for entry in folders:
        pack, found = _load(entry)
        faults += [Item.of_fault(entry.name, fault) for fault in found]
        packs += [pack] if pack is not None and not found else []
    faults += _in_company(folder, packs, beside)
    bad = {fault.pack for fault in faults}
    return Loaded(tuple(pack for pack in packs if pack.id not in bad), tuple(faults))


def shipped_folder() -> Traversable:
    """The folder of the packs that ship with the service."""
    return resources.files("policy_service.policy").joinpath("packs")


def pack_folders(folder: Traversable) -> list[Traversable]:
    """The folder itself if it is a pack, else the packs in it."""
    if folder.joinpath(HEADER).is_file():
        return [folder]
    entries = folder.iterdir() if folder.is_dir() else ()
    packs = [entry for entry in entries if entry.is_dir() and entry.joinpath(HEADER).is_file()]
    return sorted(packs, key=lambda entry: entry.name)


def _load(folder: Traversable) -> tuple[Pack | None, list[PackFault]]:
    """A pack and what its tests miss; or no pack, and why it cannot be read."""
    try:
        files = read_folder(folder)
    except PackFault as fault:
        return None, [fault]
    try:
        pack = read_pack(parse_files(files))
    except PackFault as fault:
        return None, list(_faults(files)) or [fault]
    return pack, [fault for rule in pack.rules for fault in _caught(run_rule_tests, pack, rule)]


def _faults(files: Mapping[str, str]) -> Iterator[PackFault]:
    """The faults of each file, and in files of rules of each rule."""
    for name, text in sorted(files.items()):
        if name in (HEADER, CASES):
            yield from _caught(read_yaml, text, name)
        elif name != README:
            yield from _rule_faults(name, text)


def _rule_faults(name: str, text: str) -> Iterator[PackFault]:
    nodes: list[Node] = []
    yield from _caught(lambda: nodes.extend(_rule_nodes(name, text)))
    for node in nodes:
        yield from _caught(read_rule, node, "edition")


def _rule_nodes(name: str, text: str) -> list[Node]:
    return read_yaml(text, name).form(("rules",))["rules"].items()


def _caught(check: Callable[..., object], *arguments: object) -> Iterator[PackFault]:
    try:
        check(*arguments)
    except PackFault as fault:
        yield fault


def _in_company(
    folder: Traversable, packs: Sequence[Pack], beside: Sequence[Pack]
) -> Iterator[Item]:
    """What can only be seen beside the rule table and beside other packs."""
    rows: dict[str, Row] = {}
    for fault in _caught(lambda: rows.update(_rows(folder))):
        yield Item.of_fault(SOURCES, fault)
        return
    ids = {pack.id for pack in packs}
    company = [*packs, *(pack for pack in beside if pack.id not in ids)]
    for pack in packs:
        for rule in pack.rules:
            alone = replace(pack, rules=(rule,))
            for fault in _caught(refuse_shared_ids, alone, company):
                yield Item.of_fault(pack.id, fault)
            for fault in _caught(check_against_sources, alone, rows):
                yield Item.of_fault(pack.id, fault)
        for case in pack.cases:
            others = [replace(other, cases=()) for other in company if other.id != pack.id]
            one = replace(pack, cases=(case,))
            for fault in _caught(run_cases, PackSet((one, *others))):
                yield Item.of_fault(pack.id, fault)


def _rows(folder: Traversable) -> dict[str, Row]:
    """The rule table of the folder; that of the shipped packs if it has none."""
    own = folder.joinpath(SOURCES)
    file = own if own.is_file() else shipped_folder().joinpath(SOURCES)
    return read_sources(file.read_text(encoding="utf-8"))
