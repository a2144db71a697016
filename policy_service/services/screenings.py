"""Screenings: one client against many clinicians. One record, one entry, and no case.

Who can take this client? Lines stand in the practice's order (by registration), never by how close
a conflict is: the order would tell what the words do not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select

from policy_service.audit.log import NewEntry, Owned, append
from policy_service.database.tables.registry import ClientRow, ClinicianRow
from policy_service.database.tables.screenings import ScreeningRow
from policy_service.domain.answers import ScreeningAnswer, ScreeningLine
from policy_service.domain.audiences import Audience, audience_of, redact_screening
from policy_service.domain.outcomes import Outcome
from policy_service.domain.principals import ActingUser, Principal
from policy_service.domain.standings import AVAILABILITY, Availability, advise
from policy_service.errors import FieldError, InvalidRequest, NotFound, NotReady
from policy_service.ledger.canonical import canonical_bytes, parse_strict
from policy_service.ledger.leaf import Leaf, format_at
from policy_service.ledger.receipt import Receipt, sign_receipt
from policy_service.policy.pack import SEMANTICS
from policy_service.services.cases import standing_if_asked
from policy_service.services.checks import (
    NOBODY_NAMED,
    TRIES,
    ClientNamed,
    StaleFacts,
    decide_question,
    find_client,
    register_prospect,
)
from policy_service.services.context import Context
from policy_service.services.decisions import Material
from policy_service.services.desk import MAX_MERGE_DELAY, Desk
from policy_service.services.ehr_answers import AnswerKind, remember_answer
from policy_service.services.gathering.facts import Question, gather_facts
from policy_service.services.match_state import held_number
from policy_service.services.packs import activation_number
from policy_service.services.people import Person
from policy_service.services.stored_responses import (
    IdempotencyKey,
    Response,
    TwinFound,
    find_response,
    reserve,
    store_response,
)

PURPOSES = ("intake", "booking", "assignment", "re_enrolment", "transfer")
"""What one screens for: the purposes that begin a service."""
NO_CLINICIAN = ""
"""A screening is about no single clinician, so nobody at the keyboard is its treating one."""


@dataclass(frozen=True, slots=True)
class ScreeningRequest:
    """What a door asks. `clinicians` None: all active ones of the practice."""

    client: ClientNamed
    purpose: str
    as_of: date
    clinicians: tuple[str, ...] | None = None
    location_of_service: str | None = None
    acting: ActingUser = NOBODY_NAMED


@dataclass(frozen=True, slots=True)
class ScreeningDoor:
    """What the door adds: the shape of the response, and the caller's key."""

    respond: Callable[[dict[str, Any], Audience, str], Response]
    idempotency: IdempotencyKey | None = None


@dataclass(frozen=True, slots=True)
class _Prepared:
    client: ClientRow
    person: Person
    is_new: bool
    versions: dict[str, int]
    lines: tuple[ScreeningLine, ...]
    packs: frozenset[str]
    activation: int
    matching: int


def run_screening(
    desk: Desk, principal: Principal, request: ScreeningRequest, door: ScreeningDoor
) -> Response:
    """Read, decide for each clinician, record once, answer. NotReady after three stale tries."""
    for _ in range(TRIES):
        with desk.reading(principal) as context:
            stored = find_response(context, door.idempotency)
            if stored is not None:
                return stored
            prepared = _prepare(desk, context, request)
        try:
            with desk.writing(principal) as context:
                return _record(desk, context, request, prepared, door)
        except (StaleFacts, TwinFound):
            continue
    raise NotReady("The records kept changing while the screening was made.")


def read_screening(context: Context, screening_id: str) -> ScreeningAnswer:
    """A recorded screening as it was. NotFound for another practice's, KeyNotHeld if erased."""
    row = context.session.get(ScreeningRow, (context.practice_id, screening_id))
    if row is None:
        raise NotFound
    client = context.session.get_one(ClientRow, (context.practice_id, row.client_id))
    where = ("screening", row.id, "lines")
    raw = context.keyring.open(context.session, client.person_id, row.sealed_lines, where)
    lines: Any = parse_strict(raw)
    return ScreeningAnswer(
        id=row.id,
        at=format_at(row.at),
        receipt=row.receipt,
        client_id=row.client_id,
        purpose=row.purpose,
        lines=tuple(_line_from_json(line) for line in lines),
    )


def _prepare(desk: Desk, context: Context, request: ScreeningRequest) -> _Prepared:
    clinicians = _clinicians(context, request.clinicians)
    found = find_client(context, request.client)
    client, person = found.row, found.person
    lines: list[ScreeningLine] = []
    packs: set[str] = set()
    activation = activation_number(context, shared=False)
    for clinician in clinicians:
        question = Question(clinician, client, person, request.purpose, request.as_of)
        gathered = gather_facts(context, question, found.targets)
        material = decide_question(desk, context, question, gathered, request.location_of_service)
        lines.append(_line(context, material))
        packs.update(material.packs)
    versions = {row.id: row.version for row in (*clinicians, *(() if found.is_new else (client,)))}
    numbers = activation, context.matching.number
    return _Prepared(
        client, person, found.is_new, versions, tuple(lines), frozenset(packs), *numbers
    )


def _clinicians(context: Context, wanted: Sequence[str] | None) -> list[ClinicianRow]:
    """Active clinicians by registration. InvalidRequest for one that is named and is none."""
    rows = list(
        context.session.scalars(
            select(ClinicianRow)
            .where(ClinicianRow.is_active.is_(True))
            .order_by(ClinicianRow.created_at, ClinicianRow.id)
        )
    )
    if wanted is None:
        return rows
    known = {row.id for row in rows}
    refusals = [
        FieldError(f"/clinicians/{number}", "No active clinician of this practice has this id.")
        for number, clinician_id in enumerate(wanted)
        if clinician_id not in known
    ]
    if refusals:
        raise InvalidRequest(errors=refusals)
    return [row for row in rows if row.id in set(wanted)]


def _line(context: Context, material: Material) -> ScreeningLine:
    decision = material.decision
    standing = standing_if_asked(context, material.question, decision)
    advice = advise(decision.outcome, standing, material.question.purpose)
    return ScreeningLine(
        clinician_id=material.question.clinician.id,
        availability=AVAILABILITY[advice],
        outcome=decision.outcome,
        could_become=decision.could_become,
        complete=decision.complete,
    )


def _record(
    desk: Desk,
    context: Context,
    request: ScreeningRequest,
    prepared: _Prepared,
    door: ScreeningDoor,
) -> Response:
    """One short write transaction; whatever fails here leaves nothing behind."""
    reserve(context, door.idempotency)
    if not _versions_hold(context, prepared):
        raise StaleFacts
    if prepared.is_new:
        register_prospect(context, prepared.client, prepared.person)
    answer = _write(desk, context, request, prepared)
    remember_answer(context, AnswerKind.SCREENING, answer.id, answer.client_id, door.idempotency)
    audience = audience_of(context.principal, request.acting, NO_CLINICIAN)
    response = door.respond(redact_screening(answer, audience), audience, answer.id)
    store_response(context, door.idempotency, response)
    return response


def _versions_hold(context: Context, prepared: _Prepared) -> bool:
    """Nothing that was read has moved (FOR SHARE on PostgreSQL)."""
    now: dict[str, int] = {}
    for table in (ClinicianRow, ClientRow):
        now.update(_versions(context, table, prepared.versions))
    if now != prepared.versions:
        return False
    if activation_number(context, shared=True) != prepared.activation:
        return False
    return held_number(context.session, context.practice_id) == prepared.matching


def _versions(
    context: Context, table: type[ClinicianRow | ClientRow], ids: Iterable[str]
) -> dict[str, int]:
    rows = context.session.execute(
        select(table.id, table.version)
        .where(table.practice_id == context.practice_id, table.id.in_(sorted(ids)))
        .order_by(table.id)
        .with_for_update(read=True)
    )
    return {row.id: row.version for row in rows}


def _write(
    desk: Desk, context: Context, request: ScreeningRequest, prepared: _Prepared
) -> ScreeningAnswer:
    owner = prepared.client.person_id
    lines = [_line_to_json(line) for line in prepared.lines]
    leaf = _append_entry(context, request, prepared, lines)
    origin = desk.practice(context.practice_id).log_origin
    receipt = sign_receipt(Receipt.of(leaf, origin, MAX_MERGE_DELAY), desk.receipt_key).decode()
    where = ("screening", leaf.id, "lines")
    context.session.add(
        ScreeningRow(
            practice_id=context.practice_id,
            id=leaf.id,
            at=context.now,
            client_id=prepared.client.id,
            purpose=request.purpose,
            as_of=request.as_of.isoformat(),
            entry_id=leaf.id,
            sealed_lines=context.keyring.seal(
                context.session, owner, canonical_bytes(lines), where
            ),
            receipt=receipt,
        )
    )
    context.session.flush()
    return ScreeningAnswer(
        leaf.id, leaf.at, receipt, prepared.client.id, request.purpose, prepared.lines
    )


def _append_entry(
    context: Context,
    request: ScreeningRequest,
    prepared: _Prepared,
    lines: list[dict[str, Any]],
) -> Leaf:
    """Names the client alone: a leaf that listed every clinician would outgrow its limit."""
    owner = prepared.client.person_id
    asked = {
        "purpose": request.purpose,
        "as_of": request.as_of.isoformat(),
        "acting_role": request.acting.role.value,
        "location_of_service": request.location_of_service,
        "everyone": request.clinicians is None,
    }
    return append(
        context.session,
        context.keyring,
        NewEntry(
            id=context.new_id(),
            action="screening.decided",
            at=context.now,
            actor_ref=context.principal.actor_ref,
            groups={"request": Owned(asked, owner), "screening": Owned(lines, owner)},
            subject_refs=frozenset({prepared.person.pseudonym}),
            packs=prepared.packs,
            semantics=SEMANTICS,
            model=context.model.digest,
        ),
    )


def _line_to_json(line: ScreeningLine) -> dict[str, Any]:
    return {
        "clinician_id": line.clinician_id,
        "availability": line.availability.value,
        "outcome": line.outcome.value,
        "could_become": line.could_become.value,
        "complete": line.complete,
    }


def _line_from_json(body: dict[str, Any]) -> ScreeningLine:
    return ScreeningLine(
        clinician_id=body["clinician_id"],
        availability=Availability(body["availability"]),
        outcome=Outcome(body["outcome"]),
        could_become=Outcome(body["could_become"]),
        complete=body["complete"],
    )
