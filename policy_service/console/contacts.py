"""The clinician's contacts: upload an export, look at what was understood, store it, take it back.

Progress is a plain page: it is loaded again by hand, or every few seconds where that was asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

from flask import flash, make_response, request
from werkzeug.wrappers import Response

from policy_service.console import door
from policy_service.console.door import READERS, Refusal, blueprint, form_text
from policy_service.database.tables.registry import ClinicianRow
from policy_service.domain.accounts import AccountKind
from policy_service.domain.principals import Role
from policy_service.domain.ties import TIE_KINDS
from policy_service.errors import (
    FieldError,
    FileNotReadable,
    InvalidRequest,
    ServiceError,
    StateConflict,
)
from policy_service.services.accounts import classify_account
from policy_service.services.case_queue import names_of
from policy_service.services.context import Context
from policy_service.services.imports.contact_decisions import (
    discard_import,
    store_import,
    undo_import,
)
from policy_service.services.imports.contact_previews import (
    imports_made,
    open_import,
    own_contacts,
)
from policy_service.services.imports.contact_states import STORING, UNDOING
from policy_service.services.imports.contact_uploads import Upload, keep_upload, prepare_upload
from policy_service.services.old_contacts import old_contacts
from policy_service.services.own_page import own_clinician, require_own_account

Answer = Response | tuple[str, int]


@blueprint.get("/contacts")
def contacts() -> str:
    """Accounts and what they are for, imports, and the form to upload another."""
    return _contacts_page(None)


def _contacts_page(refusal: Refusal | None) -> str:
    with door.desk().reading(door.principal(Role.CLINICIAN)) as context:
        return door.page(
            "contacts.html",
            own=own_contacts(context, own_clinician(context)),
            kinds=[kind.value for kind in AccountKind],
            most_bytes=door.most_bytes_of_an_upload(),
            refusal=refusal,
        )


@blueprint.post("/contacts")
def upload_contacts() -> Answer:
    """Read an export. Nothing is stored before its preview was confirmed."""
    who = door.principal(Role.CLINICIAN)
    try:
        with door.desk().reading(who) as context:
            clinician_id = own_clinician(context)
        prepared = prepare_upload(door.desk(), who, _upload(clinician_id))
        with door.desk().writing(who) as context:
            made = keep_upload(context, prepared)
    except (InvalidRequest, FileNotReadable) as error:
        return _contacts_page(_refusal(error, "upload")), error.status
    if len(made) > 1:
        flash("The file holds several sources. Look at each, then store it.")
        return door.see("console.contacts")
    return door.see("console.contact_import", import_id=made[0])


def _upload(clinician_id: str) -> Upload:
    file = request.files.get("file")
    raw = file.read() if file else b""
    if file is None or not raw:
        raise InvalidRequest(errors=[FieldError("/file", "Choose a file that is not empty.")])
    name = file.filename or "upload"
    return Upload(clinician_id, name, BytesIO(raw), form_text("account") or None)


def _refusal(error: ServiceError, form: str) -> Refusal:
    return Refusal(error, request.form.to_dict(), form)


@blueprint.get("/contacts/<uuid:import_id>")
def contact_import(import_id: Any) -> Response:
    """The preview of an upload; how far it is; what came of it."""
    return make_response(_import_page(str(import_id), None))


def _import_page(import_id: str, refusal: Refusal | None) -> Response:
    with door.desk().reading(door.principal(Role.CLINICIAN)) as context:
        opened = open_import(context, own_clinician(context), import_id)
        return door.watched_page(
            "contact_import.html",
            is_moving=opened.row.state in (STORING, UNDOING),
            one=opened,
            row=opened.row,
            tie_kinds=TIE_KINDS,
            refusal=refusal,
        )


@blueprint.post("/contacts/<uuid:import_id>/store")
def take_import(import_id: Any) -> Answer:
    """Store what the preview shows; the worker does it."""

    def step(context: Context) -> None:
        wanted = bool(form_text("with_missing"))
        store_import(context, own_clinician(context), str(import_id), with_missing=wanted)

    return _decide(step, str(import_id), "Being stored. You need not wait on this page.")


@blueprint.post("/contacts/<uuid:import_id>/discard")
def drop_import(import_id: Any) -> Answer:
    """Store nothing of it."""

    def step(context: Context) -> None:
        discard_import(context, own_clinician(context), str(import_id))

    return _decide(step, str(import_id), "Discarded. Nothing of the file is kept.")


@blueprint.post("/contacts/<uuid:import_id>/undo")
def take_import_back(import_id: Any) -> Answer:
    """Take a stored import back."""

    def step(context: Context) -> None:
        undo_import(context, own_clinician(context), str(import_id))

    return _decide(step, str(import_id), "Being taken back.")


def _decide(step: Callable[[Context], None], import_id: str, done: str) -> Answer:
    try:
        with door.desk().writing(door.principal(Role.CLINICIAN)) as context:
            step(context)
    except (InvalidRequest, StateConflict) as error:
        answer = _import_page(import_id, _refusal(error, "decide"))
        answer.status_code = error.status
        return answer
    flash(done)
    return door.see("console.contact_import", import_id=import_id)


@blueprint.post("/me/accounts/<uuid:account_id>/kind")
def mark_account(account_id: Any) -> Answer:
    """Say what an account is for: personal, professional, or both."""
    try:
        kind = AccountKind(form_text("kind"))
    except ValueError:
        error = InvalidRequest(errors=[FieldError("/kind", "Choose one of the answers.")])
        return _contacts_page(_refusal(error, f"kind-{account_id}")), error.status
    with door.desk().writing(door.principal(Role.CLINICIAN)) as context:
        require_own_account(context, str(account_id))
        classify_account(context, str(account_id), kind)
    flash("Recorded what the account is for.")
    return door.see("console.contacts")


@blueprint.get("/contact-imports")
def contact_imports() -> str:
    """For officers: that clinicians imported contacts, and how many. Never whom."""
    with door.desk().writing(door.principal(*READERS)) as context:
        rows = imports_made(context)
        old = old_contacts(context)
        names = names_of(
            context,
            ClinicianRow,
            {row.clinician_id for row in rows} | {one.clinician_id for one in old},
        )
        return door.page("contact_imports.html", rows=rows, names=names, old=old)
