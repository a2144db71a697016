"""`flask audit …` and `flask checks …`: whether the records still hold."""

from __future__ import annotations

import sys
from uuid import UUID

import click
from flask.cli import AppGroup

from policy_service.audit.verification import verify_log
from policy_service.cli.desk import desk
from policy_service.domain.principals import Principal, Role
from policy_service.services.directory import practices
from policy_service.services.replays import Replayed, replay_several

audit_commands = AppGroup("audit", help="The tamper-evident log.")
check_commands = AppGroup("checks", help="Recorded checks.")


@audit_commands.command("verify")
def verify() -> None:
    """Check every practice's log from entry 0. Exit 0 ok, 1 tampered, 2 cannot tell."""
    worst = 0
    for practice in practices(desk()):
        origin = practice.log_origin
        keys = desk().log_verifiers(origin)
        result = verify_log(desk().database, practice.id, desk().log_key(origin), keys)
        click.echo(f"{practice.slug}: {result.text}")
        worst = max(worst, result.exit_code)
    sys.exit(worst)


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
