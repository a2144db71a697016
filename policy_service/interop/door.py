"""The common door of the EHR standards: who calls, by which credential, and what they may.

/cds-services takes the JWT of a CDS Hooks client; /fhir a SMART access token or an API key. A view
marked by `public` takes none, and so does OPTIONS, which a browser sends before it may send one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import current_app, g, request

from policy_service.auth.bearer import Caller, authenticate_bearer
from policy_service.auth.hook_tokens import HookCall, HookTokens
from policy_service.domain.principals import Principal, Scope
from policy_service.errors import NotAllowed
from policy_service.services.desk import Desk
from policy_service.settings import Settings

View = TypeVar("View", bound=Callable[..., Any])
_public: set[Callable[..., Any]] = set()


def desk() -> Desk:
    """The process's desk, wired by `app`."""
    found: Desk = current_app.extensions["policy_service"]
    return found


def settings() -> Settings:
    """The operator's settings."""
    found: Settings = current_app.extensions["policy_service_settings"]
    return found


def public(view: View) -> View:
    """Mark a view that needs no credential: metadata, discovery of endpoints."""
    _public.add(view)
    return view


def require_hook_caller() -> None:
    """Before every request of CDS Hooks: the client whose JWT it carries. Unauthenticated."""
    if _needs_no_credential():
        return
    call = HookCall(request.headers.get("Authorization"), request.path)
    tokens: HookTokens = current_app.extensions["policy_service_hook_tokens"]
    g.caller = Caller(tokens.authenticate(call))


def require_fhir_caller() -> None:
    """Before every request of /fhir: the client of the access token or API key."""
    if not _needs_no_credential():
        g.caller = authenticate_bearer(desk(), request.headers.get("Authorization"))


def _needs_no_credential() -> bool:
    view = current_app.view_functions.get(request.endpoint or "")
    return request.method == "OPTIONS" or view in _public


def principal(*scopes: Scope) -> Principal:
    """The authenticated EHR client; NotAllowed unless it holds one of the scopes."""
    caller: Caller = g.caller
    if scopes and caller.principal.scopes.isdisjoint(scopes):
        wanted = " or ".join(scope.value for scope in scopes)
        raise NotAllowed(f"This needs a client with the scope {wanted}.")
    return caller.principal


def require_interaction(resource: str, interaction: str) -> None:
    """NotAllowed where an access token grants no such interaction (`r`, `s`, `c`, …) on the type.

    An API key and a CDS Hooks client are bound by their scopes alone.
    """
    caller: Caller = g.caller
    if not caller.permits(resource, interaction):
        raise NotAllowed(f"This needs an access token for system/{resource}.{interaction}.")
