"""`flask ehr register | list | rotate-keys | withdraw-key | withdraw`: clients of signed tokens."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import IO, Any

import click
from flask.cli import AppGroup

from policy_service.auth.client_forms import ClientForm
from policy_service.auth.registration import (
    LONGEST_OVERLAP,
    client_row,
    issuers_in_use,
    keys_in_use,
    register_client,
    rotate_keys,
    withdraw_client,
    withdraw_key,
)
from policy_service.cli.desk import desk, practice_of
from policy_service.domain.principals import Principal, Role, Scope
from policy_service.errors import ServiceError
from policy_service.services.context import Context
from policy_service.services.ehr_clients import ehr_clients

ehr_client_commands = AppGroup("ehr-clients")
_PRACTICE = click.option("--practice", "slug", help="Slug; needed where there are several.")
_KEYS = click.File("r", encoding="utf-8")


@contextmanager
def writing(slug: str | None) -> Iterator[Context]:
    """A write context of whoever is at the shell; refusals name the option."""
    operator = Principal(practice_of(slug), "founder", "shell", frozenset({Role.OPERATOR}))
    try:
        with desk().writing(operator) as context:
            yield context
    except ServiceError as error:
        said = "; ".join(f"{one.pointer[1:]}: {one.detail}" for one in error.errors)
        raise click.ClickException(said or error.detail) from error


@ehr_client_commands.command("register")
@_PRACTICE
@click.option("--name", required=True, help="Which EHR this is.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    type=click.Choice([scope.value for scope in Scope]),
)
@click.option("--issuer", default="", help="The iss of its CDS Hooks tokens; none for SMART alone.")
@click.option("--tenant", default="", help="The tenant of its tokens, where they name one.")
@click.option("--jwks", type=_KEYS, help="File with its public keys, a JWK Set; - is the input.")
@click.option("--jwks-url", default="", help="Where it publishes its keys, if none are given.")
@click.option(
    "--origin", "origins", multiple=True, help="A web origin that browsers may call from."
)
def register(slug: str | None, **given: Any) -> None:
    """Register a client; prints its id, which is its client_id at the token endpoint."""
    keys: IO[str] | None = given["jwks"]
    form = ClientForm(
        name=given["name"],
        scopes=frozenset(Scope(scope) for scope in given["scopes"]),
        issuer=given["issuer"],
        tenant=given["tenant"],
        jwks=keys.read() if keys else "",
        jwks_url=given["jwks_url"],
        origins=given["origins"],
    )
    with writing(slug) as context:
        client_id = register_client(context, desk().outbound, form)
    click.echo(client_id)


@ehr_client_commands.command("list")
@_PRACTICE
def list_clients(slug: str | None) -> None:
    """Every client, with its issuer and its keys."""
    with writing(slug) as context:
        for row in ehr_clients(context):
            state = "withdrawn" if row.withdrawn_at else row.mode
            click.echo(f"{row.id}  {state}  {row.name}  [{row.scopes}]")
            for issuer in issuers_in_use(context, row.id):
                click.echo(f"  issuer {issuer.issuer} {issuer.tenant}".rstrip())
            for key in keys_in_use(context, row.id):
                until = f" until {key.retires_at:%Y-%m-%d %H:%M} UTC" if key.retires_at else ""
                click.echo(f"  key {key.id}  {key.algorithm}  {key.kid}{until}")


@ehr_client_commands.command("rotate-keys")
@_PRACTICE
@click.argument("client_id")
@click.option("--jwks", type=_KEYS, required=True, help="File with the new public keys.")
@click.option(
    "--overlap-days",
    default=7,
    show_default=True,
    type=click.IntRange(0, LONGEST_OVERLAP.days),
    help="How long the keys before stay good; 0 ends them, and their tokens, at once.",
)
def rotate(slug: str | None, client_id: str, jwks: IO[str], overlap_days: int) -> None:
    """Bring in new keys; prints when the ones before end."""
    with writing(slug) as context:
        ends = rotate_keys(context, client_id, jwks.read(), timedelta(days=overlap_days))
    click.echo(f"the keys before end {ends:%Y-%m-%d %H:%M} UTC")


@ehr_client_commands.command("withdraw-key")
@_PRACTICE
@click.argument("client_id")
@click.argument("key_id")
def end_key(slug: str | None, client_id: str, key_id: str) -> None:
    """End one key now (its id is in `flask ehr list`), with the tokens got by it."""
    with writing(slug) as context:
        withdraw_key(context, client_id, key_id)
    click.echo("withdrawn")


@ehr_client_commands.command("withdraw")
@_PRACTICE
@click.argument("client_id")
def end_client(slug: str | None, client_id: str) -> None:
    """End a client and every credential of it now."""
    with writing(slug) as context:
        name = client_row(context, client_id).name
        withdraw_client(context, client_id)
    click.echo(f"{name} is withdrawn")
