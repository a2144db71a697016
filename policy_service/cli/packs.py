"""`flask packs …`: the packs and what can be said about them."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NoReturn

import click
from flask.cli import AppGroup

from policy_service.cli.desk import desk
from policy_service.cli.pack_words import (
    certificate_in_words,
    comparison_in_words,
    faults_in_words,
    report_in_words,
)
from policy_service.policy.analysis import Query, Result, check_packs, compare, prove_no_loosening
from policy_service.policy.analysis.loading import Loaded, load_all, shipped_folder
from policy_service.policy.faults import unknown_word
from policy_service.policy.pack import Pack
from policy_service.policy.registry import load_shipped_packs

pack_commands = AppGroup("packs", help="What the codes say.")

FAULTS, UNREADABLE = 1, 2
_AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@pack_commands.command("list")
def list_packs() -> None:
    """The packs at hand: id, version, digest and number of rules."""
    for pack in desk().packs:
        click.echo(f"{pack.id}\t{pack.version}\t{pack.digest}\t{len(pack.rules)} rules")


@pack_commands.command("check")
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@click.option("--notes", is_flag=True, help="Every note, overlaps included.")
@_AS_JSON
def check(folder: Path | None, notes: bool, as_json: bool) -> None:
    """Check the packs in FOLDER, or those shipped. Exit 0 ok, 1 faults, 2 a pack cannot be read."""
    loaded = load_all(folder or shipped_folder(), _shipped())
    report = check_packs(loaded.packs, _shipped())
    if as_json:
        _print_json({"faults": [f.to_json() for f in loaded.faults], **report.to_json()})
    else:
        _print(faults_in_words(loaded.faults))
        _print(report_in_words(report, notes))
    sys.exit(UNREADABLE if loaded.faults else FAULTS if report.faults else 0)


@pack_commands.command("diff")
@click.argument("old")
@click.argument("new")
@_AS_JSON
def diff(old: str, new: str, as_json: bool) -> None:
    """What changes from OLD to NEW (folders, or ids of shipped packs). Exit 2: cannot be read."""
    comparison = compare(_pack(old), _pack(new))
    if as_json:
        _print_json(comparison.to_json())
    else:
        _print(comparison_in_words(comparison))


@pack_commands.command("prove")
@click.argument("old")
@click.argument("new")
@click.option("--strict", is_flag=True, help="Fail if anything at all is loosened.")
@_AS_JSON
def prove(old: str, new: str, strict: bool, as_json: bool) -> None:
    """Prove that NEW loosens no prohibition of OLD. Exit 0 proved, 1 not, 2 cannot be read."""
    certificate = prove_no_loosening(_pack(old), _pack(new))
    if as_json:
        _print_json(certificate.to_json())
    else:
        _print(certificate_in_words(certificate))
    asked = Query.NOTHING_LOOSENED if strict else Query.NO_PROHIBIT_LOOSENED
    sys.exit(0 if certificate.claim(asked).result is Result.HOLDS else FAULTS)


def _shipped() -> tuple[Pack, ...]:
    return tuple(load_shipped_packs())


def _pack(name: str) -> Pack:
    """The one pack of a folder, or the shipped pack of that id; exit 2 if there is none."""
    if not Path(name).is_dir():
        by_id = {pack.id: pack for pack in _shipped()}
        if name not in by_id:
            _refuse([f"{name}: is no folder, and {unknown_word('pack', name, by_id)}"])
        return by_id[name]
    loaded = load_all(Path(name), _shipped())
    if len(loaded.packs) != 1 or loaded.faults:
        _refuse(_why_not(name, loaded))
    return loaded.packs[0]


def _why_not(name: str, loaded: Loaded) -> list[str]:
    several = [f"{name}: holds {len(loaded.packs)} packs; name the folder of one"]
    return list(faults_in_words(loaded.faults)) or several


def _refuse(lines: Iterable[str]) -> NoReturn:
    for line in lines:
        click.echo(line, err=True)
    sys.exit(UNREADABLE)


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(line)


def _print_json(body: dict[str, Any]) -> None:
    click.echo(json.dumps(body, indent=2, ensure_ascii=False))
