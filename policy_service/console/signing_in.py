"""Sign in, sign out, and where to go from there."""

from __future__ import annotations

from flask import current_app, flash, request, session
from flask_login import current_user, login_user
from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from policy_service.auth.sessions import Attempt, ConsoleUser, find_session, sign_in, sign_out
from policy_service.console import door
from policy_service.console.door import blueprint
from policy_service.errors import NotFound, TooManyRequests, Unauthenticated
from policy_service.services.directory import practices

Page = str | Response | tuple[str, int]


@blueprint.get("/login")
def login() -> Page:
    """The form; whoever is signed in goes on."""
    if current_user.is_authenticated:
        return door.see("console.home")
    return _form(None)


@blueprint.post("/login", endpoint="sign_in")
def take_login() -> Page:
    """Check the password and begin a session with a new token."""
    lifetimes = current_app.extensions["console_lifetimes"]
    attempt = Attempt(
        email=door.form_text("email"),
        password=door.form_text("password"),
        address=request.remote_addr or "",
        practice=door.form_text("practice"),
    )
    throttle = current_app.extensions["console_throttle"]
    try:
        token = sign_in(door.desk(), throttle, attempt, lifetimes)
    except (Unauthenticated, TooManyRequests) as error:
        return _form(error.detail), error.status
    _end_session()
    principal = find_session(door.desk(), token, lifetimes)
    if principal is None:
        raise Unauthenticated
    login_user(ConsoleUser(token, principal))
    return redirect(_local(door.form_text("next")), code=303)


@blueprint.post("/logout")
def logout() -> Response:
    """Kill the session on the server; a copied cookie is worth nothing from now on."""
    _end_session()
    flash("You are signed out.")
    return door.see("console.login")


@blueprint.get("/")
def home() -> Response:
    """The first page this person may open."""
    items = door.nav()
    if not items:
        raise NotFound
    return door.see(items[0].endpoint)


@blueprint.get("/<path:rest>")
def nothing_here(rest: str) -> Response:
    """An unknown address answers with a page of the console."""
    raise NotFound


def _end_session() -> None:
    """Also before a login: no token, form token or message of an older session lives on."""
    if current_user.is_authenticated:
        sign_out(door.desk(), current_user.token, current_user.principal)
    session.clear()


def _form(error: str | None) -> str:
    return door.page(
        "login.html",
        error=error,
        email=door.form_text("email"),
        next=request.values.get("next", ""),
        several=len(practices(door.desk())) > 1,
    )


def _local(target: str) -> str:
    """Only a page of the console: an address from elsewhere must not lead away."""
    is_local = target.startswith("/console/") and "\\" not in target and "//" not in target
    return target if is_local else "/console/"
