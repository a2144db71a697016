"""A pack as plain JSON: `{"pack", "rules", "cases"}`, the very value that its digest covers.

A document is what is stored, sent and replayed. It loads through the same checks as the files, so
every fault is refused here too; a fault names the rule and the place in it where a file would have
a line.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources.abc import Traversable
from typing import Any

from policy_service.policy.faults import PackFault
from policy_service.policy.files import parse_files, read_folder
from policy_service.policy.loader import build_pack, read_pack
from policy_service.policy.nodes import Node, Value
from policy_service.policy.pack import Pack
from policy_service.policy.parsed import MAX_RULES, Parsed
from policy_service.policy.strict_yaml import MAX_CHARACTERS, MAX_DEPTH, MAX_ITEMS

PARTS = ("pack", "rules", "cases")
NO_LINE = 0
_MOST_DIGITS = 15


def document_of(folder: Traversable) -> dict[str, Any]:
    """The plain JSON of a pack's folder, as written there. Raises PackFault."""
    return parse_files(read_folder(folder)).plain()


def pack_from_document(document: Mapping[str, Any]) -> Pack:
    """The pack of a document, checked and with its rule tests run. Raises PackFault.

    The digest is computed, never believed: compare it with the one the pack was asked by.
    """
    return build_pack(parse_document(document))


def pack_from_tested_document(document: Mapping[str, Any]) -> Pack:
    """The pack of a document whose rule tests were run when it was taken in. Raises PackFault.

    For processes that decide and end, as a replay's: its bytes are those that passed, by digest.
    """
    return read_pack(parse_document(document))


def parse_document(document: Mapping[str, Any]) -> Parsed:
    """The parts of a document as nodes that know which rule they stand in."""
    form = Node(_shallow(document), "document", NO_LINE).form(PARTS)
    rules = form["rules"].value
    if not isinstance(rules, list):
        raise PackFault("rules", NO_LINE, "a list with items is expected")
    if len(rules) > MAX_RULES:
        raise PackFault("pack", NO_LINE, f"a pack has 1 to {MAX_RULES} rules, not {len(rules)}")
    nodes = [_node(item, _rule_name(item, place), "", 1) for place, item in enumerate(rules)]
    header = _node(form["pack"].value, "pack", "", 1)
    return Parsed(header, tuple(nodes), _node(form["cases"].value, "cases", "", 1))


def _shallow(document: Mapping[str, Any]) -> dict[str, Node]:
    """The parts as they are, to be read one by one; only their names are looked at here."""
    return {str(key)[:80]: Node(value, str(key)[:80], NO_LINE) for key, value in document.items()}


def _rule_name(rule: Any, place: int) -> str:
    named = rule.get("id") if isinstance(rule, Mapping) else None
    return f"rule {named}"[:120] if isinstance(named, str) else f"rules/{place}"


def _node(value: Any, part: str, pointer: str, depth: int) -> Node:
    """The value with its place: the part of the document, then the path inside."""
    where = f"{part}, {pointer}" if pointer else part
    if depth > MAX_DEPTH:
        raise PackFault(where[:200], NO_LINE, f"nested deeper than {MAX_DEPTH}")
    found: Value
    if isinstance(value, Mapping):
        _bounded(value, where)
        found = {
            _key(key, where): _node(item, part, _below(pointer, key), depth + 1)
            for key, item in value.items()
        }
    elif isinstance(value, list):
        _bounded(value, where)
        found = [
            _node(item, part, _below(pointer, place), depth + 1) for place, item in enumerate(value)
        ]
    else:
        found = _scalar(value, where)
    return Node(found, where, NO_LINE)


def _below(pointer: str, key: object) -> str:
    return f"{pointer}/{key}" if pointer else str(key)


def _bounded(value: Mapping[str, Any] | list[Any], where: str) -> None:
    if len(value) > MAX_ITEMS:
        raise PackFault(where, NO_LINE, f"more than {MAX_ITEMS} items")


def _key(key: object, where: str) -> str:
    if not isinstance(key, str) or not key.isascii():
        raise PackFault(where, NO_LINE, f"key {key!r} is not ASCII text"[:200])
    return key


def _scalar(value: object, where: str) -> str | int | bool | None:
    match value:
        case None | bool():
            return value
        case int():
            if abs(value) >= 10**_MOST_DIGITS:
                raise PackFault(where, NO_LINE, f"a number of more than {_MOST_DIGITS} digits")
            return value
        case str():
            if len(value) > MAX_CHARACTERS:
                raise PackFault(where, NO_LINE, f"longer than {MAX_CHARACTERS} characters")
            return value
        case _:
            kind = type(value).__name__
            raise PackFault(
                where, NO_LINE, f"a {kind} has no place here; use text or whole numbers"
            )
