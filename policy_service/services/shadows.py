"""Shadow packs: they decide along and are logged, and bind nobody.

A shadow stands in the place of the active pack of its id, or beside the others where there is none.
What all shadows together would have decided is one more group of the decision's own entry.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from policy_service.domain.decisions import Decision, decide
from policy_service.domain.facts import Facts
from policy_service.policy.engine import evaluate
from policy_service.policy.pack import PacksInUse
from policy_service.policy.selection import Binding, select

SHADOW = "shadow"
"""The group of an entry that holds it."""


@dataclass(frozen=True, slots=True)
class ShadowDecision:
    """What would have been decided if the shadow packs of these digests were active."""

    packs: tuple[str, ...]
    decision: Decision

    def to_json(self) -> dict[str, Any]:
        """Canonical-JSON-safe form: the shadows that took part, and the whole decision body."""
        return {"packs": list(self.packs), "decision": self.decision.to_json()}


def decide_in_shadow(in_use: PacksInUse, binding: Binding, facts: Facts) -> ShadowDecision | None:
    """The decision under the shadows; None where none of them would bind this clinician."""
    if not in_use.shadows:
        return None
    packs = in_use.active
    for shadow in in_use.shadows:
        packs = packs.with_pack(shadow)
    selection = select(packs, binding)
    shadows = {shadow.digest for shadow in in_use.shadows}
    taking_part = sorted(pack.digest for pack in selection.read if pack.digest in shadows)
    if not taking_part:
        return None
    readings = evaluate(selection.read, selection.applied_to(facts))
    decision = decide(readings, selection.not_consulted)
    return ShadowDecision(tuple(taking_part), decision)
