"""Identity verdicts: an officer says that two persons are the same, different or related.

Append-only. A verdict outranks the score, shows in the explanation, and holds until one of the two
records changes.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum

from sqlalchemy import or_, select

from policy_service.audit.log import Owned
from policy_service.database.tables.people import IdentityVerdictRow
from policy_service.errors import NotFound
from policy_service.services.context import Context
from policy_service.services.disclosures import STATED_KINDS
from policy_service.services.officers import require_not_own, require_officer
from policy_service.services.parties import named_person, pseudonyms, refusal
from policy_service.services.touch import touch_people


class Verdict(StrEnum):
    """What an officer can say of two persons."""

    SAME = "same"
    DIFFERENT = "different"
    RELATED = "related"


@dataclass(frozen=True, slots=True)
class VerdictForm:
    """A verdict on two person ids. `relation`, for related: what person_b is to person_a."""

    person_a: str
    person_b: str
    verdict: str
    relation: str | None = None


def judge(context: Context, form: VerdictForm) -> str:
    """Record an officer's verdict; returns its id. The newest on the same two records counts."""
    require_officer(context)
    require_not_own(context, [form.person_a, form.person_b])
    verdict_id = record_verdict(context, form)
    touch_people(context, [form.person_a, form.person_b])
    return verdict_id


def record_verdict(context: Context, form: VerdictForm) -> str:
    """Write a verdict and its entry; returns its id. The caller has asked who may, and touches."""
    _require(form)
    first = named_person(context, form.person_a, "/person_a")
    second = named_person(context, form.person_b, "/person_b")
    row = IdentityVerdictRow(
        practice_id=context.practice_id,
        id=context.new_id(),
        **asdict(form) | {"verdict": str(form.verdict)},
        digest_a=first.record_digest,
        digest_b=second.record_digest,
        decided_by=context.principal.actor_ref,
        decided_at=context.now,
    )
    context.session.add(row)
    context.session.flush()
    told = {"id": row.id, **asdict(form), "verdict": str(form.verdict)}
    groups = {"verdict:0": Owned(told, first.id), "verdict:1": Owned(told, second.id)}
    subjects = pseudonyms(context, [first.id, second.id])
    context.log("identity.judged", groups, subjects=subjects)
    return row.id


def _require(form: VerdictForm) -> None:
    if form.verdict not in set(Verdict):
        raise refusal("/verdict", "This word is not allowed.", Verdict)
    if form.person_a == form.person_b:
        raise refusal("/person_b", "Two different persons are expected.")
    if (form.verdict == Verdict.RELATED) != (form.relation is not None):
        raise refusal("/relation", "A relation goes with the verdict related, and only with it.")
    if form.relation is not None and form.relation not in STATED_KINDS:
        raise refusal("/relation", "This word is not allowed.", STATED_KINDS)


def read_verdict(context: Context, verdict_id: str) -> IdentityVerdictRow:
    """A verdict as it was given. NotFound for another practice's."""
    row = context.session.get(IdentityVerdictRow, (context.practice_id, verdict_id))
    if row is None:
        raise NotFound
    return row


def verdicts_on(context: Context, person_id: str) -> list[IdentityVerdictRow]:
    """Every verdict ever given on a person, oldest first."""
    rows = select(IdentityVerdictRow).where(
        or_(IdentityVerdictRow.person_a == person_id, IdentityVerdictRow.person_b == person_id)
    )
    return list(context.session.scalars(rows.order_by(IdentityVerdictRow.decided_at)))
