"""`flask audit alarms|resolve`: what stands against a log, and an officer's resolution of it."""

from __future__ import annotations

import sys
from typing import Any

import click
from flask.cli import AppGroup

from policy_service.audit.guard import guard_in
from policy_service.cli.desk import desk, officer_of
from policy_service.errors import ServiceError
from policy_service.services.directory import practices
from policy_service.services.log_alarms import Resolution, resolve

log_alarm_commands = AppGroup("log-alarms")


@log_alarm_commands.command("alarms")
def list_alarms() -> None:
    """The alarms that stand on this machine. Exit 1 if there are any."""
    heads = guard_in(desk().database).heads
    standing = [(each.slug, heads.alarm(each.id)) for each in practices(desk())]
    for slug, alarm in standing:
        if alarm is not None:
            click.echo(f"{slug}\t{alarm.kind.value}\t{alarm.since}\t{alarm.text}")
    sys.exit(1 if any(alarm for _, alarm in standing) else 0)


@log_alarm_commands.command("resolve")
@click.option("--officer", required=True, help="E-mail address of the compliance officer.")
@click.option("--reason", required=True, help="What happened; stands in the log.")
@click.option("--admit", is_flag=True, help="Give entries that are held back their place, named.")
@click.option("--practice", "slug", help="Slug; needed where there are several.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def resolve_alarm(reason: str, admit: bool, **given: Any) -> None:
    """Accept the log as it stands, say why in the log itself, and publish its head anew.

    Only after a restore that was meant, or once a break-in was looked into: keep a copy of the
    database first. Heads that others kept still show what went back.
    """
    try:
        click.echo(resolve(desk(), officer_of(given), Resolution(reason, admit)), nl=False)
    except ServiceError as error:
        said = "; ".join([error.detail, *(one.detail for one in error.errors)])
        raise click.ClickException(said) from error
