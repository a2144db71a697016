"""SMART v2 system scopes in our words: what a token may do is never more than its client may.

`system/DetectedIssue.rs`: letters out of `cruds`, in that order (SMART App Launch 2.2, "Scopes").
The older `.read`, `.write` and `.*` mean `rs`, `cud` and `cruds`. Our own words (`decision.brief`,
`registry.write`, …) are scopes as well, for /v1.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from policy_service.domain.principals import Scope

_SYSTEM = re.compile(r"system/(\*|[A-Z][A-Za-z]{0,60})\.(read|write|\*|[cruds]{1,5})", re.ASCII)
_EVERY = "cruds"
_OLDER = {"read": "rs", "write": "cud", "*": _EVERY}
RESOURCES: Mapping[str, frozenset[Scope]] = {
    "DetectedIssue": frozenset({Scope.DECISION_BRIEF, Scope.DECISION_FULL}),
    "AuditEvent": frozenset({Scope.AUDIT_READ, Scope.AUDIT_RELEASE}),
}
"""The resources that are offered, and which of a client's scopes a SMART scope on them unlocks."""
SUPPORTED = tuple(
    [f"system/{resource}.{letters}" for resource in RESOURCES for letters in ("rs", "cruds")]
    + [f"system/{resource}.read" for resource in RESOURCES]
    + ["system/*.rs", "system/*.cruds", "system/*.read"]
)
"""For `scopes_supported`; any ordered choice of letters is understood."""


@dataclass(frozen=True, slots=True)
class Grant:
    """Interactions on one type of resource, `*` for every type."""

    resource: str
    interactions: str

    def covers(self, resource: str, interaction: str) -> bool:
        """Whether this interaction on that type is within the grant."""
        return self.resource in ("*", resource) and interaction in self.interactions

    def scopes(self) -> frozenset[Scope]:
        """The scopes of ours that it unlocks, where its client holds them."""
        kinds = RESOURCES if self.resource == "*" else {self.resource}
        return frozenset().union(*(RESOURCES.get(kind, frozenset()) for kind in kinds))


@dataclass(frozen=True, slots=True)
class Granted:
    """A scope string, read: our scopes by our own words, and SMART's grants."""

    own: frozenset[Scope]
    grants: tuple[Grant, ...]

    @classmethod
    def read(cls, scope: str, held: frozenset[Scope]) -> Granted:
        """What the words of `scope` give a client that holds `held`; unknown words give nothing."""
        words = scope.split()
        own = frozenset(Scope(word) for word in words if word in _OWN) & held
        grants = [grant for grant in map(_grant, words) if grant is not None]
        whole = [Grant(kind, _EVERY) for kind, unlocked in RESOURCES.items() if own & unlocked]
        return cls(own, (*grants, *whole))

    def scopes(self, held: frozenset[Scope]) -> frozenset[Scope]:
        """All scopes of ours that it unlocks for a client that holds `held`."""
        return self.own.union(*(grant.scopes() for grant in self.grants)) & held


_OWN = frozenset(scope.value for scope in Scope)


def grantable(asked: str, held: frozenset[Scope]) -> str:
    """The words of `asked` that give this client anything, in order; empty where none does."""
    return " ".join(_unique(word for word in asked.split() if _gives(word, held)))


def _gives(word: str, held: frozenset[Scope]) -> bool:
    return bool(Granted.read(word, held).scopes(held))


def _unique(words: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(words))


def _grant(word: str) -> Grant | None:
    form = _SYSTEM.fullmatch(word)
    if form is None:
        return None
    letters = _OLDER.get(form[2], form[2])
    ordered = "".join(letter for letter in _EVERY if letter in letters)
    return Grant(form[1], letters) if ordered == letters else None
