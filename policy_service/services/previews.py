"""Previews: a clinician asks about a tie that has not begun, and the answer is theirs alone.

A preview is recorded like any answer, but under the clinician's own key: no case, no duty, nothing
that a check, a drift or a replay would read. Officers learn how many there were until the
clinician shares one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select

from policy_service.audit.log import NewEntry, Owned, append
from policy_service.database.tables.previews import PreviewRow
from policy_service.database.tables.registry import ClientRow, ClinicianRow
from policy_service.domain.answers import PreviewAnswer
from policy_service.domain.audiences import Audience, preview_audience_of, redact_preview
from policy_service.domain.care import CareSpell
from policy_service.domain.facts import fact_to_json
from policy_service.domain.previews import Contemplated, Contemplation
from policy_service.domain.principals import ActingUser, Principal
from policy_service.errors import FieldError, InvalidRequest, NotReady
from policy_service.ledger.canonical import Json, canonical_bytes
from policy_service.ledger.leaf import Leaf, format_at
from policy_service.ledger.receipt import Receipt, sign_receipt
from policy_service.policy.pack import SEMANTICS
from policy_service.policy.previews import preview
from policy_service.policy.selection import select as select_packs
from policy_service.services.bindings import binding_of, known_place
from policy_service.services.checks import NOBODY_NAMED, TRIES, StaleFacts
from policy_service.services.context import Context
from policy_service.services.desk import MAX_MERGE_DELAY, Desk
from policy_service.services.own_care import OwnClient, care_between, own_client
from policy_service.services.packs import activation_number, packs_in_use
from policy_service.services.stored_responses import (
    IdempotencyKey,
    Response,
    TwinFound,
    find_response,
    reserve,
    store_response,
)

Render = Callable[[Mapping[str, Any]], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class PreviewRequest:
    """What a door asks. Exactly one of `client_id` and `stated` (a hypothetical care) is given.

    `on` None: today. It never lies in the past: a tie that has begun is disclosed, not previewed.
    """

    clinician_id: str
    kind: Contemplated
    on: date | None = None
    client_id: str | None = None
    stated: CareSpell | None = None
    location_of_service: str | None = None
    acting: ActingUser = NOBODY_NAMED


@dataclass(frozen=True, slots=True)
class PreviewDoor:
    """What the door adds: wording, the shape of the response, and the caller's key."""

    render: Render
    respond: Callable[[dict[str, Any], str], Response]
    idempotency: IdempotencyKey | None = None


@dataclass(frozen=True, slots=True)
class _Prepared:
    clinician: ClinicianRow
    client: OwnClient | None
    said: Mapping[str, Json]
    packs: frozenset[str]
    activation: int


def run_preview(
    desk: Desk, principal: Principal, request: PreviewRequest, door: PreviewDoor
) -> Response:
    """Imagine, record, answer. InvalidRequest unless the clinician asks, about an own client."""
    for _ in range(TRIES):
        with desk.reading(principal) as context:
            clinician = _asking(context, request)
            stored = find_response(context, door.idempotency, clinician.person_id)
            if stored is not None:
                return stored
            prepared = _prepare(desk, context, clinician, request)
        try:
            with desk.writing(principal) as context:
                return _record(desk, context, prepared, door)
        except (StaleFacts, TwinFound):
            continue
    raise NotReady("The records kept changing while the preview was made.")


def _asking(context: Context, request: PreviewRequest) -> ClinicianRow:
    """The clinician, asking for themself. Before anything of a client is looked at."""
    row = context.session.get(ClinicianRow, (context.practice_id, request.clinician_id))
    audience = preview_audience_of(context.principal, request.acting, request.clinician_id)
    if audience is not Audience.TREATING_CLINICIAN:
        said = "A preview is the clinician's own: role clinician, with the clinician_id asked for."
        raise InvalidRequest(errors=[FieldError("/acting_user", said)])
    if row is None or not row.is_active:
        said = "No active clinician of this practice has this id."
        raise InvalidRequest(errors=[FieldError("/clinician/id", said)])
    return row


def _prepare(
    desk: Desk, context: Context, clinician: ClinicianRow, request: PreviewRequest
) -> _Prepared:
    client = own_client(context, clinician, request.client_id) if request.client_id else None
    care = care_between(_spells(request, client))
    location = request.location_of_service or desk.practice(context.practice_id).jurisdiction
    binding = binding_of(context, clinician.id, context.today, known_place(location))
    in_use = packs_in_use(desk, context)
    selection = select_packs(in_use.active, binding)
    asked = Contemplation(request.kind, _day(context, request), context.today)
    said: dict[str, Json] = {
        "basis": "hypothetical" if client is None else "record",
        "client_id": client.row.id if client else None,
        "location_of_service": location,
        "care": {name: fact_to_json(fact) for name, fact in sorted(care.items())},
        "preview": preview(selection, care, asked).to_json(),
    }
    digests = frozenset(pack.digest for pack in selection.read)
    return _Prepared(clinician, client, said, digests, in_use.number)


def _spells(request: PreviewRequest, client: OwnClient | None) -> tuple[CareSpell, ...]:
    """The care on record, or the care stated; with neither there is nothing to look at."""
    if client is not None:
        return client.spells
    if request.stated is None:
        said = "Give either client or hypothetical, not both and not neither."
        raise InvalidRequest(errors=[FieldError("/client", said)])
    return (request.stated,)


def _day(context: Context, request: PreviewRequest) -> date:
    if request.on is not None and request.on < context.today:
        said = "A tie that has begun is disclosed, not previewed: today or later is expected."
        raise InvalidRequest(errors=[FieldError("/contemplated/on", said)])
    return request.on or context.today


def _record(desk: Desk, context: Context, prepared: _Prepared, door: PreviewDoor) -> Response:
    """One short write transaction; whatever fails here leaves nothing behind."""
    reserve(context, door.idempotency)
    if not _holds(context, prepared):
        raise StaleFacts
    answer = answer_of(_write(desk, context, prepared), prepared.said, door.render)
    response = door.respond(redact_preview(answer, Audience.TREATING_CLINICIAN), answer.id)
    store_response(context, door.idempotency, response, prepared.clinician.person_id)
    return response


def _holds(context: Context, prepared: _Prepared) -> bool:
    """Nothing that was read has moved (FOR SHARE on PostgreSQL)."""
    known = prepared.clinician.version
    if _version(context, ClinicianRow, prepared.clinician.id) != known:
        return False
    if activation_number(context, shared=True) != prepared.activation:
        return False
    client = prepared.client
    return client is None or _version(context, ClientRow, client.row.id) == client.row.version


def _version(context: Context, table: type[ClinicianRow | ClientRow], row_id: str) -> int | None:
    mine = (table.practice_id == context.practice_id, table.id == row_id)
    wanted = select(table.version).where(*mine).with_for_update(read=True)
    return context.session.scalars(wanted).one_or_none()


def _write(desk: Desk, context: Context, prepared: _Prepared) -> PreviewRow:
    owner = prepared.clinician.person_id
    leaf = _append_entry(context, prepared)
    origin = desk.practice(context.practice_id).log_origin
    row = PreviewRow(
        practice_id=context.practice_id,
        id=leaf.id,
        at=context.now,
        clinician_id=prepared.clinician.id,
        sealed=context.keyring.seal(
            context.session, owner, canonical_bytes(dict(prepared.said)), sealed_at(leaf.id)
        ),
        receipt=sign_receipt(Receipt.of(leaf, origin, MAX_MERGE_DELAY), desk.receipt_key).decode(),
    )
    context.session.add(row)
    context.session.flush()
    return row


def _append_entry(context: Context, prepared: _Prepared) -> Leaf:
    """The leaf names nobody and no outcome: two previews of one clinician look alike in it."""
    return append(
        context.session,
        context.keyring,
        NewEntry(
            id=context.new_id(),
            action="preview.made",
            at=context.now,
            actor_ref=context.principal.actor_ref,
            groups={"preview": Owned(dict(prepared.said), prepared.clinician.person_id)},
            packs=prepared.packs,
            semantics=SEMANTICS,
        ),
    )


def answer_of(row: PreviewRow, said: Mapping[str, Any], render: Render) -> PreviewAnswer:
    """The preview as its clinician may see it, to be redacted for whoever asks."""
    full = {"basis": said["basis"], "client_id": said["client_id"], **render(said["preview"])}
    shared_at = format_at(row.shared_at) if row.shared_at else None
    return PreviewAnswer(row.id, format_at(row.at), row.receipt, row.clinician_id, shared_at, full)


def sealed_at(preview_id: str) -> tuple[str, str, str]:
    """Where a preview's sealed part is kept: it opens only there."""
    return ("preview", preview_id, "sealed")
