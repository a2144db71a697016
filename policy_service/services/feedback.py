"""Keep what an EHR reports of its users' answers, from every door, in one table.

Nothing is lost and nothing is counted twice: a report that comes again is found by its fingerprint;
one about a card that is not known here is kept as an orphan; one that is not as the standard asks
is kept and marked. Each is an audit entry, and one about a known answer joins its decision's cases.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from policy_service.audit.log import Owned
from policy_service.database.tables.decisions import DecisionRow
from policy_service.database.tables.prompts import CardFeedbackRow, PromptRow
from policy_service.database.tables.registry import ClientRow
from policy_service.domain.feedback import LONGEST_WORD, Report
from policy_service.domain.principals import Principal
from policy_service.errors import NotFound, NotReady
from policy_service.ledger.canonical import Json
from policy_service.ledger.leaf import format_at
from policy_service.services.context import Context
from policy_service.services.desk import Desk
from policy_service.services.once import patiently
from policy_service.services.parties import keeper_of, pseudonyms
from policy_service.services.prompts import REST, note_on_cases, shown
from policy_service.vault.keys import Purpose

RECEIVED = "feedback.received"
TRIES = 3


@dataclass(frozen=True, slots=True)
class Received:
    """What became of a batch, in numbers; `repeated` ones were known already."""

    kept: int = 0
    repeated: int = 0
    orphans: int = 0
    nonconformant: int = 0


@dataclass(frozen=True, slots=True)
class _Answered:
    """What a report is about. `prompt` None: an orphan, or a check that nobody follows."""

    prompt: PromptRow | None = None
    decision: DecisionRow | None = None
    client: ClientRow | None = None


def receive_feedback(
    desk: Desk, principal: Principal, door: str, reports: Sequence[Report]
) -> Received:
    """Keep a batch in one transaction: all of it, or none (NotReady)."""
    for _ in range(TRIES):
        try:
            return patiently(lambda: _receive(desk, principal, door, reports))
        except IntegrityError:
            continue  # a twin of this batch was faster: its rows are found now
    raise NotReady("A twin of this feedback is still being stored.")


def receive_check_feedback(
    desk: Desk, principal: Principal, decision_id: str, report: Report
) -> Received:
    """What became of a check that was asked over REST. NotFound if there is no such check."""
    with desk.reading(principal) as context:
        if context.session.get(DecisionRow, (context.practice_id, decision_id)) is None:
            raise NotFound
    return receive_feedback(desk, principal, REST, [report])


def _receive(desk: Desk, principal: Principal, door: str, reports: Sequence[Report]) -> Received:
    with desk.writing(principal) as context:
        kept = [report for report in reports if _keep(context, door, report)]
        orphans = sum(_about(context, report).decision is None for report in kept)
    wrong = sum(not report.is_conformant for report in kept)
    return Received(len(kept), len(reports) - len(kept), orphans, wrong)


def _keep(context: Context, door: str, report: Report) -> bool:
    """Write one report; False if it is known already."""
    fingerprint = _fingerprint(context, report)
    known = select(CardFeedbackRow.id).where(CardFeedbackRow.fingerprint == fingerprint)
    if context.session.execute(known).first() is not None:
        return False
    about = _about(context, report)
    owner = keeper_of(context, about.client.person_id) if about.client else None
    entry_id = _log(context, door, report, about, owner)
    kept_id = context.new_id()
    context.session.add(
        CardFeedbackRow(
            practice_id=context.practice_id,
            id=kept_id,
            received_at=context.now,
            door=door,
            ehr_client_id=context.principal.id,
            prompt_id=about.prompt.id if about.prompt else None,
            decision_id=about.decision.id if about.decision else None,
            outcome=_word(report.outcome),
            is_conformant=report.is_conformant,
            fingerprint=fingerprint,
            owner_person_id=owner,
            entry_id=entry_id,
            sealed=_sealed(context, kept_id, report, about, owner),
        )
    )
    _follow(context, report, about)
    context.session.flush()
    return True


def _fingerprint(context: Context, report: Report) -> bytes:
    """(card, outcome, timestamp) of a conformant report, the whole of any other."""
    said: Any = report.item
    if report.is_conformant and report.card and report.reported_at:
        said = [report.card.lower(), report.outcome, format_at(report.reported_at)]
    return context.keyring.digest(Purpose.BODY_DIGEST, f"feedback\n{_text(said)}")


def _about(context: Context, report: Report) -> _Answered:
    """The card, or over REST the check, that a report names."""
    wanted = _uuid(report.card)
    if wanted is None:
        return _Answered()
    prompt = context.session.get(PromptRow, (context.practice_id, wanted))
    decision_id = (prompt.decision_id or "") if prompt else wanted
    decision = context.session.get(DecisionRow, (context.practice_id, decision_id))
    if decision is None:
        return _Answered(prompt)
    client = context.session.get(ClientRow, (context.practice_id, decision.client_id))
    return _Answered(prompt, decision, client)


def _uuid(text: str | None) -> str | None:
    try:
        return str(UUID(text)) if text else None
    except ValueError:
        return None


def _word(text: str | None) -> str | None:
    """What fits the column; the whole of it is sealed beside."""
    return None if text is None else text[:LONGEST_WORD]


def _sealed(
    context: Context, kept_id: str, report: Report, about: _Answered, owner: str | None
) -> bytes:
    """The report as it arrived. Of an erased client's, only codes: words could name them."""
    item: Any = report.item
    if about.client is not None and owner is None:
        item = _codes(report)
    raw = _text({"item": item, "problems": list(report.problems)})
    where = ("card_feedback", kept_id, "sealed")
    return context.keyring.seal(context.session, owner, raw.encode(), where)


def _text(value: Any) -> str:
    """One spelling of any JSON value, numbers of any size included."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _codes(report: Report) -> dict[str, Any]:
    return {
        "card": _uuid(report.card),
        "outcome": _word(report.outcome),
        "reported_at": format_at(report.reported_at) if report.reported_at else None,
    }


def _log(context: Context, door: str, report: Report, about: _Answered, owner: str | None) -> str:
    """One entry holds the whole loop: what was shown, to whom, and what was done with it.

    What nobody's key covers holds codes and a digest, never words.
    """
    said: dict[str, Json] = {
        **_codes(report),
        "door": door,
        "received_at": format_at(context.now),
        "conformant": report.is_conformant,
        "orphan": about.decision is None,
        "decision": about.decision.id if about.decision else None,
        "item": hashlib.sha256(_text(report.item).encode()).hexdigest(),
    }
    groups = {"feedback": Owned(said, owner)}
    if owner is not None:
        reason: dict[str, Json] = {
            "override": dict(report.reason.to_json()),
            "suggestions": list(report.suggestions),
        }
        groups["response"] = Owned(reason, owner)
    if owner is not None and about.prompt is not None:
        groups["prompt"] = Owned(shown(context, about.prompt), owner)
    leaf = context.log(
        RECEIVED,
        groups,
        subjects=pseudonyms(context, [owner] if owner else []),
        packs=frozenset(about.decision.packs.split()) if about.decision else frozenset(),
    )
    return leaf.id


def _follow(context: Context, report: Report, about: _Answered) -> None:
    """An answered card is waited for no more; its cases show what was done."""
    if about.prompt is not None and about.prompt.answered_at is None:
        about.prompt.answered_at, about.prompt.answer_due_at = context.now, None
    if about.decision is None or about.client is None:
        return
    words: dict[str, Any] = {"feedback": _word(report.outcome) or "not readable"}
    if keeper_of(context, about.client.person_id) is not None:
        words |= {"override": report.reason.to_json()}
    note_on_cases(context, about.decision.id, words)
