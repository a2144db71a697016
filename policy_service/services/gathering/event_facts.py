"""The event facts: this event, running totals, and what is known of intimacy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, select

from policy_service.database.tables.events import BoundaryEventRow
from policy_service.domain.attestations import AttestationKind
from policy_service.domain.care import CareSpell, ClientStatus, client_status
from policy_service.domain.dates import PartialDate
from policy_service.domain.facts import NOT_APPLICABLE, Fact, Known, On, OneOf, Unknown, Why
from policy_service.domain.ties import TieCategory
from policy_service.services.context import Context
from policy_service.services.gathering.targets import Certainty
from policy_service.services.gathering.tie_facts import ReadTie

_INTIMATE = frozenset({TieCategory.PARTNER, TieCategory.EX_PARTNER})
PERIODS = ("before", "during", "after")
_NO_EVENT = ("event_kind", "event_direction", "event_party", "event_on", "event_amount")

_EVENTS = (
    select(BoundaryEventRow)
    .where(
        BoundaryEventRow.is_current.is_(True),
        BoundaryEventRow.is_withdrawn.is_(False),
        BoundaryEventRow.clinician_id == bindparam("clinician"),
        BoundaryEventRow.client_id.in_(bindparam("clients", expanding=True)),
    )
    .order_by(BoundaryEventRow.recorded_at, BoundaryEventRow.id)
)


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """One boundary event between the two. `amount` in US cents; `id` empty before it has one.

    `dependence_or_deception` is "yes", "no", or None while nobody has said.
    """

    kind: str
    direction: str | None
    party: str
    occurred_on: PartialDate | None
    amount: int | None
    stated_by: str
    id: str = ""
    dependence_or_deception: str | None = None

    @property
    def is_told(self) -> bool:
        """True when the clinician stated it or the client told them."""
        return self.stated_by != "other"


def recorded_events(
    context: Context, clinician_id: str, client_ids: Iterable[str]
) -> list[RecordedEvent]:
    """Current events of the pair, oldest record first."""
    asked = {"clinician": clinician_id, "clients": list(client_ids)}
    rows = context.session.scalars(_EVENTS, asked) if asked["clients"] else ()
    return [
        RecordedEvent(
            row.kind,
            row.direction,
            row.party,
            PartialDate(row.occurred_on) if row.occurred_on else None,
            row.amount,
            row.stated_by,
            row.id,
            row.dependence_or_deception,
        )
        for row in rows
    ]


def event_facts(events: Sequence[RecordedEvent], this: RecordedEvent | None) -> dict[str, Fact]:
    """Facts of the event this check is about, and of all events together."""
    facts: dict[str, Fact] = dict.fromkeys(_NO_EVENT, Known(NOT_APPLICABLE))
    if this is not None:
        facts |= _this_event(this)
    return facts | {
        "gift_total": _gift_total(events),
        "loan_recorded": _loan(events),
        "dependence_or_deception": _dependence(events),
    }


def _this_event(event: RecordedEvent) -> dict[str, Fact]:
    has_amount = event.kind in {"gift", "loan", "barter", "business_transaction"}
    missing: Fact = Unknown(Why.NOT_RECORDED) if has_amount else Known(NOT_APPLICABLE)
    return {
        "event_kind": Known(event.kind),
        "event_direction": (
            Known(event.direction) if event.direction else Unknown(Why.NOT_RECORDED)
        ),
        "event_party": Known(event.party),
        "event_on": On(event.occurred_on) if event.occurred_on else Unknown(Why.NOT_RECORDED),
        "event_amount": missing if event.amount is None else Known(event.amount),
    }


def _gift_total(events: Sequence[RecordedEvent]) -> Fact:
    """The sum of all gifts either way; unknown as soon as one gift has no amount."""
    gifts = [event.amount for event in events if event.kind == "gift"]
    known = [amount for amount in gifts if amount is not None]
    return Known(sum(known)) if len(known) == len(gifts) else Unknown(Why.NOT_RECORDED)


def _loan(events: Sequence[RecordedEvent]) -> Fact:
    return Known("yes" if any(event.kind == "loan" for event in events) else "no")


def _dependence(events: Sequence[RecordedEvent]) -> Fact:
    """What was said of any event of intimacy; a yes is not undone by a no said of another.

    Silence says nothing, so it stays open. Rules name it beside the contact it is about, so it is
    asked only where there was, or may have been, such contact.
    """
    said = {event.dependence_or_deception for event in events}
    for word in ("yes", "no"):
        if word in said:
            return Known(word)
    return Unknown(Why.NOT_ASKED)


def intimacy_facts(
    events: Sequence[RecordedEvent],
    ties: Sequence[ReadTie],
    spells: list[CareSpell],
    attested: frozenset[AttestationKind],
) -> dict[str, Fact]:
    """Sexual or romantic contact with the client before, during and after care.

    Ties to a partner or former partner tell of intimacy over the tie's period; the world is closed
    only by an attestation that covers partners.
    """
    periods: dict[str, set[str]] = {period: set() for period in PERIODS}
    began: list[PartialDate | None] = []
    for event in events:
        if event.kind == "sexual_contact" and event.party == "client":
            found = _periods_of(event.occurred_on, event.occurred_on, spells)
            _note(found, periods)
            began += [event.occurred_on] if "after" in found else []
    for tie in ties:
        if tie.category in _INTIMATE and _is_self(tie):
            since, until = _tie_period(tie)
            found = _periods_of(since, until, spells)
            if tie.path.certainty is not Certainty.FACT:
                found = dict.fromkeys(found, "maybe")
            _note(found, periods)
            began += [since] if "after" in found else []
    facts = {
        f"intimacy_{period}_care": _period_fact(period, periods, spells, attested)
        for period in PERIODS
    }
    return facts | {"intimacy_after_care_began_on": _began(periods["after"], began)}


def _is_self(tie: ReadTie) -> bool:
    via = tie.facts.facts.get("tie_via")
    return isinstance(via, Known) and via.value == "self" and len(tie.path.steps) == 1


def _tie_period(tie: ReadTie) -> tuple[PartialDate | None, PartialDate | None]:
    step = tie.path.steps[0]
    since = PartialDate(step.since) if step.since else None
    until = PartialDate(step.until) if step.until else None
    return since, until


def _note(found: dict[str, str], periods: dict[str, set[str]]) -> None:
    for period, certainty in found.items():
        periods[period].add(certainty)


def _periods_of(
    since: PartialDate | None, until: PartialDate | None, spells: list[CareSpell]
) -> dict[str, str]:
    """Which periods a span of intimacy touches: "yes" for sure, "maybe" where dates leave it open.

    Without care there is only "before".
    """
    status = client_status(spells)
    if status is ClientStatus.PROSPECTIVE:
        return {"before": "yes"}
    starts = [spell.began_on for spell in spells]
    began = min((day.first for day in starts if day), default=None)
    found: dict[str, str] = {}
    if since is None or began is None:
        found["before"] = "maybe"
    elif since.last < began:
        found["before"] = "yes"
    found |= _later_periods(since, until, spells, status)
    return found or {"during": "maybe"}


def _later_periods(
    since: PartialDate | None,
    until: PartialDate | None,
    spells: list[CareSpell],
    status: ClientStatus,
) -> dict[str, str]:
    began = min((s.began_on.first for s in spells if s.began_on), default=None)
    over_before_care = until is not None and began is not None and until.last < began
    if over_before_care:
        return {}
    if status is ClientStatus.CURRENT:
        starts_within = since is not None and began is not None and since.first >= began
        ends_within = until is not None and began is not None and until.first >= began
        return {"during": "yes" if starts_within or ends_within else "maybe"}
    ended = _care_ended(spells)
    if since is None or ended is None:
        return {"during": "maybe", "after": "maybe"}
    if since.first > ended.last:
        return {"after": "yes"}
    if since.last < ended.first:
        sure = began is not None and since.first >= began
        return {"during": "yes" if sure else "maybe", "after": "maybe"}
    return {"during": "maybe", "after": "maybe"}


def _care_ended(spells: list[CareSpell]) -> PartialDate | None:
    ends = [
        day
        for spell in spells
        for day in (spell.last_contact_on, spell.relationship_ended_on, spell.terminated_on)
        if day is not None
    ]
    return max(ends, key=lambda day: day.last, default=None)


def _period_fact(
    period: str,
    periods: dict[str, set[str]],
    spells: list[CareSpell],
    attested: frozenset[AttestationKind],
) -> Fact:
    if "yes" in periods[period]:
        return Known("yes")
    if periods[period]:
        return OneOf(frozenset({"no", "yes"}), Why.NOT_RECORDED)
    impossible = not spells and period != "before"
    if impossible or AttestationKind.PARTNERS in attested:
        return Known("no")
    return Unknown(Why.NOT_ATTESTED)


def _began(after: set[str], began: list[PartialDate | None]) -> Fact:
    if not after:
        return Known(NOT_APPLICABLE)
    known = [day for day in began if day is not None]
    if not known or len(known) < len(began):
        return Unknown(Why.NOT_RECORDED)
    return On(min(known, key=lambda day: day.first))
