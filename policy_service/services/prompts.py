"""Prompts: what was put before somebody at an EHR, and whether anybody answered.

A card, or a REST answer that holds a step up, is kept with who was shown it, so that feedback finds
it. Answers that nobody gives in time are raised to the case queue by a timer: an EHR never reports
a card that was ignored. Of a client on trial only what it would have been told is kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Select, select

from policy_service.audit.log import Owned
from policy_service.database.tables.decisions import DecisionRow
from policy_service.database.tables.prompts import PromptRow
from policy_service.database.tables.registry import ClientRow
from policy_service.database.tables.reviews import CaseRow
from policy_service.domain.answers import Answer
from policy_service.domain.audiences import Audience, audience_if_live, redact
from policy_service.domain.principals import ActingUser, Principal
from policy_service.domain.reviews import CaseState, MoveKind
from policy_service.domain.standings import Advice
from policy_service.ledger.canonical import Json
from policy_service.ledger.leaf import format_at
from policy_service.services.case_moves import moves_of
from policy_service.services.cases import add_move, cases_met
from policy_service.services.context import Context
from policy_service.services.decisions import Recorded, Render, read_decision
from policy_service.services.desk import Desk
from policy_service.services.parties import keeper_of, pseudonyms

CDS, REST = "cds", "rest"
RENDERED, UNANSWERED, READ = "prompt.rendered", "prompt.unanswered", "trial.read"
INDICATORS = {
    Advice.PROCEED: "info",
    Advice.HOLD_FOR_REVIEW: "warning",
    Advice.CHOOSE_ANOTHER_CLINICIAN: "critical",
}
USUAL_HOURS = 24
"""How long a critical card waits for an answer where its client has no time of its own."""
AT_ONCE = 200
"""Prompts raised in one transaction, so that the write lock is never held for long."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that was decided just now, as `checks` records it."""

    door: str
    acting: ActingUser
    recorded: Recorded
    answer: Answer


@dataclass(frozen=True, slots=True)
class Card:
    """A card about to be shown. `decision_id` None: nobody could be asked about."""

    id: str
    indicator: str
    decision_id: str | None
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class HookCall:
    """The call a card answers, by the EHR's own words. `issuer` is who signed it."""

    hook: str
    service: str
    instance: str
    user: str
    patient: str
    issuer: str

    def to_json(self) -> dict[str, Any]:
        """For the sealed record."""
        return {
            "hook": self.hook,
            "service": self.service,
            "hook_instance": self.instance,
            "user": self.user,
            "patient": self.patient,
            "issuer": self.issuer,
        }


def keep_asked(context: Context, asked: Asked) -> None:
    """In the transaction of the decision: what a client on trial would have been told, or that a
    REST answer which holds a step up waits for what was done."""
    principal = context.principal
    audience = audience_if_live(principal, asked.acting, asked.recorded.clinician_id)
    if principal.is_silent:
        said = redact(asked.answer, audience)
        _keep_answer(context, asked, {"audience": audience.value, "answer": said}, None)
    elif principal.answer_hours and asked.door == REST and _holds_up(asked.answer, audience):
        due = context.now + timedelta(hours=principal.answer_hours)
        _keep_answer(context, asked, {"audience": audience.value}, due)


def _holds_up(answer: Answer, audience: Audience) -> bool:
    return answer.advice is not Advice.PROCEED and audience is not Audience.ANYONE


def _keep_answer(
    context: Context, asked: Asked, said: Mapping[str, Any], due: datetime | None
) -> None:
    indicator = INDICATORS[asked.answer.advice]
    card = Card(asked.recorded.id, indicator, asked.recorded.id, said)
    row = _row(context, card, asked.door, {**said, "purpose": asked.recorded.purpose})
    row.answer_due_at = due
    context.session.add(row)
    context.session.flush()


def keep_cards(
    desk: Desk, principal: Principal, call: HookCall, cards: Sequence[Card], render: Render
) -> None:
    """Keep the cards of one call, each with its entry, before they are shown. NotReady if not."""
    if not cards:
        return
    with desk.writing(principal) as context:
        for card in cards:
            _keep_card(context, call, card, render)


def _keep_card(context: Context, call: HookCall, card: Card, render: Render) -> None:
    said = {
        "card": card.id,
        "decision": card.decision_id,
        "indicator": card.indicator,
        "rendered_at": format_at(context.now),
        "summary": card.body["summary"],
        "offered": [reason["code"] for reason in card.body.get("overrideReasons", ())],
        "suggested": [one["uuid"] for one in card.body.get("suggestions", ())],
        **call.to_json(),
        **_authority(context, card, render),
    }
    if card.decision_id is None:
        del said["patient"]  # what is about nobody's decision lies under no client's key
    row = _row(context, card, CDS, said)
    row.hook = call.hook
    if card.indicator == INDICATORS[Advice.CHOOSE_ANOTHER_CLINICIAN]:
        hours = context.principal.answer_hours or USUAL_HOURS
        row.answer_due_at = context.now + timedelta(hours=hours)
    context.session.add(row)
    owner = row.owner_person_id
    subjects = pseudonyms(context, [owner] if owner else [])
    context.log(RENDERED, {"prompt": Owned(said, owner)}, subjects=subjects)
    context.session.flush()


def _authority(context: Context, card: Card, render: Render) -> dict[str, Any]:
    """Rules, sections and pack digests behind a card: never shown, but part of its record."""
    if card.decision_id is None:
        return {}
    findings = render(read_decision(context, card.decision_id).body)["findings"]
    cited = {
        f"{one['code']} {one['section']}, {one['edition']}"
        for finding in findings
        for one in finding["citations"]
    }
    return {
        "rules": sorted({finding["rule"] for finding in findings}),
        "sections": sorted(cited),
        "packs": sorted({finding["pack_digest"] for finding in findings}),
    }


def _row(context: Context, card: Card, door: str, said: Mapping[str, Any]) -> PromptRow:
    owner = _owner(context, card.decision_id)
    where = ("prompt", card.id, "sealed")
    sealed = context.keyring.seal(context.session, owner, orjson.dumps(dict(said)), where)
    return PromptRow(
        practice_id=context.practice_id,
        id=card.id,
        door=door,
        at=context.now,
        ehr_client_id=context.principal.id,
        decision_id=card.decision_id,
        owner_person_id=owner,
        indicator=card.indicator,
        is_silent=context.principal.is_silent,
        sealed=sealed,
    )


def _owner(context: Context, decision_id: str | None) -> str | None:
    """The client's person: what is about nobody yet lies under the practice's key."""
    if decision_id is None:
        return None
    decision = context.session.get_one(DecisionRow, (context.practice_id, decision_id))
    client = context.session.get_one(ClientRow, (context.practice_id, decision.client_id))
    return keeper_of(context, client.person_id)


def shown(context: Context, prompt: PromptRow) -> dict[str, Any]:
    """What a prompt said, to whom and where, opened. KeyNotHeld once its client is erased."""
    where = ("prompt", prompt.id, "sealed")
    raw = context.keyring.open(context.session, prompt.owner_person_id, prompt.sealed, where)
    found: dict[str, Any] = orjson.loads(raw)
    return found


def note_on_cases(context: Context, decision_id: str, words: Mapping[str, Any]) -> int:
    """Append a note to every open case that a decision opened or joined; returns how many."""
    ids = sorted(cases_met(context, decision_id).values())
    rows = select(CaseRow).where(CaseRow.id.in_(ids), CaseRow.state != CaseState.CLOSED.value)
    cases = context.session.scalars(rows.order_by(CaseRow.id).with_for_update()).all()
    for case in cases:
        add_move(context, case, MoveKind.NOTED, case.state, words)
    return len(cases)


def raise_unanswered(desk: Desk, practice_id: str) -> int:
    """Raise what nobody answered in time, for the worker; writes nothing while nothing is due."""
    service = Principal(practice_id, "prompts", "prompts", frozenset())
    with desk.reading(service) as context:
        if context.session.scalars(_overdue(context).limit(1)).first() is None:
            return 0
    with desk.writing(service) as context:
        rows = context.session.scalars(_overdue(context).limit(AT_ONCE).with_for_update()).all()
        for row in rows:
            _raise(context, row)
        return len(rows)


def _overdue(context: Context) -> Select[PromptRow]:
    due = select(PromptRow).where(PromptRow.answer_due_at <= context.now)
    return due.order_by(PromptRow.answer_due_at, PromptRow.id)


def _raise(context: Context, row: PromptRow) -> None:
    """Once: an answer that comes later is still taken."""
    row.raised_at, row.answer_due_at = context.now, None
    words = {"unanswered": row.indicator, "since": format_at(row.at), "door": row.door}
    cases = note_on_cases(context, row.decision_id, words) if row.decision_id else 0
    said = {"prompt": row.id, "decision": row.decision_id, "cases": cases, **words}
    owner = row.owner_person_id
    if owner is not None:
        owner = keeper_of(context, owner)
    context.log(
        UNANSWERED,
        {"prompt": Owned(said, owner)},
        subjects=pseudonyms(context, [owner] if owner else []),
    )
    context.session.flush()


@dataclass(frozen=True, slots=True)
class SilentAsk:
    """One question of a client on trial, and what it would have been told."""

    id: str
    at: datetime
    ehr_client_id: str
    door: str
    indicator: str
    said: Mapping[str, Any]


def silent_asks(context: Context, ehr_client_id: str, most: int = 50) -> list[SilentAsk]:
    """The newest questions of a client while it was on trial. KeyNotHeld never: erased are left."""
    rows = context.session.scalars(
        select(PromptRow)
        .where(PromptRow.is_silent.is_(True), PromptRow.ehr_client_id == ehr_client_id)
        .order_by(PromptRow.at.desc(), PromptRow.id)
        .limit(most)
    ).all()
    kept = [row for row in rows if row.owner_person_id is not None]
    readable = [row for row in kept if keeper_of(context, row.owner_person_id or "")]
    return [
        SilentAsk(row.id, row.at, row.ehr_client_id, row.door, row.indicator, shown(context, row))
        for row in readable
    ]


def note_unregistered(
    desk: Desk, principal: Principal, decision_ids: Sequence[str], user: str
) -> None:
    """Say on the cases of these decisions that an EHR's user is not registered here; once each."""
    words = {"user_not_registered": user}
    with desk.reading(principal) as context:
        wanted = [one for one in decision_ids if _is_news(context, one, words)]
    if not wanted:
        return
    with desk.writing(principal) as context:
        for decision_id in wanted:
            note_on_cases(context, decision_id, words)


def _is_news(context: Context, decision_id: str, words: Mapping[str, Any]) -> bool:
    """Whether one of the decision's open cases does not say so already."""
    rows = select(CaseRow).where(
        CaseRow.id.in_(sorted(cases_met(context, decision_id).values())),
        CaseRow.state != CaseState.CLOSED.value,
    )
    return any(
        all(move.words != words for move in moves_of(context, case))
        for case in context.session.scalars(rows)
    )


def read_silent_asks(context: Context, ehr_client_id: str) -> list[SilentAsk]:
    """The same for an officer; that they were read is an entry."""
    found = silent_asks(context, ehr_client_id)
    if found:
        read: list[Json] = [one.id for one in found]
        context.log(READ, {"read": Owned({"client": ehr_client_id, "decisions": read})})
    return found
