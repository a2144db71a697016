"""Thin events as EHRs send them: which record, never what is in it.

Two forms are read. Standard Webhooks: `{"type": "client.updated", "data": {"id": "7"}}`, where
`data.resource_type` may name the kind of record. And that of Healthie: `{"resource_id": "7",
"resource_id_type": "Appointment", "event_type": "appointment.created"}`. Whatever else is sent is
not looked at and not kept.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from policy_service.errors import FieldError, InvalidRequest
from policy_service.services.webhooks.arrivals import Event, Subject

LONGEST_ID = 100
_SUBJECTS = {
    "client": Subject.CLIENT,
    "patient": Subject.CLIENT,
    "user": Subject.CLIENT,
    "appointment": Subject.APPOINTMENT,
    "episode": Subject.EPISODE,
    "episodeofcare": Subject.EPISODE,
    "encounter": Subject.ENCOUNTER,
    "session": Subject.ENCOUNTER,
}
_FIRST_WORD = re.compile(r"[A-Za-z]+", re.ASCII)


def read_event(body: Mapping[str, Any]) -> Event:
    """The event of a body. InvalidRequest that names the field where there is none."""
    if "resource_id" in body or "resource_id_type" in body:
        words = (body.get("resource_id_type"), body.get("event_type"))
        return Event(_subject(words), _id(body.get("resource_id"), "/resource_id"))
    inner = body.get("data")
    if not isinstance(inner, Mapping):
        raise _refused("/data", "An object with the id of the record is expected.")
    named = (inner.get("resource_type"), inner.get("resourceType"), body.get("type"))
    return Event(_subject(named), _id(inner.get("id"), "/data/id"))


def _subject(words: tuple[object, ...]) -> Subject:
    """By the first of the words that is known; a kind of record we do not read is `other`."""
    for word in words:
        found = _FIRST_WORD.match(word) if isinstance(word, str) else None
        if found and found[0].lower() in _SUBJECTS:
            return _SUBJECTS[found[0].lower()]
    return Subject.OTHER


def _id(value: object, pointer: str) -> str:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not 0 < len(text) <= LONGEST_ID or not text.isprintable():
        raise _refused(pointer, f"An id of 1 to {LONGEST_ID} printable characters is expected.")
    return text


def _refused(pointer: str, said: str) -> InvalidRequest:
    return InvalidRequest(errors=[FieldError(pointer, said)])
