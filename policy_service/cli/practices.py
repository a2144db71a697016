"""`flask practice …`: found and list practices."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from policy_service.cli.desk import desk
from policy_service.services.directory import practices
from policy_service.services.practices import NewPractice, found_practice

practice_commands = AppGroup("practice", help="Found and list practices.")


@practice_commands.command("create")
@click.argument("slug")
@click.option("--name", required=True, help="Name shown to people.")
@click.option("--jurisdiction", required=True, help='Where its clients usually are, "US-TX".')
def create_practice(slug: str, name: str, jurisdiction: str) -> None:
    """Found a practice with its key and its log."""
    click.echo(found_practice(desk(), NewPractice(slug, name, jurisdiction)))


@practice_commands.command("list")
def list_practices() -> None:
    """Practices by slug, with id and jurisdiction."""
    for practice in practices(desk()):
        click.echo(f"{practice.slug}\t{practice.id}\t{practice.jurisdiction}\t{practice.name}")
