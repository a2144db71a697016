"""The queue and the case page."""

from __future__ import annotations

from typing import Any

from flask import request

from policy_service.console import door
from policy_service.console.door import OFFICERS, READERS, Refusal, blueprint
from policy_service.console.timeline import draw
from policy_service.domain.audiences import Audience, redact_timeline
from policy_service.domain.decisions import FindingKind
from policy_service.domain.deliberations import FIELDS, DeliberationField
from policy_service.domain.outcomes import Outcome
from policy_service.domain.principals import Role
from policy_service.domain.reviews import CaseState, DispositionKind
from policy_service.policy.timeline import timeline
from policy_service.services.case_files import CaseFile, open_case
from policy_service.services.case_queue import ANY_OPEN, STATES, QueueFilter, list_cases
from policy_service.services.context import Context
from policy_service.services.dispositions import has_decider
from policy_service.services.duty_files import duties_of_case, duty_line, late_duties
from policy_service.services.logins import logins
from policy_service.services.packs import packs_at_hand, rule_wording, wording
from policy_service.services.timelines import timeline_of
from policy_service.services.webhooks.endpoints import paused_by_itself


@blueprint.get("/cases")
def queue() -> str:
    """Cases by due date."""
    who = door.principal(*READERS, Role.CONSULTANT)
    wanted = _filter(who.id)
    with door.desk().writing(who) as context:
        found = list_cases(context, wanted)
        return door.page(
            "queue.html",
            found=found,
            wanted=wanted,
            states=STATES,
            kinds=[kind.value for kind in FindingKind],
            outcomes=[outcome.value for outcome in reversed(Outcome)],
            people={row.id: row.name for row in logins(context)},
            has_decider=has_decider(context),
            late=sum(late_duties(context).values()) if who.has(*READERS) else 0,
            mine=bool(wanted.assigned_to),
            paused=paused_by_itself(context),
        )


def _filter(login_id: str) -> QueueFilter:
    given = request.args
    return QueueFilter(
        state=given.get("state") or ANY_OPEN,
        kind=given.get("kind", ""),
        outcome=given.get("outcome", ""),
        assigned_to=login_id if given.get("mine") else "",
        overdue=bool(given.get("overdue")),
        after=given.get("after", ""),
    )


@blueprint.get("/cases/<uuid:case_id>")
def case(case_id: Any) -> str:
    """One case with its evidence."""
    return case_page(str(case_id), None)


def case_page(case_id: str, refusal: Refusal | None) -> str:
    """The page of a case; with a refusal, its form again as it was typed."""
    who = door.principal(*READERS, Role.CONSULTANT)
    words = wording(door.desk(), who)
    with door.desk().writing(who) as context:
        opened = open_case(context, case_id, words)
        titles = rule_wording(door.desk(), context)
        today = context.today
        findings = opened.answer["findings"]
        return door.page(
            "case.html",
            file=opened,
            **_timeline(context, opened),
            duties=[duty_line(context, row, titles) for row in duties_of_case(context, case_id)],
            other=[one for one in findings if one["kind"] != opened.case.kind],
            own=[one for one in findings if one["kind"] == opened.case.kind],
            sections=_sections(),
            may=_may(opened),
            refusal=refusal,
            today=today,
        )


def _timeline(context: Context, opened: CaseFile) -> dict[str, Any]:
    """The timeline of the newest check, for whoever may open the case."""
    packs = packs_at_hand(door.desk(), context)
    answer = timeline_of(context, opened.recorded, lambda body, facts: timeline(body, facts, packs))
    entries = redact_timeline(answer, Audience.EHR)["entries"]  # it holds no names
    if not any(one["bar"] or one["earliest"] for one in entries):
        entries = []  # nothing has a day: the unknowns stand among the questions
    return {"entries": entries, "drawing": draw(entries, context.today)}


def _sections() -> dict[str, list[DeliberationField]]:
    """The deliberation form by section, in the order of the form."""
    sections: dict[str, list[DeliberationField]] = {}
    for field in FIELDS:
        sections.setdefault(field.section, []).append(field)
    return sections


def _may(file: CaseFile) -> dict[str, Any]:
    """Which forms to offer. The services decide; this only spares people what would be refused."""
    who, view = door.principal(), file.view
    compliance = who.has(Role.COMPLIANCE)
    workable = view.state in (CaseState.OPEN, CaseState.WITH_CONSULTANT)
    is_subject = who.clinician_id == view.clinician_id
    is_consultant = who.has(Role.CONSULTANT) and file.case.consultant_id == who.id
    decides = compliance or (is_consultant and not file.has_decider)
    asked_by_me = view.override_asked_by == who.id
    return {
        "note": who.has(*OFFICERS),
        "assign": compliance and view.state is not CaseState.CLOSED,
        "deliberate": compliance and workable,
        "consult": compliance and view.state is CaseState.OPEN,
        "advise": is_consultant and view.state is CaseState.WITH_CONSULTANT,
        "dispose": _dispositions(file) if decides and workable and not is_subject else [],
        "approve": who.has(Role.APPROVER)
        and view.state is CaseState.AWAITING_APPROVAL
        and not (is_subject or asked_by_me),
        "is_subject": is_subject,
        "audit": who.has(*READERS),
        "bundle": compliance,
        "judge": who.has(*OFFICERS),
        "asked_by_me": asked_by_me and view.state is CaseState.AWAITING_APPROVAL,
    }


def _dispositions(file: CaseFile) -> list[str]:
    view = file.view
    if view.outcome is not Outcome.PROHIBIT:
        return [DispositionKind.ACCEPT_WITH_CONDITIONS.value, DispositionKind.DECLINE.value]
    if view.waivable:
        return [DispositionKind.OVERRIDE.value, DispositionKind.DECLINE.value]
    return [DispositionKind.DECLINE.value]
