"""Boundary events: report one and have it decided at once; correct or withdraw one later.

The event, the decision about it and the audit entries commit together, or nothing does. Running
totals (gifts, loans) are read from the recorded events when facts are gathered.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy import select

from policy_service.database.tables.events import BoundaryEventRow
from policy_service.database.tables.registry import ClinicianRow
from policy_service.domain.dates import PartialDate
from policy_service.domain.principals import ActingUser, Principal
from policy_service.domain.vocabulary import EVENT_KINDS, VOCABULARY
from policy_service.services.checks import NOBODY_NAMED, CheckDoor, CheckRequest, run_check
from policy_service.services.clients import survivor
from policy_service.services.context import Context
from policy_service.services.desk import Desk
from policy_service.services.duties import close_duties_of_event
from policy_service.services.gathering.event_facts import RecordedEvent
from policy_service.services.once import patiently
from policy_service.services.parties import client_row, clinician_row, named_client, refusal, tell
from policy_service.services.revisions import add_first, bump, current, revise, withdraw
from policy_service.services.stored_responses import Response
from policy_service.services.touch import touch_clients


def _words(fact: str) -> tuple[str, ...]:
    return tuple(word for word in VOCABULARY[fact].values if word != "not_applicable")


DIRECTIONS = _words("event_direction")
PARTIES = _words("event_party")
STATED_BY = ("clinician", "client", "other")
MOST_CENTS = 2_000_000_000
YES_NO = ("no", "yes")
INTIMATE_KINDS = ("sexual_contact", "sexual_request", "hint_of_future_romance", "request_for_date")
"""Of these alone it can be said whether the client was dependent or deceived."""
CAUSE_WITHDRAWN = "Its cause was withdrawn."
CAUSE_MOVED = "Its cause was withdrawn: the event belongs to another client."
"""Why the service closes a duty that an event raised."""


@dataclass(frozen=True, slots=True)
class EventForm:
    """What happened between the two. `amount` in US cents, `occurred_on` a partial date.

    `dependence_or_deception` ("yes", "no"): was the client dependent or deceived? For events of
    INTIMATE_KINDS only; None leaves the question open.
    """

    clinician_id: str
    client_id: str
    kind: str
    direction: str | None = None
    party: str = "client"
    occurred_on: str | None = None
    amount: int | None = None
    stated_by: str = "other"
    dependence_or_deception: str | None = None
    acting: ActingUser = NOBODY_NAMED


def report_event(desk: Desk, principal: Principal, form: EventForm, door: CheckDoor) -> Response:
    """Record an event and decide what the codes say of it; one transaction, one answer."""
    event = replace(_event(form), id=desk.new_id())
    today = desk.clock().date()
    if event.occurred_on is not None and event.occurred_on.first > today:
        raise refusal("/occurred_on", f"A day not after {today} is expected.")
    request = CheckRequest(
        clinician_id=form.clinician_id,
        purpose="event",
        as_of=today,
        client_id=form.client_id,
        acting=form.acting,
        event=event,
    )

    def record(context: Context, client_id: str) -> None:
        _record(context, form, event.id, client_id)
        if door.also is not None:
            door.also(context, client_id)

    whole = replace(door, also=record)
    return patiently(lambda: run_check(desk, principal, request, whole))


def _event(form: EventForm) -> RecordedEvent:
    """InvalidRequest unless words, date and amount are what they may be."""
    for name, value, allowed in (
        ("kind", form.kind, EVENT_KINDS),
        ("direction", form.direction, (*DIRECTIONS, None)),
        ("party", form.party, PARTIES),
        ("stated_by", form.stated_by, STATED_BY),
        ("dependence_or_deception", form.dependence_or_deception, (*YES_NO, None)),
    ):
        if value not in allowed:
            words = [word for word in allowed if word is not None]
            raise refusal(f"/{name}", "This word is not allowed.", words)
    if form.amount is not None and not 0 <= form.amount <= MOST_CENTS:
        raise refusal("/amount", f"An amount in US cents from 0 to {MOST_CENTS} is expected.")
    if form.dependence_or_deception is not None and form.kind not in INTIMATE_KINDS:
        detail = "This is said only of events of the kinds listed."
        raise refusal("/dependence_or_deception", detail, INTIMATE_KINDS)
    return RecordedEvent(
        form.kind,
        form.direction,
        form.party,
        _day(form),
        form.amount,
        form.stated_by,
        dependence_or_deception=form.dependence_or_deception,
    )


def _day(form: EventForm) -> PartialDate | None:
    try:
        return PartialDate(form.occurred_on) if form.occurred_on else None
    except ValueError:
        detail = "A date that exists is expected: YYYY, YYYY-MM or YYYY-MM-DD."
        raise refusal("/occurred_on", detail) from None


def _record(context: Context, form: EventForm, event_id: str, client_id: str) -> None:
    columns = asdict(form) | {"id": event_id, "client_id": client_id}
    del columns["acting"]
    row = add_first(context, BoundaryEventRow, **columns)
    _tell(context, "event.reported", row, {"reason": None})
    # The decision that commits with the event answers it; what stands of the pair is asked again.
    _touch(context, row.clinician_id, {row.client_id})


def move_event(context: Context, event_id: str, client_id: str, reason: str) -> None:
    """Wrong client: the event belongs to another. Both are touched."""
    old = current(context, BoundaryEventRow, event_id)
    client = survivor(context, named_client(context, client_id, "/client_id"))
    row = revise(context, old, reason, client_id=client.id)
    _tell(context, "event.moved", row, {"reason": reason, "from": old.client_id})
    if survivor(context, client_row(context, old.client_id)).id != client.id:
        close_duties_of_event(context, event_id, CAUSE_MOVED)
    _touch(context, row.clinician_id, {old.client_id, client.id})


def withdraw_event(context: Context, event_id: str, reason: str) -> None:
    """It never happened; the record stays readable and counts no more."""
    row = withdraw(context, current(context, BoundaryEventRow, event_id), reason)
    _tell(context, "event.withdrawn", row, {"reason": reason})
    close_duties_of_event(context, event_id, CAUSE_WITHDRAWN)
    _touch(context, row.clinician_id, {row.client_id})


def _touch(context: Context, clinician_id: str, client_ids: set[str]) -> None:
    """Events are facts of their pair: the clinician's other clients need no re-screen."""
    bump(context, ClinicianRow, {clinician_id})
    touch_clients(context, client_ids)


def events_of(context: Context, clinician_id: str, client_id: str) -> list[BoundaryEventRow]:
    """The pair's events as they stand, in the order they were recorded."""
    rows = select(BoundaryEventRow).where(
        BoundaryEventRow.clinician_id == clinician_id,
        BoundaryEventRow.client_id == client_id,
        BoundaryEventRow.is_current.is_(True),
        BoundaryEventRow.is_withdrawn.is_(False),
    )
    return list(
        context.session.scalars(rows.order_by(BoundaryEventRow.recorded_at, BoundaryEventRow.id))
    )


def _tell(context: Context, action: str, row: BoundaryEventRow, more: dict[str, Any]) -> None:
    """What happened is the client's: sealed under the client's key."""
    told = {
        "id": row.id,
        "revision": row.revision,
        "kind": row.kind,
        "direction": row.direction,
        "party": row.party,
        "occurred_on": row.occurred_on,
        "amount": row.amount,
        "stated_by": row.stated_by,
        "dependence_or_deception": row.dependence_or_deception,
        **more,
    }
    client = client_row(context, row.client_id)
    clinician = clinician_row(context, row.clinician_id)
    tell(context, action, client.person_id, told, [clinician.person_id])
