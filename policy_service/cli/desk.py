"""What every command begins with: the desk, which practice is meant, and who is at the shell."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import click
from flask import current_app
from sqlalchemy import select

from policy_service.database.tables.directory import LoginRow
from policy_service.domain.principals import Principal
from policy_service.services.desk import Desk
from policy_service.services.directory import practices
from policy_service.services.imports.roster_folder import RosterFolder
from policy_service.services.logins import principal_of
from policy_service.services.passwords import password_matches
from policy_service.settings import Settings


def desk() -> Desk:
    """The desk of the running application."""
    found: Desk = current_app.extensions["policy_service"]
    return found


def roster_folder() -> RosterFolder | None:
    """Where rosters are dropped, if the operator said so."""
    settings: Settings = current_app.extensions["policy_service_settings"]
    folder = settings.roster_folder
    return None if folder is None else RosterFolder(folder, settings.max_upload_bytes)


def practice_of(slug: str | None) -> str:
    """The practice of that slug, or the only one there is."""
    found = {practice.slug: practice.id for practice in practices(desk())}
    if slug is None and len(found) == 1:
        return next(iter(found.values()))
    if slug not in found:
        raise click.BadParameter(f"allowed: {', '.join(sorted(found)) or 'no practice yet'}")
    return found[slug]


def officer_of(given: Mapping[str, Any]) -> Principal:
    """The account of `officer` at the practice `slug`, once its password was given.

    `password_stdin`: read it from standard input instead of asking for it.
    """
    practice_id = practice_of(given["slug"])
    with desk().database.directory() as session:
        email = given["officer"].strip().lower()
        row = session.scalars(
            select(LoginRow).filter_by(practice_id=practice_id, email=email, disabled_at=None)
        ).first()
    password = (
        sys.stdin.readline().rstrip("\r\n")
        if given["password_stdin"]
        else click.prompt("Password", hide_input=True)
    )
    if not password_matches(row.password_hash if row else None, password) or row is None:
        raise click.ClickException("No account in use has this address and password.")
    return principal_of(row)
