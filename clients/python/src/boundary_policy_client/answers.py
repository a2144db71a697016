"""What came of asking. Whatever is missing, late or unreadable is `pending review`, never clear."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any


class Standing(StrEnum):
    """What to do with the step. Only PROCEED says that nothing stands in its way."""

    PROCEED = "proceed"
    HOLD_FOR_REVIEW = "hold for review"
    CHOOSE_ANOTHER_CLINICIAN = "choose another clinician"
    RECORDED = "recorded"
    """The question was recorded; whoever sits at the keyboard may learn nothing more."""
    SILENT = "silent"
    """This system is on trial: answers are recorded and not given."""
    PENDING_REVIEW = "pending review"
    """There is no answer yet. Care may go on; the step is reviewed once there is one."""


PENDING_MESSAGE = "The boundary check is pending. It will be made up for."
_ADVICE = (
    Standing.PROCEED,
    Standing.HOLD_FOR_REVIEW,
    Standing.CHOOSE_ANOTHER_CLINICIAN,
)
_OF_STANDING = {
    "declined": Standing.CHOOSE_ANOTHER_CLINICIAN,
    "accepted_with_conditions": Standing.PROCEED,
    "overridden": Standing.PROCEED,
}
_OF_OUTCOME = {
    "no_finding": Standing.PROCEED,
    "advise": Standing.PROCEED,
    "monitor": Standing.PROCEED,
    "deliberate": Standing.HOLD_FOR_REVIEW,
    "prohibit": Standing.CHOOSE_ANOTHER_CLINICIAN,
}
_UNDECIDED = ("none", "in_review")
_NO_STANDING: Mapping[str, Any] = {}


@dataclass(frozen=True)
class Problem:
    """Why the service refused the request (RFC 9457): mend it, then ask again."""

    status: int
    slug: str
    title: str
    detail: str
    errors: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class Answer:
    """The answer to one question.

    `key` is the Idempotency-Key it was asked with; `because` says why it is pending, else empty.
    `body` is what the service said, as much as whoever acts may learn. Keep `receipt` in the chart.
    """

    standing: Standing
    key: str
    message: str = ""
    id: str | None = None
    receipt: str | None = None
    body: Mapping[str, Any] = field(default_factory=dict)
    because: str = ""
    problem: Problem | None = None

    @property
    def may_proceed(self) -> bool:
        """True for PROCEED and nothing else."""
        return self.standing is Standing.PROCEED

    @property
    def is_pending(self) -> bool:
        """Is there no answer yet?"""
        return self.standing is Standing.PENDING_REVIEW


def pending(key: str, because: str, problem: Problem | None = None) -> Answer:
    """The answer where there is none."""
    return Answer(Standing.PENDING_REVIEW, key, PENDING_MESSAGE, because=because, problem=problem)


def read_answer(key: str, raw: bytes) -> Answer:
    """The answer that these bytes are; pending for anything that is not one."""
    body = read_object(raw)
    if body is None:
        return pending(key, "the answer cannot be read")
    return answer_from(key, body)


def answer_from(key: str, body: Mapping[str, Any]) -> Answer:
    """The answer of a record's JSON; pending where it lacks what every answer has."""
    record_id, receipt = body.get("id"), body.get("receipt")
    if not isinstance(record_id, str) or body.get("status") != "recorded":
        return pending(key, "the answer cannot be read")
    if body.get("erased") is True:
        return replace(pending(key, "the client's records were erased"), id=record_id)
    standing = standing_of(body)
    if standing is None:
        return pending(key, "the answer says nothing that is known here")
    message = body.get("message")
    return Answer(
        standing,
        key,
        message if isinstance(message, str) else "",
        record_id,
        receipt if isinstance(receipt, str) else None,
        body,
    )


def standing_of(body: Mapping[str, Any]) -> Standing | None:
    """What an answer comes to; None where a word is not known, which is never taken for clear.

    A front desk is told it in so many words. A system that is answered in full reads it from the
    outcome and what the practice decided, as docs/integrating.md says.
    """
    if body.get("mode") == Standing.SILENT.value:
        return Standing.SILENT
    word, outcome = body.get("standing"), body.get("outcome")
    if word is None and outcome is None:
        return Standing.RECORDED
    if outcome is None:
        return next((one for one in _ADVICE if one.value == word), None)
    return _in_full(str(word), str(outcome), body.get("purpose"))


def _in_full(word: str, outcome: str, purpose: object) -> Standing | None:
    if outcome not in _OF_OUTCOME or word not in (*_UNDECIDED, *_OF_STANDING):
        return None
    if purpose == "emergency":
        return Standing.PROCEED
    return _OF_STANDING.get(word, _OF_OUTCOME[outcome])


def read_problem(status: int, raw: bytes) -> Problem:
    """A refusal; what cannot be read of it is left empty."""
    body = read_object(raw) or _NO_STANDING
    kind, errors = str(body.get("type", "")), body.get("errors")
    return Problem(
        status,
        kind.rpartition("/")[2],
        str(body.get("title", "")),
        str(body.get("detail", "")),
        tuple(one for one in errors if isinstance(one, dict)) if isinstance(errors, list) else (),
    )


def read_object(raw: bytes) -> Mapping[str, Any] | None:
    """A JSON object; None for anything else."""
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None
