"""Who sends and receives webhooks inside the service: the service itself, without a role."""

from __future__ import annotations

from policy_service.domain.principals import Principal


def messenger(practice_id: str) -> Principal:
    """Its answers would tell nothing: it holds no role and no scope."""
    return Principal(practice_id, "webhooks", "webhooks", frozenset())
