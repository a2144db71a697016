"""`flask packs store|activate|shadow|retire|approve|in-use|replay`: packs of a practice.

Whoever has the shell may bring packs in and replay them. Putting one in use is an officer's act: it
takes the officer's own password here too, so that the log names a person who was there.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup

from policy_service.audit.log import Owned
from policy_service.cli.desk import desk, officer_of, practice_of
from policy_service.domain.principals import Principal, Role
from policy_service.errors import ServiceError
from policy_service.ledger.canonical import Json
from policy_service.policy.faults import PackFault
from policy_service.policy.files import read_folder
from policy_service.services.pack_activation import ActivationForm, approve, ask
from policy_service.services.pack_replays import Candidate, ReplayReport, replay_candidate
from policy_service.services.pack_shelf import read_shelf
from policy_service.services.pack_storing import PackUpload, read_upload, store_pack
from policy_service.services.packs import Mode
from policy_service.services.shadow_reports import shadow_report

pack_use_commands = AppGroup("pack-use")
_PRACTICE = click.option("--practice", "slug", help="Slug; needed where there are several.")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_FOLDER = click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
_REFUSED = 2


@pack_use_commands.command("in-use")
@_PRACTICE
def list_in_use(slug: str | None) -> None:
    """The packs of a practice: state, id, version, digest, rules in force and drafts."""
    reader = _shell(slug, Role.AUDITOR)
    with _refusals(), desk().reading(reader) as context:
        shelf = read_shelf(desk(), context)
    if not shelf.number:
        click.echo("nothing was ever activated here: the packs that ship with the software bind")
    for one in shelf.packs:
        pack = one.pack
        rules = f"{one.in_force} in force, {one.drafts} drafts"
        click.echo(f"{one.state}\t{pack.id}\t{pack.version}\t{pack.digest}\t{rules}")


@pack_use_commands.command("store")
@_FOLDER
@_PRACTICE
def store(folder: Path, slug: str | None) -> None:
    """Check the pack in FOLDER and store it; prints its digest. It binds nobody yet."""
    with _refusals(), desk().writing(_shell(slug, Role.OPERATOR)) as context:
        click.echo(store_pack(desk(), context, _upload(folder)).digest)


def _put_in_use(mode: Mode, does: str) -> None:
    @pack_use_commands.command(does)
    @click.argument("digest")
    @click.option("--officer", required=True, help="E-mail address of the compliance officer.")
    @click.option("--reason", required=True, help="Why; stands in the log.")
    @_PRACTICE
    @click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
    def command(digest: str, reason: str, **given: Any) -> None:
        with _refusals(), desk().writing(officer_of(given)) as context:
            asked = ask(desk(), context, ActivationForm(digest, reason, mode))
        for loosened in asked.loosens:
            click.echo(loosened, err=True)
        done = f"done: number {asked.number}"
        click.echo(f"waits for an approver: {asked.proposal_id}" if asked.proposal_id else done)

    command.help = f"Let the stored pack DIGEST be {mode.value}."


_put_in_use(Mode.ACTIVE, "activate")
_put_in_use(Mode.SHADOW, "shadow")
_put_in_use(Mode.RETIRED, "retire")


@pack_use_commands.command("approve")
@click.argument("proposal")
@click.option("--officer", required=True, help="E-mail address of the approver.")
@click.option("--reason", required=True, help="Why; stands in the log.")
@_PRACTICE
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def approve_proposal(proposal: str, reason: str, **given: Any) -> None:
    """As the second person, put in use what an officer asked for."""
    with _refusals(), desk().writing(officer_of(given)) as context:
        click.echo(f"done: number {approve(desk(), context, proposal, reason)}")


@pack_use_commands.command("shadow-report")
@click.argument("digest")
@_PRACTICE
def show_shadow(digest: str, slug: str | None) -> None:
    """What the shadow DIGEST said beside what was decided, as JSON."""
    with _refusals(), desk().reading(_shell(slug, Role.AUDITOR)) as context:
        _print_json(shadow_report(context, digest).to_json())


@pack_use_commands.command("replay")
@_FOLDER
@click.option("--digests", is_flag=True, help="Compare whole decision bodies byte for byte.")
@click.option("--processes", default=2, show_default=True, type=click.IntRange(1, 64))
@_PRACTICE
@_JSON
def replay(folder: Path, digests: bool, processes: int, slug: str | None, as_json: bool) -> None:
    """Decide every recorded check again with the pack in FOLDER in place of the one of its id."""
    shell = _shell(slug, Role.OPERATOR)
    with _refusals():
        pack, text = read_upload(_upload(folder))
        report = replay_candidate(
            desk(), shell.practice_id, Candidate(pack, text, digests), processes
        )
        with desk().writing(shell) as context:
            said: dict[str, Json] = {
                "digest": pack.digest,
                "with_digests": digests,
                "changed": report.changed,
            }
            context.log("pack.replayed", {"replay": Owned(said)}, packs=frozenset({pack.digest}))
    if as_json:
        _print_json(report.to_json())
        return
    for line in _in_words(report):
        click.echo(line)


def _in_words(report: ReplayReport) -> Iterator[str]:
    said = report.to_json()
    yield f"{report.decisions} decisions under {report.candidate.id} {report.candidate.version}"
    for line in said["table"]:
        mark = "" if line["old"] == line["new"] else "  *"
        yield f"{line['old']:>12} -> {line['new']:<12} {line['decisions']:>10}{mark}"
    yield f"{report.changed} changed, {said['unaffected']} made without a pack of this id"
    yield f"{said['erased']} erased, {said['cannot_tell']} cannot tell"
    for change in said["changes"]:
        cases = f" case {', '.join(change['cases'])}" if change["cases"] else ""
        yield f"{change['decision_id']}: {change['old']} -> {change['new']}{cases}"
    if said["changes_left_out"]:
        yield f"and {said['changes_left_out']} more"


def _upload(folder: Path) -> PackUpload:
    try:
        return PackUpload(files=read_folder(folder))
    except PackFault as fault:
        click.echo(str(fault), err=True)
        sys.exit(_REFUSED)


def _shell(slug: str | None, role: Role) -> Principal:
    return Principal(practice_of(slug), "shell", "shell", frozenset({role}))


@contextmanager
def _refusals() -> Iterator[None]:
    """A refusal of the service as lines on standard error, and exit code 2."""
    try:
        yield
    except ServiceError as error:
        for one in error.errors or ():
            place = one.pointer.removeprefix("/files/").replace("~1", "/")
            click.echo(f"{place}: {one.detail}", err=True)
        click.echo(error.detail, err=True)
        sys.exit(_REFUSED)


def _print_json(body: dict[str, Any]) -> None:
    click.echo(json.dumps(body, indent=2, ensure_ascii=False))
