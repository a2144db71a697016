"""What every command begins with: the desk of the application, and which practice is meant."""

from __future__ import annotations

import click
from flask import current_app

from policy_service.services.desk import Desk
from policy_service.services.directory import practices


def desk() -> Desk:
    """The desk of the running application."""
    found: Desk = current_app.extensions["policy_service"]
    return found


def practice_of(slug: str | None) -> str:
    """The practice of that slug, or the only one there is."""
    found = {practice.slug: practice.id for practice in practices(desk())}
    if slug is None and len(found) == 1:
        return next(iter(found.values()))
    if slug not in found:
        raise click.BadParameter(f"allowed: {', '.join(sorted(found)) or 'no practice yet'}")
    return found[slug]
