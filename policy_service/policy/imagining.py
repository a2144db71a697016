"""Imagined facts: the same world twice, once with the contemplated tie and once without it.

Everything but the care and the tie is imagined away, so that what a pack says in the one world and
not in the other is what the tie brings about. No rule is known here: only what a tie is, in the
words of the vocabulary. A fact that is neither care nor tie and has no word for "nothing" stays
unknown, so that a rule which needs it asks for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from policy_service.domain.dates import PartialDate
from policy_service.domain.facts import (
    NOT_APPLICABLE,
    Fact,
    FactGroup,
    Facts,
    Known,
    On,
    TieFacts,
    Unknown,
    Why,
)
from policy_service.domain.previews import Contemplated
from policy_service.domain.vocabulary import NO_EVENT, VOCABULARY
from policy_service.policy.clocks import ANCHOR_FACTS

Care = Mapping[str, Fact]
_YES, _NO = Known("yes"), Known("no")
_NONE = Known(NOT_APPLICABLE)
_FOR_BUSINESS = "to_begin_business_relationship"
_TIE_FACTS = tuple(name for name, spec in VOCABULARY.items() if spec.group is FactGroup.TIE)

NOTHING_ELSE: Mapping[str, Fact] = {
    **{
        name: Known(spec.none_value)
        for name, spec in VOCABULARY.items()
        if spec.none_value is not None
    },
    **NO_EVENT,
    **{name: _NONE for name in _TIE_FACTS if name != "tie"},
    "gift_total": Known(0),
    "linked_clients": _NO,
    "intimacy_after_care_began_on": _NONE,
}
"""No tie, no event, no connection, nothing on record between the two but the care itself."""


@dataclass(frozen=True, slots=True)
class _Shape:
    """What a tie is in facts: as long as it lasts, and what is left of it afterwards."""

    ties: tuple[str, ...] = ()
    former_ties: tuple[str, ...] = ()
    connection: str = ""
    event: str = ""
    is_intimate: bool = False
    reason: str = "to_begin_personal_relationship"
    """Why care ended, had it ended for this."""


_SHAPES = {
    Contemplated.FRIENDSHIP: _Shape(("friend",), ("friend",)),
    Contemplated.ROMANCE: _Shape(
        ("partner",), ("ex_partner",), event="sexual_contact", is_intimate=True
    ),
    Contemplated.BUSINESS: _Shape(
        ("business",), ("business",), event="business_transaction", reason=_FOR_BUSINESS
    ),
    Contemplated.EMPLOYMENT: _Shape(
        ("employee", "employer"), ("employee", "employer"), reason=_FOR_BUSINESS
    ),
    Contemplated.PERSONAL_CONNECTION: _Shape(connection="personal_connection"),
    Contemplated.PROFESSIONAL_CONNECTION: _Shape(connection="professional_connection"),
}


@dataclass(frozen=True, slots=True)
class Imagined:
    """One situation with the tie, and the same without it."""

    with_tie: Facts
    without: Facts


def beginning(kind: Contemplated, care: Care, day: date) -> Imagined:
    """The tie begins on that day, and care stands as it does."""
    return _beginning(kind, (care, care), day)


def beginning_after(kind: Contemplated, care: Care, ended: date, day: date) -> Imagined:
    """The tie begins on that day, care that goes on having ended for its sake on `ended`."""
    return _beginning(kind, _ended_for_it(kind, care, ended), day)


def returning(kind: Contemplated, care: Care, began: date, day: date, *, over: bool) -> Imagined:
    """The client asks on `day` to come back, the tie having begun on `began`; `over`: and ended.

    Care that went on when the tie began is imagined to have ended for it.
    """
    shape = _SHAPES[kind]
    cares = _ended_for_it(kind, care, began) if goes_on(care) else (care, care)
    base, without = ({**NOTHING_ELSE, **one, **_COMING_BACK} for one in cares)
    told = _connected(shape, "removed" if over else "connected") | _intimacy(shape, care, began)
    if over:
        ties = _ties(shape.former_ties, _ended(began, day))
    else:
        ties = _ties(shape.ties, _lasting(began))
    return Imagined(Facts(day, base | told, ties), Facts(day, without))


def goes_on(care: Care) -> bool:
    """Whether care has not ended."""
    return care["client_status"] == Known("current")


def ended_on(care: Care, day: date) -> dict[str, Fact]:
    """Care that goes on, imagined to have ended on that day as planned."""
    anchors: dict[str, Fact] = dict.fromkeys(ANCHOR_FACTS, On(PartialDate.of(day)))
    over: dict[str, Fact] = {
        "client_status": Known("former"),
        "service": Known("ended"),
        "termination_reason": Known("planned"),
    }
    return {**care, **anchors, **over}


def _ended_for_it(kind: Contemplated, care: Care, day: date) -> tuple[Care, Care]:
    """Care ended for the tie, and, where there is no tie, as planned."""
    planned = ended_on(care, day)
    return {**planned, "termination_reason": Known(_SHAPES[kind].reason)}, planned


def _beginning(kind: Contemplated, cares: tuple[Care, Care], day: date) -> Imagined:
    shape = _SHAPES[kind]
    base, without = ({**NOTHING_ELSE, **care} for care in cares)
    told = _connected(shape, "connected") | _event(shape, day) | _intimacy(shape, cares[0], day)
    return Imagined(Facts(day, base | told, _ties(shape.ties, _lasting(day))), Facts(day, without))


_COMING_BACK: Mapping[str, Fact] = {
    "purpose": Known("re_enrolment"),
    "client_status": Known("former"),
    "service": Known("beginning"),
}


def _ties(words: tuple[str, ...], details: Mapping[str, Fact]) -> tuple[TieFacts, ...]:
    return tuple(TieFacts(word, {"tie": Known(word), **details}) for word in words)


def _lasting(began: date) -> dict[str, Fact]:
    return {
        "tie_degree": _NONE,
        "tie_state": Known("current"),
        "tie_via": Known("self"),
        "tie_began_on": On(PartialDate.of(began)),
        "tie_ended_on": _NONE,
    }


def _ended(began: date, ended: date) -> dict[str, Fact]:
    return {
        **_lasting(began),
        "tie_state": Known("ended"),
        "tie_ended_on": On(PartialDate.of(ended)),
    }


def _connected(shape: _Shape, state: str) -> dict[str, Fact]:
    return {shape.connection: Known(state)} if shape.connection else {}


def _event(shape: _Shape, day: date) -> dict[str, Fact]:
    """What the beginning itself is, as an event of that day."""
    if not shape.event:
        return {}
    has_amount = shape.event == "business_transaction"
    return {
        "event_kind": Known(shape.event),
        "event_direction": Known("mutual"),
        "event_party": Known("client"),
        "event_on": On(PartialDate.of(day)),
        "event_amount": Unknown(Why.NOT_ASKED) if has_amount else _NONE,
    }


def _intimacy(shape: _Shape, care: Care, began: date) -> dict[str, Fact]:
    """A romance that begins during care is one during care, and of all that comes after it."""
    if not shape.is_intimate:
        return {}
    during: dict[str, Fact] = {"intimacy_during_care": _YES} if goes_on(care) else {}
    return {
        **during,
        "intimacy_after_care": _NO if during else _YES,
        "intimacy_after_care_began_on": _NONE if during else On(PartialDate.of(began)),
    }
