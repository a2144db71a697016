"""Every action the service writes to its log, found in its source, and events of each."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

import policy_service
from policy_service.domain.duties import DutyMoveKind
from policy_service.domain.reviews import MoveKind
from policy_service.interop.fhir.audit_events import Shown, audit_event
from policy_service.services.audit_streams import LoggedEntry
from policy_service.services.imports.roster_drops import DropState

BASE = "https://boundary.example.org"
SOURCE = Path(policy_service.__file__).parent
_ACTION = re.compile(r"(?=.{3,64}\Z)[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)+", re.ASCII)
_WRITERS = ("audit", "auth", "cli", "interop", "jobs", "services", "worker.py")
_NO_ACTION = re.compile(
    r".*\.(json|jsonl|yaml|html|py|svg|id|checkpoint|csv|txt|md)"  # files and columns
    r"|(policy_service|http|context)\..*"  # modules and elements
    r"|contacts\.(store|undo)|roster\.apply"  # kinds of work
)
BUILT: dict[str, type[StrEnum]] = {
    "case.": MoveKind,
    "duty.": DutyMoveKind,
    "roster.": DropState,
}
"""Actions put together from the kind of a move, or the state something got into."""
_LOGGING = ("log", "_log")


@cache
def actions() -> tuple[str, ...]:
    """Every text of the source that can be an action, but for names of files and columns."""
    found = {text for tree in _trees() for text in _texts(tree) if not _NO_ACTION.fullmatch(text)}
    built = {f"{start}{kind.value}" for start, kinds in BUILT.items() for kind in kinds}
    return tuple(sorted(found | built))


def prefixes_put_together() -> set[str]:
    """How the actions begin that some call of a log puts together at run time."""
    found = set()
    for tree in _trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and _called(node) in _LOGGING:
                found |= {_start(one) for one in node.args if isinstance(one, ast.JoinedStr)}
    return found


def _trees() -> Iterator[ast.Module]:
    for name in _WRITERS:
        place = SOURCE / name
        for path in [place] if place.is_file() else sorted(place.rglob("*.py")):
            yield ast.parse(path.read_text("utf-8"))


def _texts(tree: ast.Module) -> Iterator[str]:
    """Texts of the form of an action."""
    for node in ast.walk(tree):
        text = node.value if isinstance(node, ast.Constant) else None
        if isinstance(text, str) and _ACTION.fullmatch(text):
            yield text


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _start(text: ast.JoinedStr) -> str:
    first = text.values[0]
    return str(first.value) if isinstance(first, ast.Constant) else ""


ACTORS = (
    "ehr:6f1c1d50-7d0a-4e87-9f80-5b1f5f2f3c11",
    "account:0a2b8a54-30cf-4a35-8c67-6a5f5f0a9b22",
    "system:worker",
    None,
)
CLIENT = "b1b3a1f0-31c2-4c55-9f57-0f8b6a7cbb01"
CLINICIAN = "c2c4b2e1-42d3-4d66-8a68-1e9c7b8dcc02"
SUBJECTS: tuple[tuple[tuple[str, ...], frozenset[str]], ...] = (
    ((), frozenset()),
    ((CLIENT,), frozenset()),
    ((CLIENT,), frozenset({CLIENT})),
    ((CLIENT, CLINICIAN), frozenset()),
    ((CLIENT, CLINICIAN), frozenset({CLIENT})),
    ((CLIENT, CLINICIAN), frozenset({CLIENT, CLINICIAN})),
)
"""Whom an entry names, and which of them the caller may know to be clients."""


def entry(action: str, actor: str | None, subjects: tuple[str, ...]) -> LoggedEntry:
    """A logged entry, as the log gives it."""
    decided = action.endswith(".decided")
    leaf: dict[str, Any] = {
        "v": 1,
        "id": "4d3e2f10-0a1b-4c2d-8e3f-405162738495",
        "action": action,
        "at": "2026-03-02T09:00:00.000000Z",
        "practice": "5e4c6b6b-e7fa-4a2b-8328-317fa8d87f48",
        "actor_ref": actor,
        "subject_refs": list(subjects),
        "outcome": "deliberate" if decided else None,
        "packs": ["ab" * 32] if decided else [],
        "semantics": 1 if decided else None,
        "model": "cd" * 32 if decided else None,
        "_sd_alg": "sha-256",
        "_sd": ["A" * 43],
    }
    return LoggedEntry(7, leaf, bytes(32))


def every_event() -> Iterator[dict[str, Any]]:
    """An AuditEvent of every action, and of one action of each kind in every combination."""
    for action in actions():
        yield from _events(action, SUBJECTS[-2:])
    for action in _ONE_OF_EACH:
        yield from _events(action, SUBJECTS)


_ONE_OF_EACH = (
    "check.decided", "client.corrected", "case.read", "case.listed", "audit.exported",
    "session.opened", "person.erased",
)  # fmt: skip


def _events(
    action: str, subjects: tuple[tuple[tuple[str, ...], frozenset[str]], ...]
) -> Iterator[dict[str, Any]]:
    for actor in ACTORS:
        for named, clients in subjects:
            yield audit_event(BASE, Shown(entry(action, actor, named), clients))
