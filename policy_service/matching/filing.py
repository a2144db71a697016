"""One number for how a person is filed: by which match keys, as which features and sketch."""

from __future__ import annotations

from policy_service.matching.keys import KEYS_VERSION
from policy_service.matching.sketches import SKETCHES
from policy_service.matching.stored import NORMALISER

FILING = 1_000_000 * SKETCHES + 1000 * KEYS_VERSION + NORMALISER
"""Moves with each of the three: whoever bears another number is filed anew."""
