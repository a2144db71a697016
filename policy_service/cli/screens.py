"""`flask screen …`: ask about every watched pair again, here and now or by the worker."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from policy_service.cli.desk import desk, practice_of
from policy_service.services.full_screens import screen_everyone
from policy_service.services.rescreening import rescreener
from policy_service.services.touch import rescreen_everyone

screen_commands = AppGroup("screen", help="Ask again about pairs that were settled before.")


@screen_commands.command("all")
@click.option("--practice", "slug", help="Slug; needed where there are several.")
@click.option("--queue", "is_queued", is_flag=True, help="Leave it to the worker.")
def screen_all(slug: str | None, is_queued: bool) -> None:
    """Screen every watched pair; records only what is new.

    After ordinary changes it finds nothing: whom they reach was asked about as they came.
    """
    practice_id = practice_of(slug)
    if is_queued:
        with desk().writing(rescreener(practice_id)) as context:
            rescreen_everyone(context, "shell")
        click.echo("queued")
        return
    screened = screen_everyone(desk(), practice_id)
    click.echo(f"{screened.pairs} pairs asked about, {screened.recorded} answers were new")
