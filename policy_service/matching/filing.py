"""One number for how a person is filed: by which match keys, and as which stored features."""

from __future__ import annotations

from policy_service.matching.keys import KEYS_VERSION
from policy_service.matching.stored import NORMALISER

FILING = 1000 * KEYS_VERSION + NORMALISER
"""Moves with `KEYS_VERSION` and with `NORMALISER`: whoever bears another number is filed anew."""
