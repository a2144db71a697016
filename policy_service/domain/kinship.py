"""How a tie reads backwards, and what a chain of ties makes of two people.

compose([TieStep("SIS"), TieStep("FMRSPS", sex="male", until="2019")]).label
"ex-husband of the clinician's sister (ended 2019)"
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from policy_service.domain.dates import PartialDate
from policy_service.domain.kin_readings import CHILD_OF_BOTH, Readings, is_kin, readings
from policy_service.domain.ties import SEXED_CODES, Degrees, TieCategory, tie_kind

MAX_STEPS = 3
ONESELF = "ONESELF"


class Via(StrEnum):
    """What the client is to the nearest known person on the path; SELF when the path is one tie."""

    SELF = "self"
    PARTNER = "partner"
    RELATIVE = "relative"
    GUARDIAN = "guardian"
    EX_PARTNER = "ex_partner"
    FRIEND = "friend"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class TieStep:
    """One tie on a path, read away from the clinician: the next person is `kind` to this one.

    `sex` is the next person's, where known. `since` and `until` are partial dates or "".
    """

    kind: str
    ended: bool = False
    sex: str = ""
    since: str = ""
    until: str = ""


@dataclass(frozen=True, slots=True)
class Composition:
    """What the client is to the clinician.

    `category` is None when the chain is not surely one of kinship (a friend's sister); then
    `reached` (what the nearest known person is to the clinician) and `via` (what the client is to
    that person) say what a rule may look at. `may_be` are the categories that the same chain may
    amount to as well: a child's other parent was a partner once, or is a relative by adoption.

    `degrees` is (nearest, farthest) or None. `kind` is the code of the chain, EXT where no code
    fits, None where it is no kinship. `since` and `until` are partial dates, "" where not known.
    """

    category: TieCategory | None
    degrees: Degrees | None
    label: str
    ended: bool
    via: Via
    reached: TieCategory | None
    kind: str | None = None
    may_be: frozenset[TieCategory] = frozenset()
    since: str = ""
    until: str = ""


def sexed(code: str, sex: str) -> str:
    """The code for a person of `sex`; the neutral code when the sex is not known."""
    neutral = tie_kind(code).neutral
    return SEXED_CODES.get((neutral, sex), neutral)


def converse(code: str, sex: str = "") -> str:
    """The tie read backwards: what the first person, of `sex` where known, is to the other."""
    return sexed(tie_kind(code).converse, sex)


def compose(steps: Sequence[TieStep], whose: str = "the clinician") -> Composition:
    """The tie that one to three steps from `whose` make. Raises `ValueError` for another number.

    A path is over as soon as one of its ties is, and began with the last of them.
    """
    if not 1 <= len(steps) <= MAX_STEPS:
        raise ValueError(f"a tie path has 1 to {MAX_STEPS} steps, not {len(steps)}")
    since, until = _since(steps), _until(steps)
    frame = Composition(
        category=step_category(steps[0]) if len(steps) == 1 else None,
        degrees=tie_kind(steps[0].kind).degrees if len(steps) == 1 else None,
        label=_label(steps, whose) + _period_words(since, until),
        ended=any(map(has_ended, steps)),
        via=_via(steps),
        reached=category_of(steps[:-1]) if len(steps) > 1 else None,
        kind=steps[0].kind if len(steps) == 1 else None,
        since=since,
        until=until,
    )
    return frame if len(steps) == 1 else _as_kin(frame, steps)


def category_of(steps: Sequence[TieStep]) -> TieCategory | None:
    """What the chain surely is to a rule; None when it is not surely one of kinship."""
    if len(steps) == 1:
        return step_category(steps[0])
    found = _readings(steps)
    return TieCategory.RELATIVE if found and not found.may_be_strangers else None


def has_ended(step: TieStep) -> bool:
    """Whether the tie is over. Blood never is: an end noted on a relative means estrangement."""
    kind = tie_kind(step.kind)
    if kind.category is TieCategory.EX_PARTNER:
        return True
    return (step.ended or bool(step.until)) and _may_end(step)


_MADE_KIN = frozenset(
    {"INLAW", "PRNINLAW", "CHLDINLAW", "SIBINLAW", "STPPRN", "STPCHLD", "STPSIB"}
    | {"PRNFOST", "CHLDFOST", "chosen_family"}
)
"""Kin by marriage, placement or choice: what was made can end."""


def _may_end(step: TieStep) -> bool:
    kind = tie_kind(step.kind)
    return kind.category is not TieCategory.RELATIVE or kind.neutral in _MADE_KIN


def step_category(step: TieStep) -> TieCategory:
    """The category of one tie; a partner once it has ended is an ex-partner.

    The clinician in person is nearer than any relative, and rules are told so.
    """
    kind = tie_kind(step.kind)
    if kind.neutral == ONESELF:
        return TieCategory.RELATIVE
    ended = kind.category is TieCategory.PARTNER and has_ended(step)
    return TieCategory.EX_PARTNER if ended else kind.category


def _as_kin(frame: Composition, steps: Sequence[TieStep]) -> Composition:
    """A chain of several ties, with what it is as kinship."""
    found = _readings(steps)
    if found is None or found.degrees is None:
        return frame
    return replace(
        frame,
        category=None if found.may_be_strangers else TieCategory.RELATIVE,
        degrees=found.degrees,
        kind=sexed(found.name, _sex(steps[-1])),
        may_be=_also(found),
    )


def _also(found: Readings) -> frozenset[TieCategory]:
    also = {TieCategory.RELATIVE} if found.may_be_strangers else set()
    if CHILD_OF_BOTH in found.words:
        also |= {TieCategory.PARTNER, TieCategory.EX_PARTNER}
    return frozenset(also)


def _readings(steps: Sequence[TieStep]) -> Readings | None:
    """How the chain reads as kinship; None for a chain that leaves it."""
    kinds = tuple(tie_kind(step.kind).neutral for step in steps)
    return readings(kinds) if all(map(is_kin, kinds)) else None


def _sex(step: TieStep) -> str:
    return step.sex or tie_kind(step.kind).sex


def _via(steps: Sequence[TieStep]) -> Via:
    if len(steps) == 1:
        return Via.SELF
    category = step_category(steps[-1]).value
    return Via(category) if category in set(Via) else Via.OTHER


def _since(steps: Sequence[TieStep]) -> str:
    """When the last of the ties began; "" as soon as that is not known of one of them.

    Blood has no beginning that counts, unless it is all there is.
    """
    counted = [step.since for step in steps if len(steps) == 1 or _may_end(step)]
    return _extreme(counted, lambda day: (-day.last.toordinal(), day.first))


def _until(steps: Sequence[TieStep]) -> str:
    """When the first of the ties ended; "" when none has, or one ended nobody knows when."""
    ends = [step.until for step in steps if has_ended(step)]
    return _extreme(ends, lambda day: (day.first.toordinal(), day.last))


def _extreme(texts: Sequence[str], order: Callable[[PartialDate], tuple[int, date]]) -> str:
    if not texts or not all(texts):
        return ""
    return min(map(PartialDate, texts), key=order).text


def _period_words(since: str, until: str) -> str:
    words = [f"since {since}"] if since else []
    words += [f"ended {until}"] if until else []
    return f" ({', '.join(words)})" if words else ""


def _label(steps: Sequence[TieStep], whose: str) -> str:
    """The chain in words, from the client back: "ex-husband of the clinician's sister"."""
    words = [_step_words(step) for step in steps]
    if len(words) == 1:
        return _alone(steps[0].kind, f"{whose}'s {words[0]}", whose)
    owned = f"{whose}'s {words[0]}"
    for word in words[1:-1]:
        owned = f"{owned}'s {word}"
    return f"{words[-1]} of {owned}"


def _alone(kind: str, words: str, whose: str) -> str:
    return f"{whose} in person" if kind == ONESELF else words


def _step_words(step: TieStep) -> str:
    kind = tie_kind(sexed(step.kind, step.sex) if step.sex else step.kind)
    if kind.neutral == "FMRSPS":
        return {"male": "ex-husband", "female": "ex-wife"}.get(step.sex, kind.words)
    if not has_ended(step) or kind.category is TieCategory.EX_PARTNER:
        return kind.words
    return f"ex-{kind.words}" if kind.neutral == "SPS" else f"former {kind.words}"
