"""`flask roster …`: clinicians, clients and episodes from CSV."""

from __future__ import annotations

import sys
from typing import BinaryIO

import click
from flask.cli import AppGroup

from policy_service.cli.desk import desk, practice_of
from policy_service.domain.principals import Principal, Role
from policy_service.errors import InvalidRequest
from policy_service.importers.roster import RosterKind
from policy_service.services.imports.run import RosterFile, import_roster

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
