"""The EHR standards door: CDS Hooks, FHIR, SMART and webhooks. Doors translate and nothing else.

Each list holds blueprints with one way of authenticating. A new blueprint is added to its list and
needs nothing else: credentials, CORS and OperationOutcomes are seen to here.
"""

from __future__ import annotations

from flask import Blueprint, Flask

from policy_service.auth.hook_tokens import HookTokens
from policy_service.auth.jwks import FetchedKeys
from policy_service.auth.jwks_address import fetch_through
from policy_service.auth.smart_tokens import TokenIssuer
from policy_service.interop import cors, door, outcomes, smart
from policy_service.interop.cds import views as cds
from policy_service.interop.fhir import views as fhir
from policy_service.interop.webhooks import receiving
from policy_service.services.desk import Desk
from policy_service.settings import Settings

HOOKS: tuple[Blueprint, ...] = (cds.blueprint,)
"""Under /cds-services: the JWT of a CDS Hooks client."""
FHIR: tuple[Blueprint, ...] = (fhir.blueprint,)
"""Under /fhir: a SMART access token or an API key."""
OTHERS: tuple[Blueprint, ...] = (smart.blueprint, receiving.blueprint)
"""Those that authenticate by themselves: /token, /.well-known, webhooks."""

REFUSERS = (
    outcomes.HOOKS_REFUSER,
    smart.REFUSER,
    outcomes.FHIR_REFUSER,
    receiving.REFUSER,
)
"""Who words the refusals of which addresses; the first that owns the request."""

for _blueprint in HOOKS:
    # Once, at import: a process may make several applications of the same blueprints.
    _blueprint.before_request(door.require_hook_caller)
for _blueprint in FHIR:
    _blueprint.before_request(door.require_fhir_caller)


def register_interop(app: Flask) -> None:
    """Hang the EHR standards door on the application."""
    for blueprint in (*HOOKS, *FHIR, *OTHERS):
        app.register_blueprint(blueprint)
    app.after_request(cors.allow_origin)


def check_credentials(app: Flask, desk: Desk, settings: Settings) -> None:
    """Let it check the tokens that are meant for these settings."""
    base = settings.public_base_url
    fetched = FetchedKeys(fetch_through(desk.outbound), desk.clock)
    app.extensions["policy_service_hook_tokens"] = HookTokens(desk, base, fetched)
    app.extensions["policy_service_token_issuer"] = TokenIssuer(
        desk, frozenset({base, f"{base}/", f"{base}{smart.TOKEN_PATH}"}), fetched
    )
