"""`flask matching report|duplicates`: what recognition says of a practice's own people."""

from __future__ import annotations

import json

import click
from flask.cli import AppGroup

from policy_service.cli.desk import desk
from policy_service.cli.measuring import PRACTICE, operator, refusals
from policy_service.console.match_words import sentences
from policy_service.services.duplicates import likely_duplicates, look_at_clients
from policy_service.services.match_reports import INTAKES, report_now

match_report_commands = AppGroup("match-reports")


@match_report_commands.command("report")
@PRACTICE
@click.option("--intakes", default=INTAKES, show_default=True, type=click.IntRange(1, 100_000))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def report(slug: str | None, intakes: int, as_json: bool) -> None:
    """What the thresholds mean here: flags by band, strangers, verdicts, what was not looked at.

    Counts only, never a name. Some clients are asked about as if they came anew.
    """
    with refusals():
        made = report_now(desk(), operator(slug), intakes)
    if as_json:
        click.echo(json.dumps(made, indent=2, ensure_ascii=False))
        return
    for line in sentences(made):
        click.echo(line)


@match_report_commands.command("duplicates")
@PRACTICE
def list_duplicates(slug: str | None) -> None:
    """Look every client up among all others; client ids of two profiles, band and bits a line."""
    principal = operator(slug)
    with refusals():
        last = look_at_clients(desk(), principal)
        while last is not None:
            last = look_at_clients(desk(), principal, last)
        with desk().writing(principal) as context:
            found = likely_duplicates(context)
    for one in found:
        click.echo(f"{one.client_a}\t{one.client_b}\t{one.band}\t{one.bits / 100:+.2f}")
    click.echo(f"{len(found)} pairs of profiles wait for an officer", err=True)
