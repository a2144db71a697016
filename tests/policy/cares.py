"""The care between a clinician and a client, as facts, for tests of previews."""

from __future__ import annotations

from policy_service.domain.dates import PartialDate
from policy_service.domain.facts import NOT_APPLICABLE, Fact, Known, On, OneOf, Unknown, Why
from policy_service.policy.clocks import ANCHOR_FACTS

_NONE = Known(NOT_APPLICABLE)


def former(ended: str | None, **changed: Fact) -> dict[str, Fact]:
    """Care that ended on that (partial) day; None: nobody recorded when."""
    end: Fact = On(PartialDate(ended)) if ended else Unknown(Why.NOT_RECORDED)
    return {
        "purpose": Known("event"),
        "client_status": Known("former"),
        "service": Known("ended"),
        "care_began_on": On(PartialDate("2020-01-10")),
        "termination_reason": Known("planned"),
        "practice_client_status": OneOf(frozenset({"current", "former"}), Why.NOT_ASKED),
        "clinician_knows_practice_client": Known("yes"),
        **dict.fromkeys(ANCHOR_FACTS, end),
        **changed,
    }


def current() -> dict[str, Fact]:
    """Care that goes on."""
    return {
        **former(None),
        "client_status": Known("current"),
        "service": Known("ongoing"),
        "termination_reason": _NONE,
        "practice_client_status": Known("current"),
        **dict.fromkeys(ANCHOR_FACTS, _NONE),
    }
