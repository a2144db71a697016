"""`flask matching …`: recognition over files of people, and what it rests on."""

from __future__ import annotations

import csv
from typing import BinaryIO, TextIO

import click
from flask.cli import AppGroup

from policy_service.domain.kinship import TieStep, compose
from policy_service.domain.ties import TIE_KINDS
from policy_service.importers.delimited import FileRefused
from policy_service.importers.people import PeopleFile, PersonLine, read_people
from policy_service.matching.model import default_model
from policy_service.matching.probing import PeopleInMemory
from policy_service.matching.recognition import Comparison, Recognised

PAIR_COLUMNS = (
    "intake_id",
    "registry_id",
    "hypothesis",
    "self_bits",
    "kin_bits",
    "band",
    "label",
    "reasons",
)
matching_commands = AppGroup("matching", help="Who is this person?")


@matching_commands.command("score", with_appcontext=False)
@click.option("--registry", type=click.File("rb"), required=True, help="CSV of known people.")
@click.option("--intake", type=click.File("rb"), required=True, help="CSV of those who come.")
@click.option("--out", type=click.File("w", encoding="utf-8"), required=True, help="CSV of pairs.")
def score(registry: BinaryIO, intake: BinaryIO, out: TextIO) -> None:
    """Compare each intake with the registry, one row a candidate pair.

    Every candidate that a check would open is written, the weak ones too.
    """
    known, coming = _read(registry), _read(intake)
    by_ref = {line.ref: line for line in known.people}
    index = PeopleInMemory({ref: line.record for ref, line in by_ref.items()}, default_model())
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(PAIR_COLUMNS)
    for person in coming.people:
        for found in index.recognise(person.record).candidates:
            writer.writerow(pair_row(person, by_ref[found.ref], found))
    click.echo(f"{len(coming.people)} intakes against {len(known.people)} known people", err=True)


def _read(file: BinaryIO) -> PeopleFile:
    try:
        people = read_people(file.read())
    except FileRefused as refused:
        raise click.ClickException(f"{file.name}: {refused}") from None
    for error in people.errors:
        click.echo(f"{file.name} line {error.line}: {error.field or '-'}: {error.detail}", err=True)
    if people.unknown_columns:
        click.echo(f"{file.name}: not read: {', '.join(people.unknown_columns)}", err=True)
    return people


def pair_row(intake: PersonLine, known: PersonLine, found: Recognised[str]) -> tuple[str, ...]:
    """One row of pairs.csv; bits with two decimals, the label without the sex.

    `self_bits` is SELF against strangers and kin together, so that one threshold serves all pairs.
    """
    comparison = found.comparison
    label = comparison.label and TIE_KINDS[comparison.label].neutral
    return (
        intake.ref,
        known.ref,
        comparison.hypothesis.value,
        f"{comparison.identity_odds / 100:.2f}",
        f"{comparison.kin_bits / 100:.2f}",
        comparison.band.value,
        label,
        "; ".join(_reasons(known, comparison)),
    )


def _reasons(known: PersonLine, comparison: Comparison) -> list[str]:
    said = [f"{row.sentence[:-1]} ({row.bits / 100:+.2f})" for row in comparison.evidence]
    return [*comparison.reasons, *_through_the_clinician(known, comparison), *said]


def _through_the_clinician(known: PersonLine, comparison: Comparison) -> list[str]:
    """What the intake person then is to the clinician who disclosed the person on record."""
    if not (known.relation and comparison.label):
        return []
    steps = [TieStep(known.relation)]
    if comparison.label != "ONESELF":
        steps.append(TieStep(comparison.label))
    return [f"so possibly {compose(steps).label}"]
