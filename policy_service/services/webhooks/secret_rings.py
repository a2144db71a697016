"""The secrets of one webhook, and how one replaces another without a gap.

A new secret counts at once; the one before it counts until the overlap is over. While both count,
what we send carries a signature by each, and what we receive may carry either.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from policy_service.domain.webhook_signatures import new_secret, secret_bytes
from policy_service.ledger.leaf import format_at
from policy_service.services.parties import refusal

OVERLAP = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class SecretRing:
    """The secret in use, and perhaps the one before it with the end of its overlap."""

    current: str
    previous: str = ""
    previous_until: datetime | None = None

    def in_use(self, now: datetime) -> tuple[str, ...]:
        """Newest first."""
        counts = self.previous_until is not None and now < self.previous_until
        return (self.current, self.previous) if counts else (self.current,)

    def rotated(self, secret: str, now: datetime) -> Self:
        """With a new secret; the one in use until now counts for the overlap."""
        return type(self)(secret, self.current, now + OVERLAP)

    def to_json(self) -> dict[str, Any]:
        """To be sealed."""
        until = format_at(self.previous_until) if self.previous_until else None
        return {"current": self.current, "previous": self.previous, "until": until}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """What `to_json` wrote."""
        until = datetime.fromisoformat(value["until"]) if value["until"] else None
        return cls(value["current"], value["previous"], until)


def chosen_secret(text: str, pointer: str = "/secret") -> str:
    """A secret that the other side made, or a new one where none is given."""
    text = text.strip()
    if not text:
        return new_secret()
    try:
        secret_bytes(text)
    except ValueError as error:
        raise refusal(pointer, f"{str(error).capitalize()}.") from None
    return text
