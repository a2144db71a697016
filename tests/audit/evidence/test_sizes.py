"""How large an entry is: the leaf with all its openings, without ties and with three."""

from __future__ import annotations

import base64
from typing import Any

from policy_service.services.bundle_choice import Chosen
from tests.audit.evidence.bundles import Kit, lines


def _bytes_of(kit: Kit, decision: str) -> tuple[int, int]:
    """(leaf and openings, leaf and the openings that a decision rests on)."""
    [line] = lines(kit.bundle(Chosen((decision,))))
    return _length(line["leaf"], line["openings"]), len(line["openings"])


def _length(leaf: str, openings: list[Any]) -> int:
    return sum(len(base64.b64decode(each)) for each in (leaf, *openings))


def test_an_entry_stays_small(kit: Kit) -> None:
    size, groups = _bytes_of(kit, kit.world.check("ben", "nora")["id"])
    print(f"leaf and {groups} openings without a tie: {size} bytes")
