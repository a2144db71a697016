"""`flask audit export-tiles | log-keys | rotate-key | witness-state`: the log towards outsiders."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from flask.cli import AppGroup

from policy_service.audit.tiles import ExportRefused
from policy_service.cli.desk import desk, practice_of
from policy_service.domain.principals import Principal, Role
from policy_service.errors import InvalidRequest
from policy_service.ledger.note import keys_of
from policy_service.services.log_keys import retire_key, rotate_key
from policy_service.services.published_log import publish
from policy_service.services.witnesses import witness_state

published_commands = AppGroup("audit")
_practice = click.option("--practice", "slug", help="Slug; needed where there are several.")


def _operator(slug: str | None) -> Principal:
    return Principal(practice_of(slug), "shell", "shell", frozenset({Role.OPERATOR}))


@published_commands.command("export-tiles")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@_practice
def export(folder: Path, slug: str | None) -> None:
    """Write the log to FOLDER as C2SP tiles, or bring FOLDER up to date.

    Exit 1 when FOLDER holds a head that this log contradicts: one of the two was altered.
    """
    try:
        done = publish(desk(), _operator(slug), folder)
    except ExportRefused as error:
        click.echo(f"REFUSED: {error}")
        sys.exit(1)
    click.echo(f"{done.size} entries, {done.written} files written")


@published_commands.command("log-keys")
@_practice
def log_keys(slug: str | None) -> None:
    """The log's vkeys, for whoever pins them: those that sign, then the retired ones."""
    origin = desk().practice(practice_of(slug)).log_origin
    signing = len(keys_of(desk().log_key(origin)))
    for number, key in enumerate(desk().log_verifiers(origin)):
        click.echo(f"{'signing' if number < signing else 'retired'}\t{key.vkey}")


@published_commands.command("rotate-key")
@_practice
@click.option("--retire", is_flag=True, help="End the changeover: the older key signs no more.")
def rotate(slug: str | None, retire: bool) -> None:
    """Put a new log key in force; both keys sign until --retire."""
    try:
        click.echo((retire_key if retire else rotate_key)(desk(), _operator(slug)))
    except InvalidRequest as error:
        raise click.ClickException("; ".join(one.detail for one in error.errors)) from error


@published_commands.command("witness-state")
@_practice
def show_witnesses(slug: str | None) -> None:
    """How it stands with each configured witness. Exit 1 when one refuses the log's heads."""
    with desk().reading(_operator(slug)) as context:
        states = witness_state(context, desk().witnesses)
    for state in states:
        click.echo(f"{state.name}\t{state.word}\tsize {state.cosigned}\t{state.said}".rstrip())
    sys.exit(int(any(state.refused for state in states)))
