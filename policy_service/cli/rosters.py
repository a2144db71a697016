"""`flask roster …`: clinicians, clients and episodes from CSV."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import BinaryIO

import click
from flask import current_app
from flask.cli import AppGroup

from policy_service.cli.desk import desk, practice_of
from policy_service.domain.principals import Principal, Role
from policy_service.errors import InvalidRequest
from policy_service.importers.roster import RosterKind
from policy_service.services.imports.roster_drops import DropState
from policy_service.services.imports.roster_folder import Looked, RosterFolder, look, report_text
from policy_service.services.imports.run import RosterFile, import_roster
from policy_service.settings import Settings

roster_commands = AppGroup("roster", help="Clinicians, clients and episodes from CSV.")


@roster_commands.command("import")
@click.argument("kind", type=click.Choice([kind.value for kind in RosterKind]))
@click.argument("file", type=click.File("rb"))
@click.option("--dry-run", is_flag=True, help="Only say what importing would do.")
@click.option("--practice", "practice_slug", help="By slug; not needed where there is only one.")
def import_file(kind: str, file: BinaryIO, dry_run: bool, practice_slug: str | None) -> None:
    """Import FILE (- for standard input). Exit 1 if lines were refused; the others are imported."""
    practice_id = practice_of(practice_slug)
    operator = Principal(practice_id, "operator", "operator", frozenset({Role.OPERATOR}))
    roster = RosterFile(RosterKind(kind), file.read())
    try:
        report = import_roster(desk(), operator, roster, dry_run=dry_run)
    except InvalidRequest as refused:
        raise click.ClickException("\n".join(error.detail for error in refused.errors)) from None
    for remark in (*report.warnings, *report.errors):
        allowed = f" Allowed: {', '.join(remark.allowed)}." if remark.allowed else ""
        click.echo(f"line {remark.line}: {remark.field or '-'}: {remark.detail}{allowed}", err=True)
    click.echo(", ".join(f"{name} {value}" for name, value in report.counts().items()))
    sys.exit(1 if report.errors else 0)


@roster_commands.command("drop")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--practice", "practice_slug", help="By slug; not needed where there is only one.")
def drop_folder(folder: Path, practice_slug: str | None) -> None:
    """Take in the rosters that lie in FOLDER, once. Exit 1 if one was not read or is held.

    A file that was taken in before does nothing. One that looks wrong is held until somebody
    confirms it in the console; each gets a report beside it.
    """
    settings: Settings = current_app.extensions["policy_service_settings"]
    practice_id = practice_of(practice_slug)
    rosters = RosterFolder(folder, settings.max_upload_bytes)
    looked = look(desk(), practice_id, rosters, time.time())
    for one in looked:
        click.echo(f"{one.name}: " + report_text(one).replace("\n", "\n  ").strip())
    sys.exit(0 if all(map(_is_done, looked)) else 1)


def _is_done(one: Looked) -> bool:
    return one.drop is not None and one.drop.row.state == DropState.APPLIED
