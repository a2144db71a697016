"""`flask matching measure|models|model|use|refile`: a practice's own match model and keys."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click
from flask.cli import AppGroup

from policy_service.cli.desk import desk, practice_of
from policy_service.domain.principals import Principal, Role
from policy_service.errors import ServiceError
from policy_service.matching.measured_model import FEWEST_PAIRS, FEWEST_PEOPLE
from policy_service.services.match_models import KeptModel, kept_models, open_model, use_model
from policy_service.services.measuring import PAIRS, Measured, measure_practice
from policy_service.services.refiling import how_far, refile

measuring_commands = AppGroup("measuring")
PRACTICE = click.option("--practice", "slug", help="Slug; needed where there are several.")
_REFUSED = 2


@measuring_commands.command("measure")
@PRACTICE
@click.option("--pairs", default=PAIRS, show_default=True, type=click.IntRange(1, 50_000_000))
def measure(slug: str | None, pairs: int) -> None:
    """Count the practice's own people, and decide by what was counted from now on.

    How strangers agree is weighed over random pairs; how common each value is, is counted under
    keyed hashes. Then every pair that matters is asked about again.
    """
    with refusals():
        measured = measure_practice(desk(), operator(slug), _progress, pairs)
    click.echo(err=True)
    for line in _in_words(measured):
        click.echo(line)


def _progress(line: str) -> None:
    """One line that is written over."""
    click.echo(f"\r{line:<60}", err=True, nl=False)


def _in_words(measured: Measured) -> Iterator[str]:
    counts = measured.counts
    yield f"measurement {measured.number}: {measured.people} people, table {measured.digest}"
    yield f"frequencies of {measured.values} values: used from now on"
    yield f"{counts.pairs} random pairs, {counts.related} left out as related"
    if measured.replaces_u:
        yield f"the model measured here decides from now on: {measured.model}"
    else:
        yield (
            f"too few to measure strangers (at least {FEWEST_PEOPLE} people and {FEWEST_PAIRS} "
            f"pairs): the model keeps its chances: {measured.model}"
        )
    yield "every pair that matters is queued to be asked about again"


@measuring_commands.command("models")
@PRACTICE
def models(slug: str | None) -> None:
    """Every model that was ever used here: state, measurement, version, digest, day."""
    with refusals(), desk().reading(operator(slug)) as context:
        for model in kept_models(context):
            day = f"{model.added_at:%Y-%m-%d}"
            said = (_state(model), _source(model), model.version, model.digest, day)
            click.echo("\t".join(said))


def _state(model: KeptModel) -> str:
    if model.is_in_use:
        return "in use"
    return "at hand" if model.is_at_hand else "kept"


def _source(model: KeptModel) -> str:
    return f"measurement {model.measurement}" if model.measurement else "shipped"


@measuring_commands.command("model")
@click.argument("digest")
@PRACTICE
def model(digest: str, slug: str | None) -> None:
    """Print the model that an entry of the log names by DIGEST, as canonical JSON."""
    with refusals(), desk().reading(operator(slug)) as context:
        click.echo(open_model(context, digest).decode())


@measuring_commands.command("use")
@click.argument("measurement", type=click.IntRange(min=0))
@PRACTICE
def use(measurement: int, slug: str | None) -> None:
    """Decide by the model of MEASUREMENT from now on; 0 is the shipped model as it is."""
    with refusals(), desk().writing(operator(slug)) as context:
        click.echo(use_model(context, measurement).digest)


@measuring_commands.command("refile")
@PRACTICE
def refile_people(slug: str | None) -> None:
    """File everybody by the keys of this release, while the service runs; the worker does it too.

    It may be stopped and begun again: who is filed stays filed.
    """
    with refusals():
        done = refile(desk(), operator(slug), _progress)
        with desk().reading(operator(slug)) as context:
            filed = how_far(context)
    if done:
        click.echo(err=True)
    click.echo(f"{done} people filed anew by keys {filed.version}, {filed.left} left")
    if filed.hashed:
        click.echo(f"{filed.hashed} third parties kept as hashes wait for their next import")


def operator(slug: str | None) -> Principal:
    """Whoever has the shell, in that practice."""
    return Principal(practice_of(slug), "shell", "shell", frozenset({Role.OPERATOR}))


@contextmanager
def refusals() -> Iterator[None]:
    """A refusal of the service ends the command with exit code 2 and its sentence."""
    try:
        yield
    except ServiceError as error:
        click.echo(error.detail, err=True)
        sys.exit(_REFUSED)
