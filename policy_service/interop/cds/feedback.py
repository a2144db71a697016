"""Feedback on cards (CDS Hooks 2.0, "Feedback"): tolerant of batches, refused only as a whole.

A batch mixes hook instances and may bring a card twice, a card nobody knows here, or an item that
is not as the standard asks. All of it is kept (`services.feedback`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from policy_service.domain.feedback import read_report
from policy_service.domain.principals import Principal
from policy_service.errors import FieldError, Malformed
from policy_service.services.desk import Desk
from policy_service.services.feedback import Received, receive_feedback
from policy_service.services.prompts import CDS


def receive(desk: Desk, principal: Principal, body: Mapping[str, Any]) -> Received:
    """Keep a batch. Malformed only where the body is not `{"feedback": […]}`."""
    items = body.get("feedback")
    if not isinstance(items, list):
        text = "The body is expected to be {feedback: […]}."
        raise Malformed(text, [FieldError("/feedback", "A list is expected.")])
    return receive_feedback(desk, principal, CDS, [read_report(item) for item in items])
