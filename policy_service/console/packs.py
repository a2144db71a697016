"""Packs: what binds, what could, what a change would do, and who decides it."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from flask import flash, request

from policy_service.audit.log import Owned
from policy_service.console import door
from policy_service.console.audit_log import actor_names
from policy_service.console.door import READERS, Refusal, blueprint, form_text
from policy_service.console.packs_said import examined, merged_table
from policy_service.domain.principals import Role
from policy_service.errors import FieldError, InvalidRequest
from policy_service.policy.analysis import PackReport, check_packs
from policy_service.policy.pack import Pack
from policy_service.policy.pages.build import binds_in_words
from policy_service.services.context import Context
from policy_service.services.pack_activation import examine_stored
from policy_service.services.pack_shelf import (
    Shelf,
    history,
    newest_number,
    read_shelf,
    waiting_proposals,
)
from policy_service.services.pack_storing import rationale_of
from policy_service.services.packs import Mode
from policy_service.services.replay_orders import read_replay, replays_of
from policy_service.services.shadow_reports import shadow_report


@blueprint.get("/packs")
def packs() -> str:
    """Every pack at hand by state, and what waits for a decision."""
    return packs_page(None)


def packs_page(refusal: Refusal | None) -> str:
    """The list; with a refusal, what was wrong with the pack that was brought in."""
    who = door.principal(*READERS)
    with door.desk().reading(who) as context:
        shelf = read_shelf(door.desk(), context)
        return door.page(
            "packs.html",
            shelf=shelf,
            proposals=waiting_proposals(context),
            people=actor_names(context),
            may_store=who.has(Role.COMPLIANCE),
            refusal=refusal,
        )


@blueprint.get("/packs/<digest>")
def pack(digest: str) -> str:
    """One pack: why, what it binds, its history and its replays."""
    who = door.principal(*READERS)
    with door.desk().reading(who) as context:
        shelf = read_shelf(door.desk(), context)
        line = shelf.of(digest)
        return door.page(
            "pack.html",
            line=line,
            binds=binds_in_words(line.pack.scope),
            versions=_versions(shelf, line.pack),
            steps=history(context, line.pack.id),
            rationale=rationale_of(context, digest),
            replays=replays_of(context, digest),
            people=actor_names(context),
            may_change=who.has(Role.COMPLIANCE),
        )


def _versions(shelf: Shelf, shown: Pack) -> dict[str, str]:
    """Versions of the same pack by digest, for the history."""
    return {one.pack.digest: one.pack.version for one in shelf.packs if one.pack.id == shown.id}


@blueprint.get("/packs/<digest>/change")
def pack_change(digest: str) -> str:
    """What putting the pack in use would change, with its proof, and the form that does it."""
    return change_page(digest, _mode(request.args.get("mode", Mode.ACTIVE.value)), None)


def _mode(word: str) -> Mode:
    allowed = tuple(mode.value for mode in Mode)
    if word not in allowed:
        raise InvalidRequest(
            errors=[FieldError("/mode", "Choose what the pack is to do.", allowed)]
        )
    return Mode(word)


def change_page(digest: str, mode: Mode, refusal: Refusal | None) -> str:
    """The comparison; with a refusal, its form again as it was typed."""
    who = door.principal(*READERS)
    with door.desk().reading(who) as context:
        line = read_shelf(door.desk(), context).of(digest)
        found = examine_stored(door.desk(), context, digest, mode)
        mine = [one for one in waiting_proposals(context) if one.digest == digest]
        return door.page(
            "pack_change.html",
            line=line,
            mode=mode.value,
            modes=[one.value for one in Mode],
            number=newest_number(context),
            proposals=mine,
            people=actor_names(context),
            may=_may(who.has(Role.COMPLIANCE), who.has(Role.APPROVER), who.actor_ref),
            refusal=refusal,
            **examined(found),
        )


def _may(is_officer: bool, is_approver: bool, actor: str) -> dict[str, Any]:
    """Which forms to offer; the services decide."""
    return {"ask": is_officer, "approve": is_approver, "refuse": is_officer or is_approver,
            "actor": actor}  # fmt: skip


@blueprint.get("/packs/<digest>/analysis")
def pack_analysis(digest: str) -> str:
    """What the analysis says of the pack: faults, notes, gaps, mutation score."""
    who = door.principal(*READERS)
    with door.desk().reading(who) as context:
        shelf = read_shelf(door.desk(), context)
        line = shelf.of(digest)
    beside = tuple(one.pack for one in shelf.packs if one.state == "active")
    report = _analysed(_Analysed(line.pack, beside))
    return door.page("pack_analysis.html", line=line, study=report.packs[0], items=report.items)


class _Analysed:
    """A pack among others, known by their digests: what is said of it never changes."""

    def __init__(self, pack: Pack, beside: tuple[Pack, ...]) -> None:
        self.pack, self.beside = pack, beside
        self.name = (pack.digest, *(other.digest for other in beside))

    def __hash__(self) -> int:
        return hash(self.name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Analysed) and self.name == other.name


@lru_cache(maxsize=64)
def _analysed(asked: _Analysed) -> PackReport:
    return check_packs([asked.pack], asked.beside)


@blueprint.get("/packs/<digest>/shadow")
def pack_shadow(digest: str) -> str:
    """What the shadow said beside what was decided. Reading it is an entry."""
    who = door.principal(*READERS)
    with door.desk().writing(who) as context:
        line = read_shelf(door.desk(), context).of(digest)
        report = shadow_report(context, digest).to_json()
        _log_reading(context, digest)
    return door.page(
        "pack_replay.html", line=line, report=report, table=merged_table(report), order=None
    )


def _log_reading(context: Context, digest: str) -> None:
    context.log("pack.shadow_read", {"query": Owned({"digest": digest})})


@blueprint.get("/packs/replays/<uuid:replay_id>")
def pack_replay(replay_id: Any) -> str:
    """What the log would have said under the pack, old by new."""
    who = door.principal(*READERS)
    with door.desk().reading(who) as context:
        order = read_replay(context, str(replay_id))
        line = read_shelf(door.desk(), context).of(order.digest)
    table = merged_table(order.report) if order.report else {}
    return door.page("pack_replay.html", line=line, report=order.report, table=table, order=order)


def done(message: str, endpoint: str, **values: Any) -> Any:
    """Say what was done on the page that shows it."""
    flash(message)
    return door.see(endpoint, **values)


def typed() -> dict[str, str]:
    """What was typed into the form of the request."""
    return {name: form_text(name) for name in ("reason", "mode")}
