"""The rules in words, for everybody who is signed in: packs, one pack, one rule of one version."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from flask import request
from werkzeug.wrappers import Response

from policy_service.console import door
from policy_service.console.door import READERS, blueprint
from policy_service.errors import NotFound
from policy_service.policy.pack import Pack, PackSet
from policy_service.policy.pages.build import binds_in_words, rule_page
from policy_service.policy.pages.phrases import because_in_words
from policy_service.policy.registry import shipped_rows
from policy_service.policy.rule import Rule, Status
from policy_service.services.packs import PackAltered, packs_at_hand, packs_in_use


@dataclass(frozen=True, slots=True)
class PackLine:
    """One pack of the list, and how its rules stand."""

    pack: Pack
    binds: str
    in_force: int
    drafts: int
    struck_down: int
    superseded: int
    is_shadow: bool


@blueprint.get("/rules")
def rules() -> str:
    """The packs in use: those that bind, then those that run along in the shadow."""
    desk = door.desk()
    with desk.reading(door.principal()) as context:
        in_use = packs_in_use(desk, context)
    lines = [_line(pack) for pack in in_use.active]
    lines += [_line(pack, is_shadow=True) for pack in in_use.shadows]
    return door.page("rules.html", lines=lines)


def _line(pack: Pack, *, is_shadow: bool = False) -> PackLine:
    counted = Counter(rule.status for rule in pack.rules)
    return PackLine(
        pack=pack,
        binds=binds_in_words(pack.scope),
        in_force=counted[Status.IN_FORCE],
        drafts=counted[Status.DRAFT],
        struck_down=counted[Status.STRUCK_DOWN],
        superseded=counted[Status.SUPERSEDED],
        is_shadow=is_shadow,
    )


@blueprint.get("/rules/<pack_id>")
def rules_of(pack_id: str) -> str:
    """The rules of one pack, in the version in use or in the one whose digest is given."""
    chosen = _choose(pack_id)
    ordered = sorted(chosen.pack.rules, key=lambda rule: rule.id)
    return door.page(
        "rules_of.html",
        chosen=chosen,
        rules=ordered,
        line=_line(chosen.pack),
        may_see_versions=door.principal().has(*READERS),
    )


@blueprint.get("/rules/<pack_id>/<rule_id>")
def rule(pack_id: str, rule_id: str) -> str:
    """One rule: in the version in use, or in the one that decided (`?digest=`)."""
    return show_rule(_choose(pack_id), rule_id)


@blueprint.get("/rules/-/<rule_id>")
def find_rule(rule_id: str) -> Response:
    """A rule by its id alone, which names one rule wherever it appears: in use if it is anywhere.

    "-" is the id of no pack.
    """
    desk = door.desk()
    with desk.reading(door.principal()) as context:
        in_use = packs_in_use(desk, context)
        at_hand = packs_at_hand(desk, context)
    for pack in (*in_use.active, *in_use.shadows):
        if _rule(pack, rule_id):
            return door.see("console.rule", pack_id=pack.id, rule_id=rule_id)
    older = _first(pack for pack in at_hand if _rule(pack, rule_id))
    if older is None:
        raise NotFound
    return door.see("console.rule", pack_id=older.id, rule_id=rule_id, digest=older.digest)


@dataclass(frozen=True, slots=True)
class Chosen:
    """The version of a pack that is shown. `in_use` is the one that binds now, if any does."""

    pack: Pack
    in_use: Pack | None
    versions: PackSet

    @property
    def is_in_use(self) -> bool:
        """True when what is shown is what binds."""
        return self.in_use is not None and self.in_use.digest == self.pack.digest


def show_rule(chosen: Chosen, rule_id: str) -> str:
    """The page of a rule of that version. NotFound if the version has no such rule."""
    found = _rule(chosen.pack, rule_id)
    if found is None:
        raise NotFound
    return door.page(
        "rule.html",
        chosen=chosen,
        page=rule_page(chosen.pack, found, shipped_rows(), chosen.versions),
        because=because_in_words(found.because),
        still_in_use=chosen.in_use is not None and _rule(chosen.in_use, rule_id) is not None,
    )


@dataclass(frozen=True, slots=True, order=True)
class NamedRule:
    """A rule that a record names, in the version that decided."""

    pack: str
    rule: str
    digest: str


def rules_named(value: Any) -> list[NamedRule]:
    """Every rule that findings and drafts anywhere inside a JSON value name, in order, once."""
    return sorted(set(_named(value)))


def _named(value: Any) -> Iterator[NamedRule]:
    match value:
        case {"rule": str(rule), "pack": str(pack), "pack_digest": str(digest)}:
            yield NamedRule(pack, rule, digest)
        case dict():
            for inner in value.values():
                yield from _named(inner)
        case list():
            for inner in value:
                yield from _named(inner)


def _rule(pack: Pack, rule_id: str) -> Rule | None:
    return next((rule for rule in pack.rules if rule.id == rule_id), None)


def _choose(pack_id: str) -> Chosen:
    """The pack of the address. NotFound for one that this practice does not have at hand."""
    desk, digest = door.desk(), request.args.get("digest", "")
    with desk.reading(door.principal()) as context:
        versions = packs_at_hand(desk, context)
        try:
            active = packs_in_use(desk, context)
        except PackAltered:  # an older version is still to be read while one cannot be opened
            return Chosen(_version(versions, pack_id, digest), None, versions)
    in_use = _first(pack for pack in active.active if pack.id == pack_id)
    shadow = _first(pack for pack in active.shadows if pack.id == pack_id)
    shown = None if digest else in_use or shadow
    return Chosen(shown or _version(versions, pack_id, digest), in_use, versions)


def _version(versions: PackSet, pack_id: str, digest: str) -> Pack:
    found = _first(pack for pack in versions if (pack.id, pack.digest) == (pack_id, digest))
    if found is None:
        raise NotFound
    return found


def _first(packs: Iterable[Pack]) -> Pack | None:
    return next(iter(packs), None)
