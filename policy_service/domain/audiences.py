"""Who sees what (design, section 7). `redact` is the only way out of the service.

The answer itself is the leak to guard: the check endpoint is a membership oracle. For one audience
and one standing, two worlds that differ only in a hidden cause give the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Any

from policy_service.domain.answers import (
    Answer,
    Flag,
    PreviewAnswer,
    ScreeningAnswer,
    ScreeningLine,
    StandingChange,
    TimelineAnswer,
)
from policy_service.domain.notices import BRIEF, Notice, NoticeKind
from policy_service.domain.outcomes import Outcome
from policy_service.domain.principals import ActingRole, ActingUser, Principal, Role, Scope
from policy_service.domain.standings import MESSAGES, Advice
from policy_service.domain.timelines import Entry, When, in_order


class Audience(StrEnum):
    """From everything to a constant."""

    OFFICER = "officer"
    EHR = "ehr"
    INTAKE = "intake"
    TREATING_CLINICIAN = "treating_clinician"
    ANYONE = "anyone"
    SILENT = "silent"
    """A client on trial: a constant of its own, which says so."""


READ_SCREENINGS = (Audience.OFFICER, Audience.EHR, Audience.INTAKE)
_OFFICERS = (Role.COMPLIANCE, Role.APPROVER, Role.AUDITOR)
_CONSTANT = "recorded"
ON_TRIAL = {"status": _CONSTANT, "mode": "silent"}


def audience_of(principal: Principal, acting: ActingUser, clinician_id: str) -> Audience:
    """The least of what the credential grants and what the person at the keyboard may learn."""
    if principal.is_silent:
        return Audience.SILENT
    return audience_if_live(principal, acting, clinician_id)


def audience_if_live(principal: Principal, acting: ActingUser, clinician_id: str) -> Audience:
    """The audience that a client on trial would have, were it live."""
    if Role.EHR not in principal.roles:
        return _account_audience(principal, clinician_id)
    if acting.role is ActingRole.CLINICIAN:
        own = acting.clinician_id is not None and acting.clinician_id == clinician_id
        return Audience.TREATING_CLINICIAN if own else Audience.ANYONE
    if acting.role in (ActingRole.PATIENT, ActingRole.RELATIVE, ActingRole.UNKNOWN):
        return Audience.ANYONE
    if acting.role is ActingRole.INTAKE or Scope.DECISION_FULL not in principal.scopes:
        return Audience.INTAKE
    return Audience.EHR


def _account_audience(principal: Principal, clinician_id: str) -> Audience:
    if principal.has(*_OFFICERS):
        return Audience.OFFICER
    if principal.has(Role.INTAKE):
        return Audience.INTAKE
    if principal.has(Role.CLINICIAN) and principal.clinician_id == clinician_id:
        return Audience.TREATING_CLINICIAN
    return Audience.ANYONE


def preview_audience_of(principal: Principal, acting: ActingUser, clinician_id: str) -> Audience:
    """A preview is its clinician's own, whatever else they are; officers see what was shared."""
    if Role.EHR not in principal.roles:
        own = principal.has(Role.CLINICIAN) and principal.clinician_id == clinician_id
        return Audience.TREATING_CLINICIAN if own else _officer_or_anyone(principal.has(*_OFFICERS))
    if principal.is_silent or Scope.PREVIEW_OWN not in principal.scopes:
        return Audience.ANYONE
    if acting.role is ActingRole.CLINICIAN and acting.clinician_id == clinician_id:
        return Audience.TREATING_CLINICIAN
    return _officer_or_anyone(acting.role is ActingRole.COMPLIANCE)


def _officer_or_anyone(is_officer: bool) -> Audience:
    return Audience.OFFICER if is_officer else Audience.ANYONE


def _may_read_preview(is_shared: bool, audience: Audience) -> bool:
    """The clinician always; officers once it is shared; nobody else ever."""
    if audience is Audience.OFFICER:
        return is_shared
    return audience is Audience.TREATING_CLINICIAN


def redact_preview(answer: PreviewAnswer, audience: Audience) -> dict[str, Any]:
    """The whole of it for those who may read it, a constant for anyone else."""
    frame = {"id": answer.id, "at": answer.at, "status": _CONSTANT}
    if not _may_read_preview(answer.shared_at is not None, audience):
        return frame
    return {
        **frame,
        "receipt": answer.receipt,
        "clinician_id": answer.clinician_id,
        "shared_at": answer.shared_at,
        **answer.full,
    }


def redact(answer: Answer, audience: Audience) -> dict[str, Any]:
    """What this audience may learn of the answer."""
    match audience:
        case Audience.OFFICER:
            return {**_frame(answer), **answer.full, "ties": dict(answer.tie_names)}
        case Audience.EHR:
            return {**_frame(answer), **answer.full}
        case Audience.TREATING_CLINICIAN:
            return {**_brief(answer), "findings": _own_findings(answer)}
        case Audience.INTAKE:
            return _brief(answer)
        case Audience.ANYONE:
            return {"id": answer.id, "at": answer.at, "status": _CONSTANT}
        case Audience.SILENT:
            return {**_frame(answer), **ON_TRIAL}


def redact_screening(answer: ScreeningAnswer, audience: Audience) -> dict[str, Any]:
    """Who can take the client. Below intake it is a constant: the list names who may not."""
    frame = {"id": answer.id, "at": answer.at, "status": _CONSTANT}
    if audience is Audience.SILENT:
        return {**frame, **ON_TRIAL}
    if audience not in READ_SCREENINGS:
        return frame
    full = audience is not Audience.INTAKE
    more = {"client_id": answer.client_id, "purpose": answer.purpose} if full else {}
    lines = [_line(line, full) for line in answer.lines]
    return {**frame, "receipt": answer.receipt, **more, "clinicians": lines}


def _line(line: ScreeningLine, full: bool) -> dict[str, Any]:
    brief = {"clinician_id": line.clinician_id, "availability": line.availability.value}
    if not full:
        return brief
    return {
        **brief,
        "outcome": line.outcome.value,
        "could_become": line.could_become.value,
        "complete": line.complete,
    }


def redact_flags(flags: Sequence[Flag], audience: Audience) -> dict[str, Any]:
    """A client's flags. Intake learns one standing a clinician: neither kinds nor how many."""
    if audience in (Audience.OFFICER, Audience.EHR):
        return {"status": _CONSTANT, "flags": [_flag(flag) for flag in flags]}
    if audience is Audience.INTAKE:
        return {"status": _CONSTANT, "standings": _standings(flags)}
    return dict(ON_TRIAL) if audience is Audience.SILENT else {"status": _CONSTANT}


def _flag(flag: Flag) -> dict[str, Any]:
    return {
        "clinician_id": flag.clinician_id,
        "kind": flag.kind,
        "standing": flag.standing.value,
        "since": flag.since,
    }


def redact_changes(
    changes: Sequence[StandingChange], cursor: str, more: bool, audience: Audience
) -> dict[str, Any]:
    """Which pairs changed, and the advice of today, as a front desk may learn it; below intake a
    constant: the list names clients."""
    if audience not in (Audience.OFFICER, Audience.EHR, Audience.INTAKE):
        return {"status": _CONSTANT}
    shown = [_change(change) for change in changes]
    return {"status": _CONSTANT, "changes": shown, "cursor": cursor, "more": more}


def _change(change: StandingChange) -> dict[str, Any]:
    return {
        "check_id": change.check_id,
        "clinician_id": change.clinician_id,
        "clinician_external_id": change.clinician_external_id,
        "client_id": change.client_id,
        "client_external_id": change.client_external_id,
        "standing": change.advice.value,
        "message": MESSAGES[change.advice],
    }


def _standings(flags: Sequence[Flag]) -> list[dict[str, Any]]:
    """The most cautious advice for each clinician, in the order given."""
    worst: dict[str, Advice] = {}
    for flag in flags:
        known = worst.get(flag.clinician_id, Advice.PROCEED)
        worst[flag.clinician_id] = max(known, flag.advice, key=list(Advice).index)
    return [{"clinician_id": key, "standing": advice.value} for key, advice in worst.items()]


def redact_event(notice: Notice, audience: Audience) -> dict[str, Any] | None:
    """The thin event: always of this shape, with no id but its own. None: not told at all.

    Intake learns that a standing changed, whatever changed it, and of nothing else.
    """
    match audience:
        case Audience.OFFICER | Audience.EHR:
            kind = notice.kind
        case Audience.INTAKE if notice.kind in (*BRIEF, NoticeKind.PING):
            is_ping = notice.kind is NoticeKind.PING
            kind = NoticeKind.PING if is_ping else NoticeKind.STANDING_CHANGED
        case _:
            return None
    return {"type": kind.value, "timestamp": notice.at, "data": {"id": notice.id}}


def redact_notice(
    notice: Notice, flags: Sequence[Flag], is_told: bool, audience: Audience
) -> dict[str, Any]:
    """What a notice is about. `flags` are those of its client and clinician.

    `is_told`: it is one that intake was told of; any other reads like one of nobody.
    """
    frame = {"id": notice.id, "at": notice.at, "status": _CONSTANT}
    subject = notice.subject
    pair = {"clinician_id": subject.clinician_id, "client_id": subject.client_id}
    if audience in (Audience.OFFICER, Audience.EHR):
        about = {"kind": subject.about.value, "id": subject.id}
        return {**frame, "type": notice.kind.value, "about": about, **pair,
                "flags": [_flag(flag) for flag in flags]}  # fmt: skip
    if audience is not Audience.INTAKE or not is_told:
        return frame
    advice = max((flag.advice for flag in flags), key=list(Advice).index, default=Advice.PROCEED)
    return {**frame, "type": NoticeKind.STANDING_CHANGED.value, **pair, "standing": advice.value}


_OWN_DUTY = (
    "id", "duty", "title", "state", "late", "owner", "clinician_id", "client_id", "rule", "round",
    "repeats", "raised_at", "due_on", "due_basis", "source_says", "proof_asked", "closed_at",
)  # fmt: skip


def redact_duty(duty: Mapping[str, Any], audience: Audience) -> dict[str, Any]:
    """A duty, for those to whom it exists. Notes and reasons are free text: officers' alone."""
    match audience:
        case Audience.OFFICER:
            return dict(duty)
        case Audience.EHR:
            return {**duty, **_without_words(duty)}
        case Audience.TREATING_CLINICIAN:
            own = {name: duty[name] for name in _OWN_DUTY if name in duty}
            return {**own, **_steps(duty)}
        case _:
            return {"status": _CONSTANT}


def redact_duties(
    duties: Sequence[Mapping[str, Any]], next_cursor: str | None, audience: Audience
) -> dict[str, Any]:
    """A page of duties; a constant for those to whom none exists."""
    if audience in (Audience.INTAKE, Audience.ANYONE, Audience.SILENT):
        return {"status": _CONSTANT}
    shown = [redact_duty(duty, audience) for duty in duties]
    return {"status": _CONSTANT, "duties": shown, "next_cursor": next_cursor}


def _without_words(duty: Mapping[str, Any]) -> dict[str, Any]:
    if "proof" not in duty:
        return {}
    proof = duty["proof"]
    kept = proof and {name: part for name, part in proof.items() if name != "note"}
    return {"proof": kept, "reason": None}


def _steps(duty: Mapping[str, Any]) -> dict[str, Any]:
    """What happened and what is to come, without who made each move."""
    if "history" not in duty:
        return {}
    told = [{name: move[name] for name in move if name != "actor"} for move in duty["history"]]
    return {"history": told, "to_come": list(duty["to_come"])}


def _frame(answer: Answer) -> dict[str, Any]:
    return {"id": answer.id, "at": answer.at, "status": _CONSTANT, "receipt": answer.receipt}


def _brief(answer: Answer) -> dict[str, Any]:
    return {
        **_frame(answer),
        "standing": answer.advice.value,
        "message": MESSAGES[answer.advice],
    }


def _own_findings(answer: Answer) -> list[dict[str, Any]]:
    own = _own_refs(answer.own_ties)
    known = [
        {**finding, "tie": own.get(finding["tie"], finding["tie"])}
        for finding in answer.own_findings
    ]
    return sorted(known, key=_place)


def _place(finding: Mapping[str, Any]) -> tuple[int, str, str]:
    return -Outcome(finding["outcome"]).rank, finding["rule"], finding["tie"] or ""


def _own_refs(ties: Sequence[str]) -> dict[str, str]:
    """Known ties numbered among themselves: a gap in the numbers would tell of a hidden one."""
    return {ref: f"t{number}" for number, ref in enumerate(ties, 1)}


def redact_timeline(answer: TimelineAnswer, audience: Audience) -> dict[str, Any]:
    """What this audience may learn of a timeline.

    A treating clinician sees the bars of the findings they may see, and the dates of the ties they
    stated. Whether anything else is told would depend on what is hidden, so nothing else is.
    """
    frame = {"id": answer.id, "at": answer.at, "status": _CONSTANT}
    match audience:
        case Audience.OFFICER | Audience.EHR:
            return {**frame, **answer.timeline.to_json()}
        case Audience.TREATING_CLINICIAN:
            as_of = answer.timeline.as_of.isoformat()
            return {**frame, "as_of": as_of, "entries": _own_entries(answer)}
        case _:
            return frame


def _own_entries(answer: TimelineAnswer) -> list[dict[str, Any]]:
    refs = _own_refs(answer.own_ties)
    known = (_own_entry(entry, refs) for entry in answer.own.entries)
    own = [entry for entry in known if entry is not None]
    return [entry.to_json() for entry in in_order(answer.timeline.as_of, own).entries]


def _own_entry(entry: Entry, refs: Mapping[str, str]) -> Entry | None:
    tie = refs.get(entry.tie or "")
    if entry.bar is None:
        return replace(entry, tie=tie) if tie else None
    if entry.bar.unverified:
        return None
    # A bar for ever rests on no date, so its finding does not vouch for the dates of care.
    counted = entry.days.when is not When.NEVER
    bar = entry.bar if counted else replace(entry.bar, anchored=None)
    return replace(entry, tie=tie, bar=bar)
