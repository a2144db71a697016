"""What every console view needs: who asks, forms, pages and refusals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import (
    Blueprint,
    Response,
    current_app,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_login import current_user
from flask_wtf.csrf import CSRFProtect
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from policy_service import errors
from policy_service.console import words
from policy_service.domain.principals import Principal, Role
from policy_service.errors import FieldError, InvalidRequest, ServiceError
from policy_service.services.desk import Desk
from policy_service.settings import Settings
from policy_service.vault.errors import KeyNotHeld

blueprint = Blueprint(
    "console",
    __name__,
    url_prefix="/console",
    template_folder="templates",
    static_folder="static",
)
csrf = CSRFProtect()
OFFICERS = (Role.COMPLIANCE, Role.APPROVER)
READERS = (Role.COMPLIANCE, Role.APPROVER, Role.AUDITOR)
UPLOADS = frozenset({"console.upload_contacts", "console.check_receipts", "console.bring_roster"})
"""Forms with a file: their bodies may be larger than others."""
PUBLIC = frozenset({"console.login", "console.static", "console.sign_in"})


_RELOAD_SECONDS = 5


@dataclass(frozen=True, slots=True)
class NavItem:
    """A page of the menu and the roles that may open it."""

    endpoint: str
    label: str
    roles: tuple[Role, ...]


NAV = (
    NavItem("console.queue", "Cases", (*READERS, Role.CONSULTANT)),
    NavItem("console.front_desk", "Check", (Role.INTAKE, *OFFICERS)),
    NavItem("console.duties", "Duties", READERS),
    NavItem("console.identity_list", "Identity", OFFICERS),
    NavItem("console.audit_log", "Audit log", READERS),
    NavItem("console.erasures", "Erasures", OFFICERS),
    NavItem("console.at_the_ehr", "At the EHR", (*READERS, Role.ADMIN)),
    NavItem("console.previews_made", "Previews", READERS),
    NavItem("console.contact_imports", "Imports", READERS),
    NavItem("console.rosters", "Rosters", (Role.COMPLIANCE, Role.ADMIN)),
    NavItem("console.own", "My disclosures", (Role.CLINICIAN,)),
    NavItem("console.contacts", "My contacts", (Role.CLINICIAN,)),
    NavItem("console.ask_ahead", "Ask ahead", (Role.CLINICIAN,)),
    NavItem("console.rules", "Rules", tuple(Role)),
    NavItem("console.packs", "Packs", READERS),
    NavItem("console.ehr_clients", "EHR clients", (Role.COMPLIANCE, Role.ADMIN)),
    NavItem("console.accounts", "Accounts", (Role.ADMIN,)),
    NavItem("console.webhooks", "Webhooks", (Role.ADMIN,)),
)


def desk() -> Desk:
    """The process's desk, wired by `app`."""
    found: Desk = current_app.extensions["policy_service"]
    return found


def principal(*roles: Role) -> Principal:
    """Who is signed in; Unauthenticated for nobody, NotAllowed without one of the roles."""
    if not current_user.is_authenticated:
        raise errors.Unauthenticated("Your session is over. Sign in again.")
    who: Principal = current_user.principal
    if roles and not who.has(*roles):
        raise errors.NotAllowed
    return who


def nav() -> list[NavItem]:
    """The pages this person may open."""
    if not current_user.is_authenticated:
        return []
    return [item for item in NAV if current_user.principal.has(*item.roles)]


@blueprint.before_request
def _guard() -> None:
    """Every form carries the token of its session; every page but the login needs a session."""
    if request.method == "POST":
        if request.endpoint in UPLOADS and current_user.is_authenticated:
            request.max_content_length = most_bytes_of_an_upload()
        csrf.protect()
    if request.endpoint not in PUBLIC:
        principal()


def most_bytes_of_an_upload() -> int:
    """The largest file a form takes (POLICY_MAX_UPLOAD_BYTES)."""
    settings: Settings = current_app.extensions["policy_service_settings"]
    return settings.max_upload_bytes


@blueprint.context_processor
def _shared() -> dict[str, Any]:
    return {"nav": nav(), "say": _say, "words": words}


def _say(table: str, word: str | None) -> str:
    return words.say(words.TABLES[table], word)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a form was refused, and what was typed, so that nothing must be typed twice."""

    error: ServiceError
    typed: Mapping[str, str]
    form: str

    @property
    def by_field(self) -> dict[str, FieldError]:
        """Field errors by the name of the form field."""
        return {error.pointer.lstrip("/"): error for error in self.error.errors}


def page(template: str, **values: Any) -> str:
    """Render a page of the console."""
    return render_template(f"console/{template}", **values)


def watched_page(template: str, *, is_moving: bool, **values: Any) -> Response:
    """Render a page of work that the worker does; with `?watch=1` it is loaded anew until done."""
    is_watched = is_moving and "watch" in request.args
    answer = make_response(
        page(
            template, is_moving=is_moving, is_watched=is_watched, seconds=_RELOAD_SECONDS, **values
        )
    )
    if is_watched:
        answer.headers["Refresh"] = str(_RELOAD_SECONDS)
    return answer


def see(endpoint: str, **values: Any) -> AnyResponse:
    """After a form was taken: show the page anew (303, so that reloading repeats nothing)."""
    return redirect(url_for(endpoint, **values), code=303)


def form_text(name: str) -> str:
    """A text field of the form; empty where it is absent."""
    return request.form.get(name, "")


def form_version() -> int:
    """The version of the record that the form was made from."""
    text = form_text("version")
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise InvalidRequest(errors=[FieldError("/version", "A whole number is required.")])
    return int(text)


def form_day(name: str) -> date | None:
    """A full date, or None where the field is empty. InvalidRequest for anything else."""
    return read_day(form_text(name), f"/{name}")


def query_day(name: str) -> date | None:
    """The same from the address of the page."""
    return read_day(request.args.get(name, ""), f"/query/{name}")


def read_day(text: str, pointer: str) -> date | None:
    """A date such as 2026-05-31."""
    text = text.strip()
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        said = "A date such as 2026-05-31 is required."
        raise InvalidRequest(errors=[FieldError(pointer, said)]) from None


def _refusal_page(error: ServiceError) -> AnyResponse:
    if isinstance(error, errors.Unauthenticated) and request.method == "GET":
        return redirect(url_for("console.login", next=request.full_path.rstrip("?")), code=303)
    response: Response = make_response(page("refusal.html", error=error), error.status)
    response.headers.update({k: v for k, v in error.headers.items() if k != "WWW-Authenticate"})
    return response


_BY_STATUS: dict[int, type[ServiceError]] = {
    404: errors.NotFound,
    409: errors.Conflict,
    429: errors.TooManyRequests,
}


def _from_http(error: HTTPException) -> AnyResponse:
    if error.code is not None and 300 <= error.code < 400:
        return error.get_response()
    if error.code == 413:
        return _refusal_page(errors.TooLarge.over(request.max_content_length or 0))
    if error.code == 405:
        return _refusal_page(errors.MethodNotAllowed(getattr(error, "valid_methods", None) or ()))
    known = _BY_STATUS.get(error.code or 500)
    if known is not None:
        return _refusal_page(known())
    return _refusal_page(errors.Malformed("The form has expired or was not sent by this page."))


def _erased(_error: KeyNotHeld) -> AnyResponse:
    return _refusal_page(errors.Erased())


blueprint.register_error_handler(ServiceError, _refusal_page)
blueprint.register_error_handler(HTTPException, _from_http)
blueprint.register_error_handler(KeyNotHeld, _erased)
