"""How a tie reads backwards, and what a chain of ties makes of two people.

compose([TieStep("SIS"), TieStep("FMRSPS", sex="male")]).label
"ex-husband of the clinician's sister"
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from policy_service.domain.ties import SEXED_CODES, TIE_KINDS, Degrees, TieCategory, tie_kind

MAX_STEPS = 3
_FARTHEST = 4


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

    `category` is None when the chain is not one of kinship (a friend's sister); then `reached`
    (what the nearest known person is to the clinician) and `via` (what the client is to that
    person) say what a rule may look at. `degrees` is (nearest, farthest) or None.
    """

    category: TieCategory | None
    degrees: Degrees | None
    label: str
    ended: bool
    via: Via
    reached: TieCategory | None


def sexed(code: str, sex: str) -> str:
    """The code for a person of `sex`; the neutral code when the sex is not known."""
    neutral = tie_kind(code).neutral
    return SEXED_CODES.get((neutral, sex), neutral)


def converse(code: str, sex: str = "") -> str:
    """The tie read backwards: what the first person, of `sex` where known, is to the other."""
    return sexed(tie_kind(code).converse, sex)


def compose(steps: Sequence[TieStep]) -> Composition:
    """The tie that one to three steps make. Raises `ValueError` for any other number."""
    if not 1 <= len(steps) <= MAX_STEPS:
        raise ValueError(f"a tie path has 1 to {MAX_STEPS} steps, not {len(steps)}")
    code = _composed(steps)
    return Composition(
        category=_category(code, steps),
        degrees=_degrees(code, steps),
        label=_label(steps),
        ended=any(map(has_ended, steps)),
        via=_via(steps),
        reached=_category(_composed(steps[:-1]), steps[:-1]) if len(steps) > 1 else None,
    )


def has_ended(step: TieStep) -> bool:
    """Whether the tie is over. Blood never is: an end noted on a relative means estrangement."""
    kind = tie_kind(step.kind)
    if kind.category is TieCategory.EX_PARTNER:
        return True
    by_blood = kind.category is TieCategory.RELATIVE and "INLAW" not in kind.neutral
    return step.ended and not by_blood


def step_category(step: TieStep) -> TieCategory:
    """The category of one tie; a partner once it has ended is an ex-partner."""
    category = tie_kind(step.kind).category
    ended = category is TieCategory.PARTNER and step.ended
    return TieCategory.EX_PARTNER if ended else category


# (what X is to the clinician, what Y is to X): what Y is to the clinician. Neutral codes; natural
# and twin kin are folded into PRN, CHILD and SIB first, partners into SPS.
_PAIRS = {
    ("PRN", "PRN"): "GRPRN", ("PRN", "SIB"): "aunt_or_uncle", ("PRN", "CHILD"): "SIB",
    ("PRN", "SPS"): "STPPRN", ("PRN", "GRPRN"): "GGRPRN", ("CHILD", "CHILD"): "GRNDCHILD",
    ("CHILD", "SPS"): "CHLDINLAW", ("CHILD", "SIB"): "CHILD", ("CHILD", "GRNDCHILD"):
    "great_grandchild", ("SIB", "SIB"): "SIB", ("SIB", "CHILD"): "NIENEPH", ("SIB", "PRN"): "PRN",
    ("SIB", "SPS"): "SIBINLAW", ("SPS", "PRN"): "PRNINLAW", ("SPS", "SIB"): "SIBINLAW",
    ("SPS", "CHILD"): "STPCHLD", ("GRPRN", "PRN"): "GGRPRN", ("GRPRN", "CHILD"): "aunt_or_uncle",
    ("GRNDCHILD", "CHILD"): "great_grandchild", ("GRNDCHILD", "SIB"): "GRNDCHILD",
    ("aunt_or_uncle", "CHILD"): "COUSN", ("aunt_or_uncle", "SPS"): "aunt_or_uncle",
    ("NIENEPH", "SIB"): "NIENEPH", ("COUSN", "SIB"): "COUSN", ("STPPRN", "CHILD"): "STPSIB",
    ("STPCHLD", "SIB"): "STPCHLD", ("aunt_or_uncle", "PRN"): "GRPRN",
}  # fmt: skip
# A shorter reading is possible too: a parent's child may be a half-sibling, a parent's spouse the
# other parent, a spouse's child one's own.
_NEAREST = {("PRN", "SPS"): 1, ("SPS", "CHILD"): 1, ("PRN", "CHILD"): 1, ("GRPRN", "CHILD"): 1}
_FARTHER = {("PRN", "CHILD"): 2}
_FOLDED = {
    "NPRN": "PRN", "ADOPTP": "PRN", "NCHILD": "CHILD", "CHLDADOPT": "CHILD", "NSIB": "SIB",
    "TWIN": "SIB", "FTWIN": "SIB", "ITWIN": "SIB", "DOMPART": "SPS", "SIGOTHR": "SPS",
    "FMRSPS": "SPS", "dating_partner": "SPS", "ex_partner": "SPS",
}  # fmt: skip
_KIN = frozenset({TieCategory.RELATIVE, TieCategory.PARTNER, TieCategory.EX_PARTNER})


def _neutral(code: str) -> str:
    neutral = tie_kind(code).neutral
    return _FOLDED.get(neutral, neutral)


def _composed(steps: Sequence[TieStep]) -> str | None:
    """The neutral code of a kinship chain, EXT where no single word fits, None for other chains."""
    if any(step_category(step) not in _KIN for step in steps):
        return None
    found = _neutral(steps[0].kind)
    for step in steps[1:]:
        found = _PAIRS.get((found, _neutral(step.kind)), "EXT")
    return found


def _category(code: str | None, steps: Sequence[TieStep]) -> TieCategory | None:
    if len(steps) == 1:
        return step_category(steps[0])
    return TIE_KINDS[code].category if code else None


def _degrees(code: str | None, steps: Sequence[TieStep]) -> Degrees | None:
    if len(steps) == 1:
        return tie_kind(steps[0].kind).degrees
    if code is None:
        return None
    low, high = _spans(steps[0])
    found = _neutral(steps[0].kind)
    for step in steps[1:]:
        pair = (found, _neutral(step.kind))
        low, high = _joined(pair, (low, high), _spans(step))
        found = _PAIRS.get(pair, "EXT")
    return low, high


def _spans(step: TieStep) -> Degrees:
    return tie_kind(step.kind).degrees or (1, 1)


def _joined(pair: tuple[str, str], near: Degrees, far: Degrees) -> Degrees:
    """The named kind's degrees; without a name, what the triangle inequality leaves open."""
    if pair in _PAIRS and near[0] == near[1] and far[0] == far[1]:
        low, high = TIE_KINDS[_PAIRS[pair]].degrees or (1, _FARTHEST)
        return min(low, _NEAREST.get(pair, low)), max(high, _FARTHER.get(pair, high))
    gap = max(near[0] - far[1], far[0] - near[1], 1)
    return min(gap, _FARTHEST), min(near[1] + far[1], _FARTHEST)


def _via(steps: Sequence[TieStep]) -> Via:
    if len(steps) == 1:
        return Via.SELF
    category = step_category(steps[-1]).value
    return Via(category) if category in set(Via) else Via.OTHER


def _label(steps: Sequence[TieStep]) -> str:
    """The chain in words, from the client back: "ex-husband of the clinician's sister"."""
    words = [_step_words(step) for step in steps]
    if len(words) == 1:
        return f"the clinician's {words[0]}"
    owned = f"the clinician's {words[0]}"
    for word in words[1:-1]:
        owned = f"{owned}'s {word}"
    return f"{words[-1]} of {owned}"


def _step_words(step: TieStep) -> str:
    kind = tie_kind(sexed(step.kind, step.sex) if step.sex else step.kind)
    if kind.neutral == "FMRSPS":
        return {"male": "ex-husband", "female": "ex-wife"}.get(step.sex, kind.words)
    if not has_ended(step) or kind.category is TieCategory.EX_PARTNER:
        return kind.words
    return f"ex-{kind.words}" if kind.neutral == "SPS" else f"former {kind.words}"
