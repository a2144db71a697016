"""`flask audit …` and `flask checks …`: whether the records still hold."""

from __future__ import annotations

import sys
from typing import BinaryIO
from uuid import UUID

import click
from flask.cli import AppGroup

from policy_service.audit.receipts import receipt_lines
from policy_service.cli.desk import desk, practice_of
from policy_service.domain.principals import Principal, Role
from policy_service.services.directory import practices
from policy_service.services.receipts import public_keys, reconcile_receipts
from policy_service.services.replays import Replayed, replay_several
from policy_service.services.verifying import verify_practice

audit_commands = AppGroup("audit", help="The tamper-evident log.")
check_commands = AppGroup("checks", help="Recorded checks.")


@audit_commands.command("verify")
def verify() -> None:
    """Check every practice's log from entry 0. Exit 0 ok, 1 tampered, 2 cannot tell."""
    worst = 0
    for practice in practices(desk()):
        result = verify_practice(desk(), practice.id)
        click.echo(f"{practice.slug}: {result.text}")
        worst = max(worst, result.exit_code)
    sys.exit(worst)


@audit_commands.command("receipts")
@click.argument("file", type=click.File("rb"))
@click.option("--practice", "slug", help="Slug of the practice; needed where there are several.")
def check_receipts(file: BinaryIO, slug: str | None) -> None:
    """Compare the receipts an EHR kept, one a line in FILE (- for standard input), with the log.

    Names every line that does not match. Exit 0 all match, 1 an acknowledged decision is gone or
    altered, 2 cannot tell (bad line or signature, not ours, too new to be sealed).
    """
    principal = Principal(practice_of(slug), "shell", "shell", frozenset({Role.OPERATOR}))
    found = reconcile_receipts(desk(), principal, receipt_lines(file))
    for one in found.named:
        about = f" {one.entry_id}" if one.entry_id else ""
        click.echo(f"line {one.line}: {one.judgement.value}{about}: {one.detail}")
    if found.left_out:
        click.echo(f"{found.left_out} more lines do not match")
    click.echo(found.text)
    sys.exit(found.exit_code)


@audit_commands.command("keys")
@click.option("--practice", "slug", help="Slug of the practice; needed where there are several.")
def show_keys(slug: str | None) -> None:
    """Print the vkey of the log, and those of its receipts: what verifiers and witnesses pin."""
    principal = Principal(practice_of(slug), "shell", "shell", frozenset({Role.OPERATOR}))
    found = public_keys(desk(), principal)
    click.echo(f"log\t{found.log}")
    for vkey in found.receipts:
        click.echo(f"receipts\t{vkey}")


_WORST_FIRST = (Replayed.DIFFERS, Replayed.CANNOT_TELL, Replayed.ERASED, Replayed.SAME)
_EXIT_CODES = {Replayed.DIFFERS: 1, Replayed.CANNOT_TELL: 2}


@check_commands.command("replay")
@click.argument("check_ids", nargs=-1, type=click.UUID)
@click.option("--all", "everything", is_flag=True, help="Every check of every practice.")
def replay_checks(check_ids: tuple[UUID, ...], everything: bool) -> None:
    """Decide recorded checks again. Exit 0 same or erased, 1 one differs, 2 cannot tell."""
    if everything == bool(check_ids):
        raise click.UsageError("give either check ids or --all")
    wanted = None if everything else {str(check_id) for check_id in check_ids}
    seen = []
    for practice in practices(desk()):
        operator = Principal(practice.id, "shell", "shell", frozenset({Role.OPERATOR}))
        with desk().reading(operator) as context:
            for result in replay_several(desk(), context, wanted):
                click.echo(f"{result.decision_id}: {result.verdict} {result.detail}".rstrip())
                seen.append(result.verdict)
    if wanted is not None and len(seen) < len(wanted):
        raise click.BadParameter("not every id is that of a check")
    sys.exit(_EXIT_CODES.get(min(seen, key=_WORST_FIRST.index, default=Replayed.SAME), 0))
