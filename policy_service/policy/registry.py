"""The packs that ship with the service, loaded, self-tested and checked against their sources."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable

from policy_service.policy.faults import PackFault
from policy_service.policy.files import README, parse_files, read_folder
from policy_service.policy.loader import load_pack
from policy_service.policy.pack import Pack, PackSet
from policy_service.policy.rule_tests import run_cases
from policy_service.policy.sources import Row, check_against_sources, read_sources


@dataclass(frozen=True, slots=True)
class PackText:
    """What is kept of a pack: its document (canonical JSON, what the digest covers), its README."""

    document: bytes
    rationale: str

    @property
    def digest(self) -> str:
        """The digest of the pack this document is."""
        return hashlib.sha256(self.document).hexdigest()


@cache
def load_shipped_packs() -> PackSet:
    """All packs under `packs/`. Raises PackFault when any of their promises is broken."""
    return load_packs(_shipped())


@cache
def shipped_texts() -> Mapping[str, PackText]:
    """The documents of the shipped packs by digest, to be stored beside what they decide."""
    texts = [text_of(read_folder(entry)) for entry in _shipped().iterdir() if _is_pack(entry)]
    return {text.digest: text for text in texts}


@cache
def shipped_rows() -> Mapping[str, Row]:
    """The rule table: what the rules of a body's pack must keep to, whoever wrote the pack."""
    return read_rows(_shipped())


def read_rows(folder: Traversable) -> Mapping[str, Row]:
    """The rule table beside the packs of a folder."""
    return read_sources(folder.joinpath("sources.yaml").read_text(encoding="utf-8"))


def text_of(files: Mapping[str, str]) -> PackText:
    """The document and the rationale in the files of a pack. Raises PackFault."""
    return PackText(parse_files(files).document(), files[README])


def _shipped() -> Traversable:
    return resources.files("policy_service.policy").joinpath("packs")


def load_packs(folder: Traversable) -> PackSet:
    """The packs of a folder with its sources.yaml: rule tests, sources and cases all hold."""
    entries = sorted(folder.iterdir(), key=lambda entry: entry.name)
    packs = PackSet(tuple(load_pack(entry) for entry in entries if _is_pack(entry)))
    check_packs(packs, read_rows(folder))
    return packs


def check_packs(packs: PackSet, rows: Mapping[str, Row]) -> None:
    """What must hold of packs together, besides the tests of each rule. Raises PackFault."""
    _refuse_shared_ids(packs)
    for pack in packs:
        check_against_sources(pack, rows)
    run_cases(packs)


def _is_pack(entry: Traversable) -> bool:
    return entry.is_dir() and entry.joinpath("pack.yaml").is_file()


def _refuse_shared_ids(packs: PackSet) -> None:
    for place, pack in enumerate(packs.packs):
        refuse_shared_ids(pack, packs.packs[:place])


def refuse_shared_ids(pack: Pack, others: Iterable[Pack]) -> None:
    """A rule id names one rule wherever it appears: only versions of one pack may share it."""
    owner = {rule.id: other.id for other in others if other.id != pack.id for rule in other.rules}
    for rule in pack.rules:
        if rule.id in owner:
            message = f"rule id {rule.id!r} is also used by pack {owner[rule.id]!r}"
            raise PackFault(rule.file, rule.line, message)
