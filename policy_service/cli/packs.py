"""`flask packs …`: the packs and what can be said about them."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from policy_service.cli.desk import desk

pack_commands = AppGroup("packs", help="What the codes say.")


@pack_commands.command("list")
def list_packs() -> None:
    """The packs at hand: id, version, digest and number of rules."""
    for pack in desk().packs:
        click.echo(f"{pack.id}\t{pack.version}\t{pack.digest}\t{len(pack.rules)} rules")
