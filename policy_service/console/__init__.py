"""HTML door: Jinja, Bootstrap's stylesheet, no JavaScript, every action a plain form."""

from __future__ import annotations

from flask import Flask, current_app

from policy_service.auth.sessions import Lifetimes, login_manager
from policy_service.auth.throttle import Throttle
from policy_service.console import (
    accounts,
    at_the_ehr,
    audit_log,
    audit_oversight,
    bundles,
    case_forms,
    cases,
    contacts,
    door,
    duties,
    ehr_clients,
    erasures,
    front_desk,
    identity,
    matching,
    notices,
    own,
    own_duties,
    own_forms,
    pack_forms,
    packs,
    previews,
    releases,
    rosters,
    rules,
    signing_in,
    webhook_sources,
    webhooks,
)
from policy_service.console.words import bits, moment, plain, pretty, uncompared
from policy_service.settings import Settings

__all__ = ["register_console"]
_VIEWS = (
    accounts,
    at_the_ehr,
    audit_log,
    audit_oversight,
    bundles,
    case_forms,
    cases,
    contacts,
    duties,
    ehr_clients,
    erasures,
    front_desk,
    identity,
    matching,
    notices,
    own,
    own_duties,
    own_forms,
    pack_forms,
    packs,
    previews,
    releases,
    rosters,
    rules,
    signing_in,
    webhook_sources,
    webhooks,
)


def register_console(app: Flask) -> None:
    """Hang the console on the application, under /console."""
    app.config.update(
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        # Only the console's forms carry tokens; the REST door has no ambient credentials.
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session it is bound to
        WTF_CSRF_SSL_STRICT=False,  # pages send no Referer; the token and SameSite stand alone
    )
    door.csrf.init_app(app)
    login_manager(app, lambda: (door.desk(), current_app.extensions["console_lifetimes"]))
    app.jinja_env.filters.update(
        bits=bits, moment=moment, plain=plain, pretty=pretty, uncompared=uncompared
    )
    app.register_blueprint(door.blueprint)


def keep_sessions(app: Flask, settings: Settings) -> None:
    """Let people sign in, for as long and under the cookie that the operator set."""
    secure = settings.cookie_secure
    app.config.update(
        SESSION_COOKIE_NAME="__Host-session" if secure else "policy_session",
        SESSION_COOKIE_SECURE=secure,
    )
    app.extensions["console_lifetimes"] = Lifetimes.of(settings)
    app.extensions["console_throttle"] = Throttle()
