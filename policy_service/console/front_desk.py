"""The check of a front desk: a page to bookmark, a form, and one answer to act on.

For practices whose record system can ask nothing. The address may name a client and a clinician by
the ids they have in the practice's own system, and holds nothing else of a person; whatever
describes one is posted. The answer is what the role may learn, as everywhere.
"""

from __future__ import annotations

import uuid
from typing import Any

from flask import request
from sqlalchemy import select
from werkzeug.wrappers import Response as Page

from policy_service.console import door
from policy_service.console.door import Refusal, blueprint, form_text
from policy_service.console.person_forms import describes_somebody, form_person
from policy_service.database.tables.registry import ClientRow, ClinicianRow
from policy_service.domain.audiences import Audience, audience_of, redact
from policy_service.domain.principals import Role
from policy_service.errors import FieldError, InvalidRequest
from policy_service.ledger.canonical import canonical_bytes
from policy_service.services.case_queue import names_of
from policy_service.services.checks import NOBODY_NAMED, CheckDoor, CheckRequest, run_check
from policy_service.services.context import Context
from policy_service.services.decisions import answer_of, read_decision
from policy_service.services.packs import wording
from policy_service.services.paging import Window, page_of
from policy_service.services.stored_responses import IdempotencyKey, Response
from policy_service.vault.blind import keyed_digest
from policy_service.vault.keys import Purpose

DESK = (Role.INTAKE, Role.COMPLIANCE, Role.APPROVER)
PURPOSES = ("booking", "intake", "assignment", "re_enrolment", "transfer", "session", "emergency")
LONGEST_REFERENCE = 100
_KEY_LENGTH = 36


@blueprint.get("/check")
def front_desk() -> str:
    """The form, with what the address says of it filled in."""
    return _form(None)


def _form(refusal: Refusal | None) -> str:
    who = door.principal(*DESK)
    with door.desk().reading(who) as context:
        clinicians = _clinicians(context)
        chosen = _chosen(context, request.args.get("clinician", ""))
    asked = request.args.get("purpose", "")
    return door.page(
        "front_desk.html",
        clinicians=clinicians,
        chosen=chosen,
        client=request.args.get("client", "")[:LONGEST_REFERENCE],
        purposes=PURPOSES,
        purpose=asked if asked in PURPOSES else PURPOSES[0],
        key=str(uuid.uuid4()),
        refusal=refusal,
    )


def _clinicians(context: Context) -> list[tuple[str, str]]:
    """Id and name of the active ones, by name."""
    active = select(ClinicianRow.id).where(ClinicianRow.is_active.is_(True))
    names = names_of(context, ClinicianRow, set(context.session.scalars(active)))
    return sorted(names.items(), key=lambda one: (one[1].casefold(), one[0]))


def _chosen(context: Context, reference: str) -> str:
    """The clinician whom the address names by the id in the practice's own system."""
    if not 0 < len(reference) <= LONGEST_REFERENCE:
        return ""
    rows = page_of(context, ClinicianRow, Window(external_id=reference)).rows
    return rows[0].id if rows and rows[0].is_active else ""


@blueprint.post("/check")
def ask_front_desk() -> Page | tuple[str, int]:
    """Check, record, and go on to the answer. The same form sent twice is one check."""
    who = door.principal(*DESK)
    desk = door.desk()
    try:
        with desk.reading(who) as context:
            asked = _asked(context)
        how = CheckDoor(wording(desk, who), _respond, _once(who.practice_id))
        made = run_check(desk, who, asked, how)
    except InvalidRequest as error:
        return _form(Refusal(error, request.form.to_dict(), "check")), error.status
    return door.see("console.front_desk_answer", check_id=made.body.decode())


def _respond(_body: dict[str, Any], _audience: Audience, check_id: str) -> Response:
    """The page of the answer is read anew, for whoever looks at it then."""
    return Response(201, check_id.encode())


def _once(practice_id: str) -> IdempotencyKey | None:
    key = form_text("key")
    if len(key) != _KEY_LENGTH:
        return None
    said = {name: text for name, text in request.form.items() if name != "csrf_token"}
    secret = door.desk().practice(practice_id).keys.purpose(Purpose.BODY_DIGEST)
    return IdempotencyKey(key, keyed_digest(secret, canonical_bytes(said).decode()))


def _asked(context: Context) -> CheckRequest:
    clinician, purpose = form_text("clinician"), form_text("purpose")
    if not clinician:
        raise InvalidRequest(errors=[FieldError("/clinician", "Choose a clinician.")])
    if purpose not in PURPOSES:
        raise InvalidRequest(errors=[FieldError("/purpose", "Choose one.", PURPOSES)])
    return CheckRequest(clinician, purpose, context.today, **_client(context))


def _client(context: Context) -> dict[str, Any]:
    """By the number they have in the practice's system, by description, or by both."""
    reference = form_text("client").strip()
    if len(reference) > LONGEST_REFERENCE:
        said = f"At most {LONGEST_REFERENCE} characters are allowed."
        raise InvalidRequest(errors=[FieldError("/client", said)])
    if describes_somebody():
        return {"client_record": form_person(), "client_external_id": reference or None}
    if not reference:
        said = "Give the client's number, or say who it is."
        raise InvalidRequest(errors=[FieldError("/client", said)])
    rows = page_of(context, ClientRow, Window(external_id=reference)).rows
    if not rows:
        said = "Nobody is on record under this number yet: say who it is below."
        raise InvalidRequest(errors=[FieldError("/client", said)])
    return {"client_id": rows[0].id}


@blueprint.get("/check/<uuid:check_id>")
def front_desk_answer(check_id: Any) -> str:
    """What to do, in one word and one sentence; officers see what it rests on."""
    who = door.principal(*DESK)
    desk = door.desk()
    with desk.reading(who) as context:
        recorded = read_decision(context, str(check_id))
        audience = audience_of(who, NOBODY_NAMED, recorded.clinician_id)
        whole = answer_of(context, recorded, wording(desk, who), audience is Audience.OFFICER)
        clinician = names_of(context, ClinicianRow, {recorded.clinician_id})
    return door.page(
        "front_desk_answer.html",
        answer=redact(whole, audience),
        brief=redact(whole, Audience.INTAKE),
        clinician=clinician.get(recorded.clinician_id, ""),
        purpose=recorded.purpose,
        is_officer=audience is Audience.OFFICER,
    )
