"""`flask erasure …`: what was asked, whom the list names, the retention floor, old pages."""

from __future__ import annotations

import re
from datetime import UTC

import click
from flask.cli import AppGroup

from policy_service.cli.desk import desk, practice_of
from policy_service.domain.principals import Principal, Role
from policy_service.services.erasing.carrying_out import erase, scrub
from policy_service.services.erasing.holds import set_floor
from policy_service.services.erasing.orders import Ordered, ask
from policy_service.services.erasing.plans import orders, person_of_client, plan_of
from policy_service.services.erasing.reapplying import reapply

erasure_commands = AppGroup("erasure", help="Erase persons, and keep them erased.")
_NAME = re.compile(r"[A-Za-z0-9._-]{1,30}", re.ASCII)
"""The name stands in the log: who works at the shell is a pseudonym there too."""
_PRACTICE = click.option("--practice", "slug", help="Slug; needed where there are several.")


def _operator(practice_id: str, name: str) -> Principal:
    if not _NAME.fullmatch(name):
        raise click.BadParameter("--as: 1 to 30 of letters, digits, '.', '_' and '-'")
    return Principal(practice_id, f"operator-{name}", name, frozenset({Role.OPERATOR}))


@erasure_commands.command("list")
@_PRACTICE
def list_orders(slug: str | None) -> None:
    """What was asked, refused, dropped and done; by ids, without names."""
    with desk().writing(_operator(practice_of(slug), "list")) as context:
        for order, _name, _row in orders(context):
            click.echo(_line(order))


@erasure_commands.command("show")
@click.argument("client_id")
@_PRACTICE
def show(client_id: str, slug: str | None) -> None:
    """What an erasure of the client would take, and what blocks it."""
    with desk().writing(_operator(practice_of(slug), "show")) as context:
        plan = plan_of(context, person_of_client(context, client_id))
    for word, number in plan.counts.items():
        click.echo(f"{number:6} {word}")
    for block in plan.blocks:
        click.echo(f"blocked: {_block(block.to_json())}")
    for one in plan.likely:
        click.echo(f"likely the same person: {one.person_id} ({one.band}, {one.kept})")


@erasure_commands.command("ask")
@click.argument("client_id")
@click.option("--ground", required=True, help="person_asked, court_order, …")
@click.option("--also", multiple=True, help="Person id of another record of the same person.")
@click.option("--as", "name", required=True, help="Who asks; another must carry it out.")
@_PRACTICE
def ask_for(
    client_id: str, ground: str, also: tuple[str, ...], name: str, slug: str | None
) -> None:
    """Ask for the erasure of a client. Exit 1 where something blocks it."""
    with desk().writing(_operator(practice_of(slug), name)) as context:
        made = ask(context, person_of_client(context, client_id), ground, also)
    _tell(made)


@erasure_commands.command("carry-out")
@click.argument("erasure_id")
@click.option("--as", "name", required=True, help="Who carries it out; not who asked.")
@click.confirmation_option(prompt="What is erased cannot be brought back. Go on?")
@_PRACTICE
def carry_out(erasure_id: str, name: str, slug: str | None) -> None:
    """Erase. Exit 1 where something blocks it by now."""
    _tell(erase(desk(), _operator(practice_of(slug), name), erasure_id))


@erasure_commands.command("floor")
@click.argument("years", type=int)
@click.option("--as", "name", required=True, help="Who sets it.")
@_PRACTICE
def floor(years: int, name: str, slug: str | None) -> None:
    """Keep records for so many years after the last care or decision at least."""
    with desk().writing(_operator(practice_of(slug), name)) as context:
        set_floor(context, years)
    click.echo(f"{years} years")


@erasure_commands.command("reapply")
@_PRACTICE
def reapply_list(slug: str | None) -> None:
    """After a backup was restored: erase again whoever is on the list, and overwrite old pages.

    The service does the first by itself when it starts.
    """
    practice_id = practice_of(slug)
    again = reapply(desk(), practice_id)
    clean = scrub(desk(), practice_id)
    click.echo(f"{again} records erased again")
    click.echo("old pages overwritten" if clean else "old pages: somebody is reading; try again")


def _tell(order: Ordered) -> None:
    click.echo(_line(order))
    if order.blocks:
        raise SystemExit(1)


def _line(order: Ordered) -> str:
    at = order.asked_at.astimezone(UTC).date().isoformat()
    blocks = ", ".join(_block(one.to_json()) for one in order.blocks)
    return f"{order.id} {at} {order.state.value} {order.ground}" + (
        f" ({blocks})" if blocks else ""
    )


def _block(block: dict[str, str | None]) -> str:
    until = block["until"]
    return f"{block['kind']} until {until}" if until else f"{block['kind']}"
