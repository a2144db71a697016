"""`flask audit bundle`: write an evidence bundle to a file. An officer's act, by their password."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup

from policy_service.cli.desk import desk, officer_of
from policy_service.cli.measuring import refusals
from policy_service.domain.releases import Recipient, RecipientKind
from policy_service.services.audit_filters import EntryFilter
from policy_service.services.bundle_choice import Choice, Chosen, Matching, OfCase, Range
from policy_service.services.evidence_bundles import BundleForm, make_bundle

bundle_commands = AppGroup("bundles")
_OPTIONS = (
    click.option("--officer", required=True, help="E-mail address of the compliance officer."),
    click.option("--purpose", required=True, help="What the bundle is for; stands in it."),
    click.option("--for", "recipient", help="Who receives it, outside: records a release."),
    click.option(
        "--kind",
        type=click.Choice([kind.value for kind in RecipientKind]),
        help="What the recipient is.",
    ),
    click.option("--practice", "slug", help="Slug; needed where there are several."),
    click.option("--first", type=click.IntRange(0), help="A range: its first entry."),
    click.option("--last", type=click.IntRange(0), help="Its last entry; the newest if not given."),
    click.option("--entry", "entries", multiple=True, type=click.UUID, help="This entry."),
    click.option("--case", type=click.UUID, help="The checks of a case and its moves."),
    click.option("--subject", help="Entries about this client, clinician or pseudonym."),
    click.option("--action", help="Entries of this action."),
    click.option("--open", "groups", multiple=True, help="Open only groups such as care or tie."),
    click.option("--open-nothing", is_flag=True, help="Leaves and proofs alone."),
    click.option("--previous", type=click.File(encoding="utf-8"), help="A checkpoint kept before."),
    click.option("--password-stdin", is_flag=True, help="Read the password from standard input."),
)


def _with_options(command: Any) -> Any:
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@bundle_commands.command("bundle")
@click.argument("target", type=click.Path(path_type=Path, dir_okay=False))
@_with_options
def bundle(target: Path, purpose: str, **given: Any) -> None:
    """Write an evidence bundle to the new file TARGET: the whole log unless entries are chosen."""
    choice = _choice(given)
    with refusals():
        officer = officer_of(given)
        previous = given["previous"].read() if given["previous"] else None
        form = BundleForm(choice, purpose, _groups(given), _recipient(given), previous)
        made = make_bundle(desk(), officer, form)
    _write(target, made.content)
    click.echo(f"{len(made.contents.places)} entries; the making is entry {made.entry_id}")


def _choice(given: dict[str, Any]) -> Choice:
    """What was chosen. UsageError for two ways at once."""
    chosen: list[Choice] = []
    if given["entries"]:
        chosen.append(Chosen(tuple(map(str, given["entries"]))))
    if given["case"]:
        chosen.append(OfCase(str(given["case"])))
    wanted = EntryFilter(subject=given["subject"], action=given["action"])
    if wanted.to_json():
        chosen.append(Matching(wanted))
    if given["first"] is not None or given["last"] is not None or not chosen:
        chosen.append(Range(given["first"] or 0, given["last"]))
    if len(chosen) > 1:
        raise click.UsageError(
            "choose in one way: --first/--last, --entry, --case, or --subject/--action"
        )
    return chosen[0]


def _groups(given: dict[str, Any]) -> frozenset[str] | None:
    if given["groups"] and given["open_nothing"]:
        raise click.UsageError("either --open or --open-nothing")
    return frozenset(given["groups"]) if given["groups"] or given["open_nothing"] else None


def _recipient(given: dict[str, Any]) -> Recipient | None:
    if bool(given["recipient"]) != bool(given["kind"]):
        raise click.UsageError("--for and --kind go together")
    return Recipient(RecipientKind(given["kind"]), given["recipient"]) if given["kind"] else None


def _write(target: Path, content: bytes) -> None:
    """A new file for its owner's eyes; never over another one."""
    try:
        number = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise click.BadParameter(f"{target} is there already", param_hint="TARGET") from error
    with os.fdopen(number, "wb") as file:
        file.write(content)
