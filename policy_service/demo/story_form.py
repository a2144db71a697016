"""What a story is made of. Times are in months before the day the demo practice is founded."""

from __future__ import annotations

from dataclasses import dataclass

from policy_service.domain.accounts import AccountKind
from policy_service.domain.outcomes import Outcome
from policy_service.domain.people import PersonRecord
from policy_service.domain.principals import ActingRole
from policy_service.domain.standings import Advice, Standing


@dataclass(frozen=True, slots=True)
class Care:
    """Care by the story's clinician; over since `ended`, or going on where that is None."""

    began: int
    ended: int | None = None


@dataclass(frozen=True, slots=True)
class Beyond:
    """Someone who is `kind` to the person of a tie: one step further from the clinician."""

    kind: str
    person: PersonRecord
    is_ended: bool = False


@dataclass(frozen=True, slots=True)
class Tie:
    """What the clinician disclosed: `person` is `kind` to the clinician."""

    kind: str
    person: PersonRecord
    since: int | None = None
    until: int | None = None
    beyond: Beyond | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """An account of the clinician, connected to an account of the client."""

    kind: AccountKind
    platform: str
    clinician_handle: str
    client_handle: str


@dataclass(frozen=True, slots=True)
class Happening:
    """A boundary event; `amount` in US cents. The last of a story is what the check is about."""

    kind: str
    direction: str
    months_ago: int
    amount: int | None = None
    stated_by: str = "clinician"


@dataclass(frozen=True, slots=True)
class Ending:
    """What must come out."""

    outcome: Outcome
    could_become: Outcome
    standing: Standing = Standing.IN_REVIEW
    rule: str = ""
    """Begins the id of a rule that must be among the findings."""
    advice: Advice | None = None
    """Where the one who asks learns no more than this."""
    complete: bool = True
    not_waivable: bool = False


@dataclass(frozen=True, slots=True)
class Story:
    """One clinician, one client, one question. Nobody in a story exists."""

    name: str
    sentence: str
    clinician: str
    client: PersonRecord
    ending: Ending
    purpose: str = "intake"
    location: str = "US-TX"
    care: Care | None = None
    tie: Tie | None = None
    link: Link | None = None
    events: tuple[Happening, ...] = ()
    asked_by: ActingRole = ActingRole.SYSTEM
    is_accepted: bool = False
    """An officer deliberates, accepts with conditions, and the question is asked again."""
