"""`flask demo …`: the demo practice."""

from __future__ import annotations

import click
from flask import current_app
from flask.cli import AppGroup

from policy_service.auth.ehr_keys import LONGEST_DAYS, NewEhrClient
from policy_service.auth.kept_keys import kept_key
from policy_service.cli.desk import desk
from policy_service.demo.seed import seed
from policy_service.demo.welcome import welcome
from policy_service.domain.principals import Scope
from policy_service.errors import StateConflict
from policy_service.settings import Settings

demo_commands = AppGroup("demo", help="The demo practice.")


@demo_commands.command("seed")
def seed_demo() -> None:
    """Found the demo practice on an empty database; then say how to ask and sign in."""
    settings: Settings = current_app.extensions["policy_service_settings"]
    try:
        demo = seed(desk())
    except StateConflict as refused:
        raise click.ClickException(refused.detail) from None
    new = NewEhrClient(demo.id, "demo EHR", frozenset(Scope), LONGEST_DAYS)
    key = kept_key(desk(), new, settings.key_dir / "demo-ehr-key")
    click.echo(welcome(desk(), demo, settings.public_base_url, key))
