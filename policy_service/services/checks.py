"""A check: prepare (read, decide), then record (one short write transaction), then answer.

No answer without its record: decision, audit entry, cases, duties and the stored response commit
together, or the caller gets 503.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.exc import IntegrityError

from policy_service.database.tables.decisions import DecisionRow
from policy_service.database.tables.registry import ClientRow, ClinicianRow
from policy_service.domain.answers import Answer
from policy_service.domain.audiences import Audience, audience_of, redact
from policy_service.domain.decisions import decide
from policy_service.domain.people import PersonRecord
from policy_service.domain.principals import ActingUser, Principal
from policy_service.domain.standings import advise
from policy_service.errors import FieldError, InvalidRequest, NotReady
from policy_service.policy.engine import evaluate
from policy_service.policy.selection import select as select_packs
from policy_service.services.bindings import binding_of, known_place
from policy_service.services.cases import standing_if_asked
from policy_service.services.context import Context
from policy_service.services.decisions import (
    Material,
    Render,
    Versions,
    answer_of,
    record_decision,
)
from policy_service.services.desk import Desk
from policy_service.services.ehr_answers import AnswerKind, remember_answer
from policy_service.services.gathering.event_facts import RecordedEvent
from policy_service.services.gathering.facts import Gathered, Question, gather_facts
from policy_service.services.gathering.targets import Targets, find_targets, targets_of_known
from policy_service.services.packs import packs_in_use
from policy_service.services.people import Person, open_person, person_row, record_digest, register
from policy_service.services.prompts import REST, Asked, keep_asked
from policy_service.services.shadows import decide_in_shadow
from policy_service.services.stored_responses import (
    IdempotencyKey,
    Response,
    TwinFound,
    find_response,
    reserve,
    store_response,
)
from policy_service.services.told import Told, tell
from policy_service.services.touch import ONCE_ASKED, RECENT, touch_new_people, touch_pair

_CLIENTS_AMONG = (
    select(ClientRow)
    .where(ClientRow.person_id.in_(bindparam("people", expanding=True)))
    .order_by(ClientRow.id)
    .limit(1)
)
_CLINICIAN_OF_EHR = select(ClinicianRow).where(ClinicianRow.external_id == bindparam("external_id"))
_ASKED_LATELY = (
    select(DecisionRow.id)
    .where(
        DecisionRow.client_id == bindparam("client"),
        DecisionRow.at >= bindparam("since"),
        DecisionRow.is_silent.is_(False),
    )
    .limit(1)
)
TRIES = 3
NOBODY_NAMED = ActingUser()


@dataclass(frozen=True, slots=True)
class ClientNamed:
    """A client by id, or described by a record and perhaps the EHR's own id."""

    id: str | None = None
    record: PersonRecord | None = None
    external_id: str | None = None


@dataclass(frozen=True, slots=True)
class CheckRequest:
    """What a door asks. The clinician is named by our id or by the EHR's own; the client by id, or
    described by a record."""

    clinician_id: str | None
    purpose: str
    as_of: date
    client_id: str | None = None
    client_record: PersonRecord | None = None
    client_external_id: str | None = None
    location_of_service: str | None = None
    acting: ActingUser = NOBODY_NAMED
    event: RecordedEvent | None = None
    clinician_external_id: str | None = None
    """The EHR's own id of the clinician, in place of `clinician_id`."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """The decision of a read, and the versions it was read at."""

    material: Material
    versions: Versions
    is_new_client: bool


@dataclass(frozen=True, slots=True)
class CheckDoor:
    """What the door adds: wording, the shape of the response, and what commits with it."""

    render: Render
    respond: Callable[[dict[str, Any], Audience, str], Response]
    idempotency: IdempotencyKey | None = None
    also: Callable[[Context, str], None] | None = None
    """Called in the write transaction with the client's id."""
    name: str = REST
    """Which door it is; cards keep their own prompts (`prompts.keep_cards`)."""


def run_check(desk: Desk, principal: Principal, request: CheckRequest, door: CheckDoor) -> Response:
    """Decide, record, answer. Prepares again when what it read has moved; NotReady after three."""
    for _ in range(TRIES):
        with desk.reading(principal) as context:
            stored = find_response(context, door.idempotency)
            if stored is not None:
                return stored
            prepared = prepare(desk, context, request)
        try:
            with desk.writing(principal) as context:
                return _record(desk, context, request, prepared, door)
        except (StaleFacts, TwinFound, IntegrityError):
            # An IntegrityError is a twin too: it opened the case, or registered the client, first.
            continue
    raise NotReady("The records kept changing while the check was made.")


class StaleFacts(Exception):
    """What was read has changed before it could be recorded; nothing was written."""


def prepare(desk: Desk, context: Context, request: CheckRequest) -> Prepared:
    """Read the facts and decide; writes nothing."""
    clinician = _clinician(context, request)
    named = ClientNamed(request.client_id, request.client_record, request.client_external_id)
    found = find_client(context, named)
    question = Question(
        clinician, found.row, found.person, request.purpose, request.as_of, request.event
    )
    gathered = gather_facts(context, question, found.targets)
    material = decide_question(desk, context, question, gathered, request.location_of_service)
    version = None if found.is_new else found.row.version
    numbers = material.activation, context.matching.number
    versions = Versions(clinician.version, version, *numbers)
    return Prepared(material, versions, found.is_new)


def decide_question(
    desk: Desk, context: Context, question: Question, gathered: Gathered, location: str | None
) -> Material:
    """The decision that the packs which bind, or may bind, this clinician give on these facts.

    `location` is a jurisdiction, UNKNOWN_PLACE, or None for the practice's own.
    """
    location = location or desk.practice(context.practice_id).jurisdiction
    binding = binding_of(context, question.clinician.id, question.as_of, known_place(location))
    in_use = packs_in_use(desk, context)
    selection = select_packs(in_use.active, binding)
    facts = selection.applied_to(gathered.facts)
    own = replace(gathered.facts, base=gathered.own_base)
    is_all_known = own.base == gathered.facts.base
    return Material(
        question,
        replace(gathered, facts=facts),
        decide(evaluate(selection.read, facts), selection.not_consulted),
        None if is_all_known else decide(evaluate(selection.read, selection.applied_to(own)), ()),
        tuple(pack.digest for pack in selection.read),
        location,
        activation=in_use.number,
        shadow=decide_in_shadow(in_use, binding, gathered.facts),
    )


def _clinician(context: Context, request: CheckRequest) -> ClinicianRow:
    if request.clinician_id is not None:
        row = context.session.get(ClinicianRow, (context.practice_id, request.clinician_id))
        named = "id"
    else:
        asked = {"external_id": request.clinician_external_id}
        row = context.session.scalars(_CLINICIAN_OF_EHR, asked).first()
        named = "external_id"
    if row is None or not row.is_active:
        refusal = f"No active clinician of this practice has this {named}."
        raise InvalidRequest(errors=[FieldError(f"/clinician/{named}", refusal)])
    return row


@dataclass(frozen=True, slots=True)
class ClientFound:
    """Whom a request is about: a client's row, the person as described today, and their targets."""

    row: ClientRow
    person: Person
    targets: Targets
    is_new: bool = False


def find_client(context: Context, named: ClientNamed) -> ClientFound:
    """The registered client, the known client a record certainly is, or a new prospect."""
    if named.id is not None:
        row = context.session.get(ClientRow, (context.practice_id, named.id))
        if row is None:
            raise InvalidRequest(
                errors=[FieldError("/client/id", "No client of this practice has this id.")]
            )
        row = _survivor(context, row)
        person = open_person(context, row.person_id)
        return ClientFound(row, person, find_targets(context, person))
    record = named.record or PersonRecord()
    person = Person(context.new_id(), context.new_id(), record, record_digest(record))
    known = _client_of_ehr(context, named)
    targets = None if known else find_targets(context, person)
    known = known or _recognised_client(context, targets, person)
    if known is not None:
        return _as_known(context, known, person, targets)
    assert targets is not None  # noqa: S101 - looked for, since nobody was known
    return ClientFound(_prospect(context, person, named.external_id), person, targets, is_new=True)


def _as_known(
    context: Context, known: ClientRow, described: Person, targets: Targets | None
) -> ClientFound:
    """The record as stated today is what recognition and related people are read from."""
    kept = open_person(context, known.person_id)
    person = Person(kept.id, kept.pseudonym, described.record, described.digest)
    read = targets_of_known(targets, described.id, kept.id) if targets else None
    return ClientFound(known, person, read or find_targets(context, person))


def _survivor(context: Context, row: ClientRow) -> ClientRow:
    """Follow merges: a duplicate profile stands for the client it was merged into."""
    while row.merged_into is not None:
        row = context.session.get_one(ClientRow, (context.practice_id, row.merged_into))
    return row


def _client_of_ehr(context: Context, named: ClientNamed) -> ClientRow | None:
    """The client who bears the EHR's own id."""
    if named.external_id is None:
        return None
    wanted = select(ClientRow).where(ClientRow.external_id == named.external_id)
    row = context.session.scalars(wanted).first()
    return None if row is None else _survivor(context, row)


def _recognised_client(
    context: Context, targets: Targets | None, person: Person
) -> ClientRow | None:
    same = targets.same_people - {person.id} if targets else None
    row = (
        context.session.scalars(_CLIENTS_AMONG, {"people": sorted(same)}).first() if same else None
    )
    return None if row is None else _survivor(context, row)


def _prospect(context: Context, person: Person, external_id: str | None) -> ClientRow:
    return ClientRow(
        practice_id=context.practice_id,
        id=context.new_id(),
        person_id=person.id,
        external_id=external_id,
        version=1,
        created_at=context.now,
    )


def register_prospect(context: Context, client: ClientRow, person: Person) -> None:
    """Write the client and person that `prepare` only thought of, under the ids it gave them."""
    register(context, person.record, person)
    context.session.add(client)
    context.session.flush()


def _touch(context: Context, request: CheckRequest, prepared: Prepared) -> None:
    """Leave to the worker what this check does not settle.

    Who comes back after long is watched again. An answer to another day, to a record other than
    the one kept, or to a question asked but once, is not what stands of the pair.
    """
    question = prepared.material.question
    if prepared.is_new_client or context.principal.is_silent:
        return  # registered just now: the touch of a new person settles the rest
    client = question.client
    asked = {"client": client.id, "since": context.now - RECENT}
    if context.session.execute(_ASKED_LATELY, asked).first() is None:
        touch_new_people(context, [client.person_id])
    kept = person_row(context, client.person_id).record_digest
    stands = request.as_of == context.today and request.purpose not in ONCE_ASKED
    if not stands or kept != question.person.digest:
        touch_pair(context, question.clinician.id, client.id)


def _as_if_live(context: Context, material: Material, answer: Answer) -> Answer:
    """What would have been said: no case was joined, so the standing is as if asked now."""
    standing = standing_if_asked(context, material.question, material.decision)
    advice = advise(material.decision.outcome, standing, material.question.purpose)
    return replace(answer, advice=advice, full={**answer.full, "standing": standing.value})


def _record(
    desk: Desk, context: Context, request: CheckRequest, prepared: Prepared, door: CheckDoor
) -> Response:
    """One short write transaction; whatever fails here leaves nothing behind."""
    question = prepared.material.question
    reserve(context, door.idempotency)
    if not prepared.versions.hold(context, question):
        raise StaleFacts
    if prepared.is_new_client:
        register_prospect(context, question.client, question.person)
    _touch(context, request, prepared)
    recorded = record_decision(desk, context, prepared.material, request.acting)
    remember_answer(context, AnswerKind.CHECK, recorded.id, recorded.client_id, door.idempotency)
    if door.also is not None:
        door.also(context, question.client.id)
    audience = audience_of(context.principal, request.acting, question.clinician.id)
    answer = answer_of(context, recorded, door.render, audience is Audience.OFFICER)
    if context.principal.is_silent:
        answer = _as_if_live(context, prepared.material, answer)
    keep_asked(context, Asked(door.name, request.acting, recorded, answer))
    tell(context, Told(question, answer.advice, recorded.id), audience)
    response = door.respond(redact(answer, audience), audience, recorded.id)
    store_response(context, door.idempotency, response)
    return response
