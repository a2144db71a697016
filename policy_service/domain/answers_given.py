"""Answers that may have been missed, told again: what each audience may learn of one.

Like `audiences.redact`, built from what is allowed and a pure function: no more than a check, or a
screening, says to the same audience.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from policy_service.domain.audiences import ON_TRIAL, READ_SCREENINGS, Audience
from policy_service.domain.standings import MESSAGES, Advice


@dataclass(frozen=True, slots=True)
class AnswerGiven:
    """What a record once answered, in its fields that are not sealed.

    `about` are those fields by name. `advice` None: it is a screening, which gives none.
    """

    kind: str
    id: str
    at: str
    receipt: str
    clinician_id: str
    advice: Advice | None
    about: Mapping[str, Any]
    erased: bool = False


def redact_given(given: AnswerGiven, audience: Audience) -> dict[str, Any]:
    """What this audience may learn of an answer that it may have missed, as a check would say it.

    The whole is fetched by its id; of an erased one nothing else is left.
    """
    frame = {"kind": given.kind, "id": given.id, "at": given.at, "status": "recorded"}
    if audience is Audience.SILENT:
        return {**frame, **ON_TRIAL}
    if audience is Audience.ANYONE or (given.advice is None and audience not in READ_SCREENINGS):
        return frame
    frame |= {"receipt": given.receipt}
    if given.erased:
        return {**frame, "erased": True}
    if audience in (Audience.OFFICER, Audience.EHR):
        return {**frame, **given.about}
    if given.advice is None:
        return frame
    return {**frame, "standing": given.advice.value, "message": MESSAGES[given.advice]}
