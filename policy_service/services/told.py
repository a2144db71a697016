"""Remember what an EHR was told of a pair, so that it can later ask what has changed since."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite

from policy_service.database.tables.told import ToldAdviceRow
from policy_service.domain.audiences import Audience
from policy_service.domain.principals import Role
from policy_service.domain.standings import Advice
from policy_service.services.context import Context
from policy_service.services.gathering.facts import Question
from policy_service.services.touch import ONCE_ASKED

_PAIR = ("practice_id", "ehr_client_id", "clinician_id", "client_id")
_MOVED = ("advice", "check_id", "told_at", "number")
NOTHING = ""
"""What an EHR was told of a pair when whoever sat there might learn nothing."""


def _merge(module: Any) -> Any:
    insert = module.insert(ToldAdviceRow)
    changes = {name: insert.excluded[name] for name in _MOVED}
    return insert.on_conflict_do_update(index_elements=_PAIR, set_=changes)


_MERGES = {"sqlite": _merge(sqlite), "postgresql": _merge(postgresql)}


@dataclass(frozen=True, slots=True)
class Told:
    """What a check said of its pair."""

    question: Question
    advice: Advice
    check_id: str


def tell(context: Context, told: Told, audience: Audience) -> None:
    """Note what the EHR learned, in the transaction of the check.

    Not of a moment's question (an event, an emergency): its answer is not what stands of the pair.
    Nor of a client on trial, which is told nothing.
    """
    question, principal = told.question, context.principal
    is_plain_ehr = Role.EHR in principal.roles and not principal.is_silent
    if not is_plain_ehr or question.purpose in ONCE_ASKED:
        return
    row = {
        "practice_id": context.practice_id,
        "ehr_client_id": principal.id,
        "clinician_id": question.clinician.id,
        "client_id": question.client.id,
        "advice": NOTHING if audience is Audience.ANYONE else told.advice.value,
        "check_id": told.check_id,
        "told_at": context.now,
        "number": 0,
    }
    context.session.execute(_MERGES[context.session.get_bind().dialect.name], [row])
