"""Register EHR clients with the cast's practice, as its administrator would: configuration only."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from policy_service.auth.client_forms import ClientForm
from policy_service.auth.registration import keys_in_use, register_client, withdraw_key
from policy_service.domain.principals import Role, Scope
from policy_service.services.address_rules import AddressRules
from policy_service.services.context import Context
from policy_service.services.ehr_clients import SILENT, ClientSettings, change_settings, set_mode
from policy_service.services.external_identifiers import NewIdentifier, register_identifier
from policy_service.services.logins import LoginForm, create_login
from policy_service.services.outbound import Outbound
from tests.cast import World
from tests.interop.conformance.backend import Backend
from tests.interop.conformance.ehr import Ehr
from tests.interop.conformance.hooks import Json
from tests.interop.conformance.tokens import SigningKey
from tests.services.loopback import Host

ORIGIN = "https://ehr.example.org"
EVERY_SCOPE = frozenset(Scope)
INTAKE = frozenset({Role.INTAKE})


@dataclass(frozen=True)
class Registration:
    """What else is said of a client."""

    is_silent: bool = False
    fhir_server: str | None = None
    tenant: str = ""
    scopes: frozenset[Scope] = EVERY_SCOPE
    origins: tuple[str, ...] = (ORIGIN,)


PLAIN = Registration()


def key_set(keys: Sequence[Json]) -> str:
    """A JWK Set as it is pasted into the form."""
    return json.dumps({"keys": list(keys)})


def register(world: World, issuer: str, key: SigningKey, more: Registration = PLAIN) -> Ehr:
    """An EHR that calls CDS Hooks."""
    if more.fhir_server is not None:
        open_loopback(world)
    form = ClientForm(
        name=f"the EHR of {issuer}",
        scopes=more.scopes,
        issuer=issuer,
        tenant=more.tenant,
        jwks=key_set([key.jwk]),
        origins=more.origins,
    )
    with world.writing() as context:
        client_id = register_client(context, world.desk.outbound, form)
        if more.fhir_server is not None:
            server = ClientSettings(fhir_server=more.fhir_server)
            change_settings(context, world.desk.outbound, client_id, server)
        if more.is_silent:
            set_mode(context, client_id, SILENT)
        name_people(context, world)
    return Ehr(world, issuer, key, more.tenant or None)


def name_people(context: Context, world: World) -> None:
    """What the EHR calls the cast's clinicians, and the front desk, unless it was said before."""
    if "desk" in world.ids:
        return
    for name in ("alma", "ben"):
        named = NewIdentifier("Practitioner", name, clinician_id=world.ids[name])
        register_identifier(context, named)
    form = LoginForm("fay@elm.example.org", "Fay Desk", "an invented password", INTAKE)
    world.ids["desk"] = create_login(context, form)
    register_identifier(context, NewIdentifier("Practitioner", "desk", login_id=world.ids["desk"]))


def open_loopback(world: World) -> None:
    """Allow connections to this machine, as POLICY_OUTBOUND_LOOPBACK does. Before any request."""
    assert "app" not in vars(world), "the application was built already"
    world.desk = replace(world.desk, outbound=Outbound(AddressRules(loopback=True)))


def register_backend(
    world: World, name: str, key: SigningKey, scopes: frozenset[Scope] = EVERY_SCOPE
) -> Backend:
    """A SMART client whose key set is registered directly."""
    form = ClientForm(name, scopes, jwks=key_set([key.jwk]))
    return Backend(world, registered(world, form), key)


def register_key_address(world: World, host: Host, key: SigningKey, cache_control: str) -> Backend:
    """A SMART client whose key set is published by a host on loopback."""
    open_loopback(world)
    host.body = key_set([key.jwk]).encode()
    host.headers = {"Content-Type": "application/json", "Cache-Control": cache_control}
    form = ClientForm("publishes its keys", EVERY_SCOPE, jwks_url=host.url("/jwks"))
    return Backend(world, registered(world, form), key)


def registered(world: World, form: ClientForm) -> str:
    """Register a form; the new client's id."""
    with world.writing() as context:
        return register_client(context, world.desk.outbound, form)


def forget_keys(world: World, client_id: str) -> None:
    """Withdraw every key of a client."""
    with world.writing() as context:
        for key in keys_in_use(context, client_id):
            withdraw_key(context, client_id, key.id)
