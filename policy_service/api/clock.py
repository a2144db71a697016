"""The day of the desk's clock, which fields and views both need."""

from __future__ import annotations

from datetime import date

from flask import current_app

from policy_service.services.desk import Desk


def today() -> date:
    """The day of the desk's clock, UTC."""
    desk: Desk = current_app.extensions["policy_service"]
    return desk.clock().date()
