"""The receiver's lines in docs/integrating.md check what the service signs, and nothing else."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from policy_service.domain.webhook_signatures import Signed, new_secret, signature_header

PAGE = Path(__file__).parents[2] / "docs" / "integrating.md"


def _documented() -> Any:
    text = PAGE.read_text(encoding="utf-8")
    block = next(part for part in text.split("```python\n")[1:] if "def is_ours" in part)
    names: dict[str, Any] = {}
    exec(block.partition("```")[0], names)  # noqa: S102 - the page's own words
    return names["is_ours"]


def _sent(secret: str, *, at: float | None = None, body: bytes = b"{}") -> dict[str, str]:
    signed = Signed("evt_1", str(int(time.time() if at is None else at)), body)
    return {
        "webhook-id": signed.id,
        "webhook-timestamp": signed.timestamp,
        "webhook-signature": signature_header([new_secret(), secret], signed),
    }


def test_the_documented_check_takes_ours_and_refuses_others() -> None:
    is_ours, secret = _documented(), new_secret()
    assert is_ours(secret, _sent(secret), b"{}")
    assert not is_ours(secret, _sent(secret), b'{"changed": 1}')
    assert not is_ours(new_secret(), _sent(secret), b"{}")
    assert not is_ours(secret, _sent(secret, at=time.time() - 600), b"{}")
