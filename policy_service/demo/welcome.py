"""What `make run` prints at the end: one line to paste, and how to sign in."""

from __future__ import annotations

import json
import shlex
from typing import Any

from policy_service.demo.seed import APPROVER, CLINICIAN, OFFICER, DemoPractice, email
from policy_service.demo.stories import BY_NAME
from policy_service.demo.telling import clinician_row
from policy_service.domain.principals import Principal, Role
from policy_service.services.desk import Desk

_STORY = BY_NAME["ex-partner"]


def check_body(desk: Desk, practice_id: str) -> dict[str, Any]:
    """A check by attributes that ends in a cited decision: the story of the former partner."""
    reader = Principal(practice_id, "demo", "demo", frozenset({Role.OPERATOR}))
    with desk.reading(reader) as context:
        clinician_id = clinician_row(context, _STORY.clinician).id
    person = _STORY.client.to_json()
    del person["v"]
    return {
        "clinician": {"id": clinician_id},
        "client": {"person": person},
        "purpose": _STORY.purpose,
        "acting_user": {"role": "system"},
    }


def curl_line(base_url: str, key: str, body: dict[str, Any]) -> str:
    """One logical line that can be pasted into any shell."""
    words = [
        "curl",
        "-sS",
        f"{base_url}/v1/checks",
        "-H",
        f"Authorization: Bearer {key}",
        "-H",
        "Content-Type: application/json",
        "-d",
        json.dumps(body, separators=(",", ":")),
    ]
    return shlex.join(words)


def welcome(desk: Desk, demo: DemoPractice, base_url: str, key: str) -> str:
    """The whole text."""
    logins = [
        f"  {what:<12} {email(account)}"
        for what, account in (
            ("officer", OFFICER),
            ("approver", APPROVER),
            ("clinician", CLINICIAN),
        )
    ]
    return "\n".join(
        [
            "",
            "Ask for a decision (the former partner of a clinician is on her intake list):",
            "",
            curl_line(base_url, key, check_body(desk, demo.id)),
            "",
            f"Console: {base_url}/console/",
            *logins,
            f"  password     {demo.password}   (for all; insecure, for this machine alone)",
            "",
        ]
    )
