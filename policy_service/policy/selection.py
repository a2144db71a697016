"""Which packs bind this clinician on this day, and which bodies we could not ask.

Packs = baseline ∪ practice ∪ associations ∪ licence boards ∪ the client's location at the time of
service. Whatever binds without a pack is named, so that "no finding" is never read as "all clear".
Packs that may bind, because the licence or the location is not known, are candidates: they are read
so that nothing in them holds definitely.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from policy_service.domain.decisions import NotConsulted
from policy_service.domain.facts import Fact, Facts, Known, Unknown, Why
from policy_service.domain.vocabulary import LICENCE, LOCATION_OF_SERVICE, STATED
from policy_service.policy.pack import LicenceScope, Pack, PackSet, Profession

NO_LICENCE = "any licensing board (no valid licence on record)"
NO_LOCATION = "the law of the client's location (not stated)"

_LICENCES = {
    Profession.COUNSELLOR: (
        *("LPC", "LPCC", "LPCC-S", "LCPC", "LGPC", "LMHC", "LCMHC"),
        *("LPC ASSOCIATE", "NCC"),
    ),
    Profession.MARRIAGE_AND_FAMILY_THERAPIST: (
        *("LMFT", "MFT", "IMFT", "IMFT-S", "LCMFT", "LGMFT"),
        *("LMFT ASSOCIATE",),
    ),
    Profession.PSYCHIATRIST: ("PSYCHIATRIST",),
    Profession.PSYCHOLOGIST: ("PSYCHOLOGIST", "LP"),
    Profession.EDUCATIONAL_PSYCHOLOGIST: ("LEP",),
    Profession.SOCIAL_WORKER: (
        *("LCSW", "LCSWA", "LMSW", "LGSW", "LICSW", "LSW", "LISW", "LISW-S"),
        *("CSW", "CMSW", "RSW"),
    ),
}
_PROFESSION_OF = {licence: who for who, licences in _LICENCES.items() for licence in licences}


@dataclass(frozen=True, slots=True)
class LicenceHeld:
    """A licence of the clinician: ("US-TX", "LPC"), and whether it is valid on the as-of date."""

    jurisdiction: str
    licence: str
    valid: bool = True


@dataclass(frozen=True, slots=True)
class Binding:
    """What decides which packs bind. `location_of_service` is where the client is, if known."""

    licences: tuple[LicenceHeld, ...] = ()
    memberships: tuple[str, ...] = ()
    location_of_service: str | None = None


@dataclass(frozen=True, slots=True)
class Selection:
    """The packs that bind, the bodies that could not be consulted, and the packs that may bind."""

    packs: tuple[Pack, ...]
    not_consulted: tuple[NotConsulted, ...]
    candidates: tuple[Pack, ...] = ()
    jurisdiction: Mapping[str, Fact] = field(default_factory=dict)
    """Whether licence and location are stated, as facts, when packs depend on it."""

    @property
    def read(self) -> tuple[Pack, ...]:
        """All packs to evaluate, ordered by id."""
        return tuple(sorted((*self.packs, *self.candidates), key=lambda pack: pack.id))

    def applied_to(self, facts: Facts) -> Facts:
        """The facts, knowing which of the packs may bind and what is missing to tell."""
        if not self.candidates:
            return facts
        digests = frozenset(pack.digest for pack in self.candidates)
        return replace(facts, base={**facts.base, **self.jurisdiction}, candidates=digests)


def select(packs: PackSet, binding: Binding) -> Selection:
    """The packs that bind, each once, what binds without a pack, and the packs that may bind."""
    found: dict[str, Pack] = {pack.id: pack for pack in packs if pack.scope.every}
    missing: set[str] = set()
    valid = [held for held in binding.licences if held.valid]
    for bodies in (
        _memberships(packs, binding.memberships),
        _boards(packs, valid),
        _location(packs, valid, binding.location_of_service),
    ):
        for body, bound in bodies:
            found.update((pack.id, pack) for pack in bound)
            missing.update(() if any(pack.stands_for_board for pack in bound) else (body,))
    missing.update(_unheard(packs, valid, binding.location_of_service))
    chosen = tuple(found[pack_id] for pack_id in sorted(found))
    bodies_missing = tuple(NotConsulted(body) for body in sorted(missing))
    may_bind = _candidates(packs, valid, binding.location_of_service)
    candidates = tuple(pack for pack in may_bind if pack.id not in found)
    return Selection(chosen, bodies_missing, candidates, _jurisdiction(candidates, valid, binding))


def _candidates(packs: PackSet, valid: Sequence[LicenceHeld], location: str | None) -> list[Pack]:
    """The packs that a licence or a place would make binding, while one of the two is unknown."""
    licensed = [pack for pack in packs if pack.scope.licences]
    if not valid:
        return [pack for pack in licensed if location is None or _is_of(pack, location)]
    if location is None:
        return [pack for pack in licensed if any(_concerns(pack, held) for held in valid)]
    return []


def _jurisdiction(
    candidates: Sequence[Pack], valid: Sequence[LicenceHeld], binding: Binding
) -> dict[str, Fact]:
    if not candidates:
        return {}
    where = binding.location_of_service
    return {
        LICENCE: Known(STATED) if valid else Unknown(Why.NOT_RECORDED),
        LOCATION_OF_SERVICE: Unknown(Why.ASKED_NOT_KNOWN) if where is None else Known(STATED),
    }


def profession_of(licence: str) -> Profession | None:
    """The profession a licence type belongs to; None when we do not know it."""
    return _PROFESSION_OF.get(licence.upper())


_Bodies = Iterator[tuple[str, tuple[Pack, ...]]]


def _memberships(packs: PackSet, memberships: tuple[str, ...]) -> _Bodies:
    for member_of in memberships:
        yield member_of, tuple(p for p in packs if member_of in p.scope.membership)


def _boards(packs: PackSet, valid: list[LicenceHeld]) -> _Bodies:
    if not valid:
        yield NO_LICENCE, ()
    for held in valid:
        yield _named(held.jurisdiction, held.licence), _of_licence(packs, held)


def _of_licence(packs: PackSet, held: LicenceHeld) -> tuple[Pack, ...]:
    scope = LicenceScope(held.jurisdiction, held.licence.upper())
    return tuple(pack for pack in packs if scope in pack.scope.licences)


def _location(packs: PackSet, valid: list[LicenceHeld], location: str | None) -> _Bodies:
    """The law where the client is, for the same licence or profession."""
    if location is None:
        yield NO_LOCATION, ()
        return
    local = tuple(pack for pack in packs if _is_of(pack, location))
    for held in valid:
        yield _named(location, held.licence), tuple(p for p in local if _concerns(p, held))


def _unheard(packs: PackSet, valid: list[LicenceHeld], location: str | None) -> Iterator[str]:
    """A place of which we have no pack at all, whatever the licence may be."""
    if location is None or valid:
        return
    if not any(pack.stands_for_board and _is_of(pack, location) for pack in packs):
        yield location


def _is_of(pack: Pack, jurisdiction: str) -> bool:
    return any(scope.jurisdiction == jurisdiction for scope in pack.scope.licences)


def _concerns(pack: Pack, held: LicenceHeld) -> bool:
    if any(scope.licence == held.licence.upper() for scope in pack.scope.licences):
        return True
    profession = profession_of(held.licence)
    return profession is None or profession in pack.professions


def _named(jurisdiction: str, licence: str) -> str:
    return f"{jurisdiction} {licence}"
