"""The command line: `flask --app wsgi …`."""

from __future__ import annotations

import signal
import sys
from typing import Any, BinaryIO
from uuid import UUID

import click
from flask import Flask, current_app
from flask.cli import AppGroup, with_appcontext

from policy_service.audit.verification import verify_log
from policy_service.auth.ehr_keys import LONGEST_DAYS, NewEhrClient, issue_key, revoke_key
from policy_service.auth.kept_keys import kept_key
from policy_service.demo.seed import seed
from policy_service.demo.welcome import welcome
from policy_service.domain.principals import Principal, Role, Scope
from policy_service.errors import InvalidRequest, ServiceError, StateConflict
from policy_service.importers.roster import RosterKind
from policy_service.services.desk import Desk
from policy_service.services.directory import practices
from policy_service.services.imports.run import RosterFile, import_roster
from policy_service.services.logins import GRANTABLE, LoginForm, create_login
from policy_service.services.practices import NewPractice, found_practice
from policy_service.services.replays import Replayed, replay_several
from policy_service.settings import Settings
from policy_service.worker import Worker

practice_commands = AppGroup("practice", help="Found and list practices.")
ehr_commands = AppGroup("ehr", help="Keys of EHR clients.")
check_commands = AppGroup("checks", help="Recorded checks.")
login_commands = AppGroup("login", help="Accounts of people, for the console.")
audit_commands = AppGroup("audit", help="The tamper-evident log.")
demo_commands = AppGroup("demo", help="The demo practice.")
roster_commands = AppGroup("roster", help="Clinicians, clients and episodes from CSV.")


@click.command("worker")
@click.option("--once", is_flag=True, help="Do what is due now, then stop.")
@with_appcontext
def work(once: bool) -> None:
    """Seal the log, carry out queued work, sign checkpoints; until SIGTERM."""
    worker = Worker(_desk())
    if once:
        click.echo(f"{worker.run_due()} done")
        return
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: worker.stopping.set())
    worker.run()


def register_commands(app: Flask) -> None:
    """Hang the commands on the application."""
    for group in (
        practice_commands,
        ehr_commands,
        login_commands,
        check_commands,
        audit_commands,
        demo_commands,
        roster_commands,
    ):
        app.cli.add_command(group)
    app.cli.add_command(work)


def _desk() -> Desk:
    desk: Desk = current_app.extensions["policy_service"]
    return desk


def _practice_id(slug: str | None) -> str:
    """The practice of that slug, or the only one there is."""
    found = {practice.slug: practice.id for practice in practices(_desk())}
    if slug is None and len(found) == 1:
        return next(iter(found.values()))
    if slug not in found:
        raise click.BadParameter(f"allowed: {', '.join(sorted(found)) or 'no practice yet'}")
    return found[slug]


@practice_commands.command("create")
@click.argument("slug")
@click.option("--name", required=True, help="Name shown to people.")
@click.option("--jurisdiction", required=True, help='Where its clients usually are, "US-TX".')
def create_practice(slug: str, name: str, jurisdiction: str) -> None:
    """Found a practice with its key and its log."""
    click.echo(found_practice(_desk(), NewPractice(slug, name, jurisdiction)))


@practice_commands.command("list")
def list_practices() -> None:
    """Practices by slug, with id and jurisdiction."""
    for practice in practices(_desk()):
        click.echo(f"{practice.slug}\t{practice.id}\t{practice.jurisdiction}\t{practice.name}")


@ehr_commands.command("issue-key")
@click.argument("practice_slug")
@click.option("--name", required=True, help="Which EHR this is.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice([scope.value for scope in Scope]),
    required=True,
)
@click.option("--days", default=90, show_default=True, type=click.IntRange(1, 365))
def issue_ehr_key(practice_slug: str, name: str, scopes: tuple[str, ...], days: int) -> None:
    """Print a new key, once."""
    wanted = frozenset(Scope(scope) for scope in scopes)
    click.echo(issue_key(_desk(), NewEhrClient(_practice_id(practice_slug), name, wanted, days)))


@ehr_commands.command("revoke-key")
@click.argument("prefix")
def revoke_ehr_key(prefix: str) -> None:
    """Revoke the key whose first part is PREFIX (12 hex digits)."""
    if not revoke_key(_desk(), prefix):
        raise click.BadParameter("no key has this prefix")
    click.echo("revoked")


@login_commands.command("create")
@click.argument("email")
@click.option("--practice", "slug", help="Slug; needed where there are several practices.")
@click.option("--name", required=True, help="Name of the person.")
@click.option(
    "--role",
    "roles",
    multiple=True,
    required=True,
    type=click.Choice([role.value for role in GRANTABLE]),
)
@click.option("--clinician", help="Id of the clinician this account belongs to.")
@click.option("--reports-to", help="Account id of the person's superior.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def create_person(email: str, slug: str | None, password_stdin: bool, **given: Any) -> None:
    """Open an account for the console; asks for its first password."""
    form = LoginForm(
        email=email,
        name=given["name"],
        password=_password(password_stdin),
        roles=frozenset(Role(role) for role in given["roles"]),
        clinician_id=given["clinician"],
        reports_to=given["reports_to"],
    )
    founder = Principal(_practice_id(slug), "founder", "shell", frozenset({Role.OPERATOR}))
    try:
        with _desk().writing(founder) as context:
            click.echo(create_login(context, form))
    except ServiceError as error:
        said = "; ".join(f"{one.pointer[1:]}: {one.detail}" for one in error.errors)
        raise click.ClickException(said or error.detail) from error


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    password: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return password


@audit_commands.command("verify")
def verify() -> None:
    """Check every practice's log from entry 0. Exit 0 ok, 1 tampered, 2 cannot tell."""
    worst = 0
    for practice in practices(_desk()):
        result = verify_log(_desk().database, practice.id, _desk().log_key(practice.log_origin))
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
    for practice in practices(_desk()):
        operator = Principal(practice.id, "shell", "shell", frozenset({Role.OPERATOR}))
        with _desk().reading(operator) as context:
            for result in replay_several(_desk(), context, wanted):
                click.echo(f"{result.decision_id}: {result.verdict} {result.detail}".rstrip())
                seen.append(result.verdict)
    if wanted is not None and len(seen) < len(wanted):
        raise click.BadParameter("not every id is that of a check")
    sys.exit(_EXIT_CODES.get(min(seen, key=_WORST_FIRST.index, default=Replayed.SAME), 0))


@roster_commands.command("import")
@click.argument("kind", type=click.Choice([kind.value for kind in RosterKind]))
@click.argument("file", type=click.File("rb"))
@click.option("--dry-run", is_flag=True, help="Only say what importing would do.")
@click.option("--practice", "practice_slug", help="By slug; not needed where there is only one.")
def import_file(kind: str, file: BinaryIO, dry_run: bool, practice_slug: str | None) -> None:
    """Import FILE (- for standard input). Exit 1 if lines were refused; the others are imported."""
    practice_id = _practice_id(practice_slug)
    operator = Principal(practice_id, "operator", "operator", frozenset({Role.OPERATOR}))
    roster = RosterFile(RosterKind(kind), file.read())
    try:
        report = import_roster(_desk(), operator, roster, dry_run=dry_run)
    except InvalidRequest as refused:
        raise click.ClickException("\n".join(error.detail for error in refused.errors)) from None
    for remark in (*report.warnings, *report.errors):
        allowed = f" Allowed: {', '.join(remark.allowed)}." if remark.allowed else ""
        click.echo(f"line {remark.line}: {remark.field or '-'}: {remark.detail}{allowed}", err=True)
    click.echo(", ".join(f"{name} {value}" for name, value in report.counts().items()))
    sys.exit(1 if report.errors else 0)


@demo_commands.command("seed")
def seed_demo() -> None:
    """Found the demo practice on an empty database; then say how to ask and sign in."""
    settings: Settings = current_app.extensions["policy_service_settings"]
    try:
        demo = seed(_desk())
    except StateConflict as refused:
        raise click.ClickException(refused.detail) from None
    new = NewEhrClient(demo.id, "demo EHR", frozenset(Scope), LONGEST_DAYS)
    key = kept_key(_desk(), new, settings.key_dir / "demo-ehr-key")
    click.echo(welcome(_desk(), demo, settings.public_base_url, key))
