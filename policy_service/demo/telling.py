"""Tell a story: record what it says of its people, then ask its question like an EHR would."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson
from sqlalchemy import select

from policy_service.database.tables.registry import ClientRow, ClinicianRow
from policy_service.demo.story_form import Happening, Story, Tie
from policy_service.domain.accounts import ConnectionState, Direction
from policy_service.domain.audiences import Audience
from policy_service.domain.dates import plus_months
from policy_service.domain.principals import ActingUser, Principal
from policy_service.services.accounts import AccountForm, ConnectionForm, add_account, connect
from policy_service.services.checks import CheckDoor, CheckRequest, run_check
from policy_service.services.clients import register_client
from policy_service.services.context import Context
from policy_service.services.desk import Desk
from policy_service.services.disclosures import DisclosureForm, TieForm, disclose, state_tie
from policy_service.services.episodes import (
    ClientPart,
    ClinicianPart,
    EpisodeForm,
    open_episode,
)
from policy_service.services.events import EventForm, report_event
from policy_service.services.packs import wording
from policy_service.services.people import register
from policy_service.services.stored_responses import Response


@dataclass(frozen=True, slots=True)
class Teller:
    """Who records a story and who asks about it."""

    desk: Desk
    scribe: Principal
    ehr: Principal


def record(teller: Teller, story: Story) -> None:
    """Write down the story's care, tie and accounts; in one transaction."""
    with teller.desk.writing(teller.scribe) as context:
        clinician = clinician_row(context, story.clinician)
        if story.care is not None or story.link is not None:
            _client(context, story, clinician)
        if story.tie is not None:
            _tie(context, clinician, story.tie)


def ask(teller: Teller, story: Story) -> dict[str, Any]:
    """Report the story's events, or make its check; returns the answer to the last question."""
    answer: dict[str, Any] = {}
    for step in _questions(teller, story):
        answer = orjson.loads(step.body)
    return answer


def clinician_row(context: Context, external_id: str) -> ClinicianRow:
    """The clinician of the demo roster."""
    rows = select(ClinicianRow).where(ClinicianRow.external_id == external_id)
    return context.session.scalars(rows).one()


def client_id_of(context: Context, story: Story) -> str:
    """The story's registered client."""
    rows = select(ClientRow.id).where(ClientRow.external_id == _external_id(story))
    return context.session.scalars(rows).one()


def _external_id(story: Story) -> str:
    return f"story-{story.name}"


def _client(context: Context, story: Story, clinician: ClinicianRow) -> None:
    client_id = register_client(context, story.client, _external_id(story))
    if story.care is not None:
        ended = story.care.ended
        over = None if ended is None else months_ago(context.today, ended)
        form = EpisodeForm(
            clients=(ClientPart(client_id),),
            clinicians=(ClinicianPart(clinician.id, last_contact_on=over),),
            began_on=months_ago(context.today, story.care.began),
            terminated_on=over,
            termination_reason=None if over is None else "planned",
            is_open=over is None,
            external_id=_external_id(story),
        )
        open_episode(context, form)
    if story.link is not None:
        _link(context, story, clinician)


def _link(context: Context, story: Story, clinician: ClinicianRow) -> None:
    link = story.link
    assert link is not None  # noqa: S101 - the caller looked
    form = AccountForm(link.platform, link.clinician_handle, link.kind)
    account = add_account(context, clinician.person_id, form)
    connect(
        context,
        ConnectionForm(
            account_id=account,
            far_platform=link.platform,
            far_handle=link.client_handle,
            direction=Direction.MUTUAL,
            state=ConnectionState.ACCEPTED,
        ),
    )


def _tie(context: Context, clinician: ClinicianRow, tie: Tie) -> None:
    person_id = register(context, tie.person)
    disclose(
        context,
        DisclosureForm(
            clinician_id=clinician.id,
            kind=tie.kind,
            person_id=person_id,
            since=_when(context, tie.since),
            until=_when(context, tie.until),
        ),
    )
    if tie.beyond is not None:
        far = register(context, tie.beyond.person)
        form = TieForm(person_id, far, tie.beyond.kind, is_ended=tie.beyond.is_ended)
        state_tie(context, form)


def _when(context: Context, months: int | None) -> str | None:
    return None if months is None else months_ago(context.today, months)


def months_ago(today: date, months: int) -> str:
    """The full date so many months before."""
    return plus_months(today, -months).isoformat()


def _questions(teller: Teller, story: Story) -> Iterator[Response]:
    if story.events:
        for event in story.events:
            yield _report(teller, story, event)
        return
    with teller.desk.reading(teller.scribe) as context:
        request = CheckRequest(
            clinician_id=clinician_row(context, story.clinician).id,
            purpose=story.purpose,
            as_of=context.today,
            client_id=client_id_of(context, story) if story.care else None,
            client_record=None if story.care else story.client,
            location_of_service=story.location,
            acting=ActingUser(story.asked_by),
        )
    yield run_check(teller.desk, teller.ehr, request, _door(teller))


def _report(teller: Teller, story: Story, event: Happening) -> Response:
    with teller.desk.reading(teller.scribe) as context:
        form = EventForm(
            clinician_id=clinician_row(context, story.clinician).id,
            client_id=client_id_of(context, story),
            kind=event.kind,
            direction=event.direction,
            occurred_on=months_ago(context.today, event.months_ago),
            amount=event.amount,
            stated_by=event.stated_by,
            acting=ActingUser(story.asked_by),
        )
    return report_event(teller.desk, teller.ehr, form, _door(teller))


def _door(teller: Teller) -> CheckDoor:
    return CheckDoor(render=wording(teller.desk, teller.ehr), respond=_respond)


def _respond(body: dict[str, Any], _audience: Audience, check_id: str) -> Response:
    return Response(201, orjson.dumps(body), check_id)
