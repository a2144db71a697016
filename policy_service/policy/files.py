"""The files of a pack: pack.yaml, rules/*.yaml, cases.yaml and README.md, read and bounded.

The same files may lie in a folder or come in by a door as texts by name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from importlib.resources.abc import Traversable

from policy_service.policy.faults import PackFault, unknown_word
from policy_service.policy.nodes import Node
from policy_service.policy.parsed import Parsed
from policy_service.policy.strict_yaml import read_yaml

README = "README.md"
HEADER = "pack.yaml"
CASES = "cases.yaml"
MAX_FILES = 60

_RULES = re.compile(r"rules/[a-z0-9][a-z0-9_-]*\.yaml")


def read_folder(folder: Traversable) -> dict[str, str]:
    """The texts of a pack's folder by name. PackFault for one that is missing or no UTF-8."""
    files = {name: _text(folder.joinpath(name), name) for name in (README, HEADER, CASES)}
    for entry in sorted(_entries(folder, "rules"), key=lambda entry: entry.name):
        if entry.name.endswith(".yaml"):
            name = f"rules/{entry.name}"
            files[name] = _text(entry, name)
    return files


def _entries(folder: Traversable, name: str) -> Iterable[Traversable]:
    entry = folder.joinpath(name)
    return entry.iterdir() if entry.is_dir() else ()


def _text(file: Traversable, name: str) -> str:
    if name == README and not file.is_file():
        raise _without_rationale()
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PackFault(name, 1, f"cannot be read as UTF-8 text: {type(error).__name__}") from error


def _without_rationale() -> PackFault:
    return PackFault(README, 1, "is missing: a pack says why it says what it says")


def parse_files(files: Mapping[str, str]) -> Parsed:
    """The documents in the texts of a pack. Raises PackFault with file and line."""
    _check_names(files)
    rules: list[Node] = []
    for name in sorted(name for name in files if _RULES.fullmatch(name)):
        document = read_yaml(files[name], name)
        rules.extend(document.form(("rules",))["rules"].items())
    return Parsed(read_yaml(files[HEADER], HEADER), tuple(rules), read_yaml(files[CASES], CASES))


def _check_names(files: Mapping[str, str]) -> None:
    if len(files) > MAX_FILES:
        raise PackFault(HEADER, 1, f"a pack has at most {MAX_FILES} files, not {len(files)}")
    for name in files:
        if name not in (README, HEADER, CASES) and not _RULES.fullmatch(name):
            allowed = (README, HEADER, CASES, "rules/NAME.yaml")
            raise PackFault(name[:80], 1, unknown_word("file", name[:80], allowed))
    if not files.get(README, "").strip():
        raise _without_rationale()
    for name in (HEADER, CASES):
        if name not in files:
            raise PackFault(name, 1, "is missing")
