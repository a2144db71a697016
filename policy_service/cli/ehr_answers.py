"""`flask ehr mode | serve | identifier`: trial and live, what is read back, and who users are."""

from __future__ import annotations

from typing import Any

import click
from flask.cli import AppGroup

from policy_service.cli.desk import desk
from policy_service.cli.ehr_clients import writing
from policy_service.services.ehr_clients import (
    MODES,
    ClientSettings,
    change_settings,
    ehr_client,
    set_mode,
    settings_of,
)
from policy_service.services.external_identifiers import (
    NewIdentifier,
    register_identifier,
    remove_identifier,
)

ehr_answer_commands = AppGroup("ehr-answers")
_PRACTICE = click.option("--practice", "slug", help="Slug; needed where there are several.")


@ehr_answer_commands.command("mode")
@click.argument("client_id")
@click.argument("mode", type=click.Choice(MODES))
@_PRACTICE
def switch_mode(client_id: str, mode: str, slug: str | None) -> None:
    """Take the client CLIENT_ID live, or put it on trial (silent)."""
    with writing(slug) as context:
        changed = set_mode(context, client_id, mode)
    click.echo(f"{mode}" if changed else f"{mode} already")


@ehr_answer_commands.command("serve")
@click.argument("client_id")
@_PRACTICE
@click.option("--fhir-server", help="The one base URL its hook calls are read back from.")
@click.option("--answer-hours", type=int, help="Hours within which it reports what was done.")
@click.option("--suggest-issues/--no-issues", default=None, help="Offer to record a DetectedIssue.")
def serve(
    client_id: str,
    slug: str | None,
    fhir_server: str | None,
    answer_hours: int | None,
    suggest_issues: bool | None,
) -> None:
    """Change how the client CLIENT_ID is served; what is not given stays."""
    with writing(slug) as context:
        now = settings_of(ehr_client(context, client_id))
        wanted = ClientSettings(
            mode=now.mode,
            fhir_server=now.fhir_server if fhir_server is None else fhir_server,
            answer_hours=now.answer_hours if answer_hours is None else answer_hours,
            suggests_issues=now.suggests_issues if suggest_issues is None else suggest_issues,
        )
        changed = change_settings(context, desk().outbound, client_id, wanted)
    click.echo("changed" if changed else "nothing changed")


@ehr_answer_commands.command("identifier")
@click.argument("system")
@click.argument("value")
@_PRACTICE
@click.option("--clinician", help="Id of the clinician it means.")
@click.option("--account", help="Id of the account it means.")
@click.option("--remove", is_flag=True, help="It means nobody any more.")
def identifier(system: str, value: str, slug: str | None, **given: Any) -> None:
    """Let VALUE of SYSTEM (a URI, or Practitioner for the id of a reference) mean somebody."""
    with writing(slug) as context:
        if given["remove"]:
            remove_identifier(context, system, value)
        else:
            new = NewIdentifier(system, value, given["clinician"], given["account"])
            register_identifier(context, new)
    click.echo("removed" if given["remove"] else "registered")
