"""The closed vocabulary `boundary-facts/1`: every fact a rule may name, and how to ask for it.

"intimacy" is sexual or romantic contact or relationship, in person or electronic.
"care" is this clinician's care of this client; its end is the latest of the three anchor dates.
"""

from __future__ import annotations

from policy_service.domain.facts import NOT_APPLICABLE, Fact, FactGroup, FactSpec, FactType, Known
from policy_service.domain.ties import TieCategory

FACT_SCHEMA = "boundary-facts/1"

PURPOSES = (
    "intake",
    "booking",
    "assignment",
    "re_enrolment",
    "transfer",
    "session",
    "event",
    "emergency",
)
"""Why the EHR asks. All but session and event (and emergency during care) begin a service."""

TIE_CATEGORIES = tuple(category.value for category in TieCategory)
"""What the other person is to the clinician; kin = partner, relative, guardian."""

EVENT_KINDS = (
    "gift",
    "loan",
    "barter",
    "business_transaction",
    "contact_outside_sessions",
    "incidental_contact",
    "social_invitation",
    "attended_client_event",
    "friend_request",
    "client_search",
    "self_disclosure",
    "informal_counselling",
    "role_change",
    "promise_of_future_role",
    "sexual_contact",
    "sexual_request",
    "reported_prior_misconduct",
    "client_attachment",
    "hint_of_future_romance",
    "request_for_date",
    "advice_from_client",
)

CONNECTION_STATES = (
    "none",
    "requested_by_client",
    "requested_by_clinician",
    "connected",
    "declined",
    "removed",
)

_YES_NO = ("no", "yes")
_CLINICIAN = ("clinician",)
_BOTH = ("clinician", "client")
_PRACTICE = ("practice",)


def _enum(
    name: str,
    group: FactGroup,
    values: tuple[str, ...],
    ask: tuple[str, tuple[str, ...]],
    none_value: str | None = None,
) -> FactSpec:
    return FactSpec(name, group, FactType.ENUM, ask[0], ask[1], values, none_value)


def _date(name: str, group: FactGroup, ask: tuple[str, tuple[str, ...]]) -> FactSpec:
    return FactSpec(name, group, FactType.DATE, ask[0], ask[1], (NOT_APPLICABLE,))


def _amount(name: str, ask: tuple[str, tuple[str, ...]]) -> FactSpec:
    return FactSpec(name, FactGroup.EVENTS, FactType.AMOUNT, ask[0], ask[1], (NOT_APPLICABLE,))


def _count(name: str, group: FactGroup, ask: tuple[str, tuple[str, ...]]) -> FactSpec:
    return FactSpec(name, group, FactType.COUNT, ask[0], ask[1], (NOT_APPLICABLE,))


_CARE = (
    _enum("purpose", FactGroup.CARE, PURPOSES, ("Why is the check made?", _PRACTICE)),
    _enum(
        "client_status",
        FactGroup.CARE,
        ("prospective", "current", "former"),
        ("Has this clinician cared for this client, and is that care open?", _PRACTICE),
    ),
    _enum(
        "service",
        FactGroup.CARE,
        ("beginning", "ongoing", "ended"),
        ("Is care about to begin (again), going on, or over?", _PRACTICE),
    ),
    _date("care_began_on", FactGroup.CARE, ("When did care begin?", _PRACTICE)),
    _date(
        "last_professional_contact_on",
        FactGroup.CARE,
        ("When was the last professional contact?", ("practice", "clinician")),
    ),
    _date(
        "relationship_ended_on",
        FactGroup.CARE,
        ("When did the professional relationship end?", ("practice", "clinician")),
    ),
    _date("terminated_on", FactGroup.CARE, ("When was care formally terminated?", _PRACTICE)),
    _enum(
        "termination_reason",
        FactGroup.CARE,
        (
            "planned",
            "client_choice",
            "clinician_choice",
            "transfer",
            "lost_contact",
            "to_begin_personal_relationship",
            "other",
            "to_begin_business_relationship",
            NOT_APPLICABLE,
        ),
        ("Why did care end?", ("clinician", "practice")),
    ),
    _enum(
        "practice_client_status",
        FactGroup.CARE,
        ("none", "current", "former"),
        ("Is or was the person a client of anyone in this practice?", _PRACTICE),
    ),
    _enum(
        "clinician_knows_practice_client",
        FactGroup.CARE,
        (*_YES_NO, NOT_APPLICABLE),
        ("Does the clinician know that the person is or was a client here?", _CLINICIAN),
    ),
    _enum(
        "linked_clients",
        FactGroup.CARE,
        (*_YES_NO,),
        (
            "Is the client related to, or a partner of, another client of this care or clinician?",
            ("clinician", "client"),
        ),
    ),
)

_EVENTS = (
    _enum(
        "event_kind",
        FactGroup.EVENTS,
        (*EVENT_KINDS, NOT_APPLICABLE),
        ("What happened?", _CLINICIAN),
    ),
    _enum(
        "event_direction",
        FactGroup.EVENTS,
        ("clinician_to_client", "client_to_clinician", "mutual", NOT_APPLICABLE),
        ("Who began it, or who gave?", _BOTH),
    ),
    _enum(
        "event_party",
        FactGroup.EVENTS,
        (
            "client",
            "partner_of_client",
            "relative_of_client",
            "guardian_of_client",
            NOT_APPLICABLE,
        ),
        ("With whom did it happen?", _CLINICIAN),
    ),
    _date("event_on", FactGroup.EVENTS, ("When did it happen?", _BOTH)),
    _amount("event_amount", ("What is it worth, in US cents?", _BOTH)),
    _amount(
        "gift_total",
        ("What are all gifts between them worth together, in US cents?", _BOTH),
    ),
    _enum(
        "loan_recorded",
        FactGroup.EVENTS,
        _YES_NO,
        ("Has either lent the other anything?", _BOTH),
        "no",
    ),
    _enum(
        "intimacy_before_care",
        FactGroup.EVENTS,
        _YES_NO,
        ("Was there sexual or romantic contact before care?", _BOTH),
        "no",
    ),
    _enum(
        "intimacy_during_care",
        FactGroup.EVENTS,
        _YES_NO,
        ("Has there been sexual or romantic contact during care?", _BOTH),
        "no",
    ),
    _enum(
        "intimacy_after_care",
        FactGroup.EVENTS,
        _YES_NO,
        ("Has there been sexual or romantic contact after care ended?", _BOTH),
        "no",
    ),
    _date(
        "intimacy_after_care_began_on",
        FactGroup.EVENTS,
        ("When did the contact after care begin?", _BOTH),
    ),
    _enum(
        "dependence_or_deception",
        FactGroup.EVENTS,
        _YES_NO,
        ("Was the client dependent on the clinician, or deceived, when contact began?", _BOTH),
    ),
)

_ACCOUNTS = (
    _enum(
        "personal_connection",
        FactGroup.ACCOUNTS,
        CONNECTION_STATES,
        ("Are they connected through a personal or mixed social-media account?", _BOTH),
        "none",
    ),
    _enum(
        "professional_connection",
        FactGroup.ACCOUNTS,
        CONNECTION_STATES,
        ("Are they connected through a professional social-media account?", _BOTH),
        "none",
    ),
)

_TIE = (
    _enum(
        "tie",
        FactGroup.TIE,
        ("none", *TIE_CATEGORIES),
        ("Does the clinician know this person, and as what?", _CLINICIAN),
        "none",
    ),
    _count("tie_degree", FactGroup.TIE, ("How near is the kinship?", _CLINICIAN)),
    _enum(
        "tie_state",
        FactGroup.TIE,
        ("current", "ended", NOT_APPLICABLE),
        ("Does the tie go on, or has it ended?", _CLINICIAN),
    ),
    _enum(
        "tie_via",
        FactGroup.TIE,
        (
            "self",
            "partner",
            "relative",
            "guardian",
            "ex_partner",
            "friend",
            "other",
            NOT_APPLICABLE,
        ),
        ("Is the tie to the client, or to someone close to the client?", _BOTH),
    ),
    _date("tie_began_on", FactGroup.TIE, ("When did the tie begin?", _CLINICIAN)),
    _date("tie_ended_on", FactGroup.TIE, ("When did the tie end?", _CLINICIAN)),
)

VOCABULARY: dict[str, FactSpec] = {
    spec.name: spec for spec in (*_CARE, *_EVENTS, *_ACCOUNTS, *_TIE)
}

LICENCE = "licence"
LOCATION_OF_SERVICE = "location_of_service"
STATED = "stated"

JURISDICTION: dict[str, FactSpec] = {
    spec.name: spec
    for spec in (
        _enum(
            LICENCE,
            FactGroup.CARE,
            (STATED,),
            ("Which valid licence does the clinician practise under?", ("practice", "clinician")),
        ),
        _enum(
            LOCATION_OF_SERVICE,
            FactGroup.CARE,
            (STATED,),
            ("Where is the client at the time of service?", ("client", "practice")),
        ),
    )
}
"""What decides which packs bind. No rule can name these: they are stated, or they are unknown and
leave packs that may bind (`Facts.candidates`). Which licence or place it is, the packs tell."""


def spec_of(name: str) -> FactSpec:
    """The entry of a fact, of rules or of jurisdiction. KeyError if there is none."""
    return VOCABULARY[name] if name in VOCABULARY else JURISDICTION[name]


NO_EVENT: dict[str, Fact] = {
    name: Known(NOT_APPLICABLE)
    for name in ("event_kind", "event_direction", "event_party", "event_on", "event_amount")
}
"""The event facts of a check that is not about an event. Left out, they would be unknown."""
