"""What putting a pack in use would change, and whether one person may decide that alone.

Adding rules only tightens, since the strictest wins. What can loosen is a new version of a pack, or
its end; both are proved, not believed: what is not proved to loosen nothing needs a second person.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from policy_service.domain.outcomes import Outcome
from policy_service.policy.analysis import (
    Certificate,
    Comparison,
    Query,
    Result,
    compare,
    prove_no_loosening,
)
from policy_service.policy.analysis.diagram import TooLarge
from policy_service.policy.pack import Layer, Pack, PackSet, PacksInUse
from policy_service.policy.rule import Status
from policy_service.services.packs import Mode


@dataclass(frozen=True, slots=True)
class Examination:
    """A pack, what it would replace, what changes, and what that loosens (in sentences).

    A shadow is compared with the pack it stands for, but replaces and loosens nothing.
    `forbidden` says why nobody may do this at all; empty where it may be done.
    """

    pack: Pack
    mode: Mode
    replaced: Pack | None
    comparison: Comparison | None = None
    certificate: Certificate | None = None
    loosens: tuple[str, ...] = field(default=())
    forbidden: str = ""

    @property
    def ends(self) -> Pack | None:
        """The pack that stops binding by this step; a shadow ends none."""
        return None if self.mode is Mode.SHADOW else self.replaced

    @property
    def needs_second(self) -> bool:
        """Whether a second person must approve."""
        return bool(self.loosens)


def examine(in_use: PacksInUse, shipped: PackSet, pack: Pack, mode: Mode) -> Examination:
    """What this step would do to the packs in use."""
    replaced = next((one for one in in_use.active if one.id == pack.id), None)
    if mode is Mode.RETIRED:
        return _retire(in_use, shipped, pack)
    if replaced is None or replaced.digest == pack.digest:
        forbidden = _already(in_use, pack, mode)
        return Examination(pack, mode, replaced, forbidden=forbidden)
    return _replace(shipped, replaced, pack, mode)


def _already(in_use: PacksInUse, pack: Pack, mode: Mode) -> str:
    if any(one.digest == pack.digest for one in in_use.active):
        return "This pack binds already."
    is_shadow = any(one.digest == pack.digest for one in in_use.shadows)
    return "This pack runs along already." if is_shadow and mode is Mode.SHADOW else ""


def _retire(in_use: PacksInUse, shipped: PackSet, pack: Pack) -> Examination:
    binds = any(one.digest == pack.digest for one in in_use.active)
    runs_along = any(one.digest == pack.digest for one in in_use.shadows)
    forbidden = "" if binds or runs_along else "This pack is not in use."
    if binds and is_shipped(shipped, pack):
        forbidden = "A pack that ships with the software is replaced by a version, never ended."
    loosens = _prohibitions_lost(pack) if binds else ()
    return Examination(
        pack, Mode.RETIRED, pack if binds else None, loosens=loosens, forbidden=forbidden
    )


def is_shipped(shipped: PackSet, pack: Pack) -> bool:
    """Whether the software brings a pack of this id, in whatever version."""
    return any(other.id == pack.id for other in shipped)


def _prohibitions_lost(pack: Pack) -> tuple[str, ...]:
    lost = [
        rule.id
        for rule in pack.rules
        if rule.status is Status.IN_FORCE and rule.outcome is Outcome.PROHIBIT
    ]
    return (f"These prohibitions end: {', '.join(lost)}.",) if lost else ()


def _replace(shipped: PackSet, old: Pack, new: Pack, mode: Mode) -> Examination:
    try:
        comparison, certificate = compare(old, new), prove_no_loosening(old, new)
    except TooLarge:
        loosens = ("The two versions differ too much to be compared.", *_narrowed(old, new))
        return Examination(new, mode, old, loosens=loosens, forbidden=_kept(shipped, new, loosens))
    loosens = (*_unproved(certificate), *_narrowed(old, new))
    forbidden = "" if mode is Mode.SHADOW else _kept(shipped, new, loosens)
    if old.layer is not new.layer:
        forbidden = f"The pack stands in the layer {old.layer.value}; a version cannot change that."
    bound = () if mode is Mode.SHADOW else loosens
    return Examination(new, mode, old, comparison, certificate, bound, forbidden)


def _unproved(certificate: Certificate) -> tuple[str, ...]:
    claim = certificate.claim(Query.NO_PROHIBIT_LOOSENED)
    match claim.result:
        case Result.HOLDS:
            return ()
        case Result.REFUTED:
            return (f"A prohibition is loosened: {claim.says}",)
        case _:
            return (f"It is not proved that no prohibition is loosened: {claim.says}",)


def _narrowed(old: Pack, new: Pack) -> tuple[str, ...]:
    """A version that binds fewer people loosens whatever it says, and no condition shows it."""
    kept = new.scope.every or (
        not old.scope.every
        and set(old.scope.membership) <= set(new.scope.membership)
        and set(old.scope.licences) <= set(new.scope.licences)
        and set(old.professions) <= set(new.professions)
    )
    return () if kept else ("It binds fewer clinicians than the version before.",)


def _kept(shipped: PackSet, pack: Pack, loosens: tuple[str, ...]) -> str:
    """The baseline may be tightened, never loosened, but by a version that we ship ourselves."""
    ours = {one.digest for one in shipped}
    if pack.layer is Layer.BASELINE and loosens and pack.digest not in ours:
        return f"The baseline may be tightened, never loosened. {' '.join(loosens)}"
    return ""
