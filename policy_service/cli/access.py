"""`flask ehr …` and `flask login …`: who may ask, and who may look."""

from __future__ import annotations

import sys
from typing import Any

import click
from flask.cli import AppGroup

from policy_service.auth.ehr_keys import NewEhrClient, issue_key, revoke_key
from policy_service.cli.desk import desk, practice_of
from policy_service.domain.principals import Principal, Role, Scope
from policy_service.errors import ServiceError
from policy_service.services.logins import GRANTABLE, LoginForm, create_login

ehr_commands = AppGroup("ehr", help="EHR clients: API keys, and clients of signed tokens.")
login_commands = AppGroup("login", help="Accounts of people, for the console.")


@ehr_commands.command("issue-key")
@click.argument("practice_slug")
@click.option("--name", required=True, help="Which EHR this is.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice([scope.value for scope in Scope]),
    required=True,
)
@click.option("--days", default=90, show_default=True, type=click.IntRange(1, 365))
def issue_ehr_key(practice_slug: str, name: str, scopes: tuple[str, ...], days: int) -> None:
    """Print a new key, once."""
    wanted = frozenset(Scope(scope) for scope in scopes)
    click.echo(issue_key(desk(), NewEhrClient(practice_of(practice_slug), name, wanted, days)))


@ehr_commands.command("revoke-key")
@click.argument("prefix")
def revoke_ehr_key(prefix: str) -> None:
    """Revoke the key whose first part is PREFIX (12 hex digits)."""
    if not revoke_key(desk(), prefix):
        raise click.BadParameter("no key has this prefix")
    click.echo("revoked")


@login_commands.command("create")
@click.argument("email")
@click.option("--practice", "slug", help="Slug; needed where there are several practices.")
@click.option("--name", required=True, help="Name of the person.")
@click.option(
    "--role",
    "roles",
    multiple=True,
    required=True,
    type=click.Choice([role.value for role in GRANTABLE]),
)
@click.option("--clinician", help="Id of the clinician this account belongs to.")
@click.option("--reports-to", help="Account id of the person's superior.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def create_person(email: str, slug: str | None, password_stdin: bool, **given: Any) -> None:
    """Open an account for the console; asks for its first password."""
    form = LoginForm(
        email=email,
        name=given["name"],
        password=_password(password_stdin),
        roles=frozenset(Role(role) for role in given["roles"]),
        clinician_id=given["clinician"],
        reports_to=given["reports_to"],
    )
    founder = Principal(practice_of(slug), "founder", "shell", frozenset({Role.OPERATOR}))
    try:
        with desk().writing(founder) as context:
            click.echo(create_login(context, form))
    except ServiceError as error:
        said = "; ".join(f"{one.pointer[1:]}: {one.detail}" for one in error.errors)
        raise click.ClickException(said or error.detail) from error


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    password: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return password
