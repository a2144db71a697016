"""HTML door: Jinja, Bootstrap's stylesheet, no JavaScript, every action a plain form."""

from __future__ import annotations

from flask import Flask

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
    settings: Settings = app.extensions["policy_service_settings"]
    secure = settings.cookie_secure
    app.config.update(
        SESSION_COOKIE_NAME="__Host-session" if secure else "policy_session",
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        # Only the console's forms carry tokens; the REST door has no ambient credentials.
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session it is bound to
        WTF_CSRF_SSL_STRICT=False,  # pages send no Referer; the token and SameSite stand alone
    )
    door.csrf.init_app(app)
    lifetimes = Lifetimes.of(settings)
    app.extensions["console_lifetimes"] = lifetimes
    app.extensions["console_throttle"] = Throttle()
    login_manager(app, app.extensions["policy_service"], lifetimes)
    app.jinja_env.filters.update(
        bits=bits, moment=moment, plain=plain, pretty=pretty, uncompared=uncompared
    )
    app.register_blueprint(door.blueprint)
