"""Verify a practice's log under every key that ever signed it."""

from __future__ import annotations

from collections.abc import Callable

from policy_service.audit.verification import Verdict, verify_log
from policy_service.services.desk import Desk


def verify_practice(
    desk: Desk, practice_id: str, progress: Callable[[int], None] | None = None
) -> Verdict:
    """Read the whole log in one snapshot; `progress` is told how many entries were read."""
    origin = desk.practice(practice_id).log_origin
    signer, keys = desk.log_key(origin), desk.log_verifiers(origin)
    return verify_log(desk.database, practice_id, signer, keys, progress)
