"""Social-media accounts and connections: clinicians state them, clients' handles meet them."""

from __future__ import annotations

from policy_service.services.context import Context


def handle_key(context: Context, platform: str, handle: str) -> int:
    """HMAC of a platform and handle, so that handles meet without being kept in clear."""
    return context.keyring.match_key(f"account:{platform.casefold()}:{handle.casefold()}")
