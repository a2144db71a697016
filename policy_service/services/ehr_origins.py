"""Web origins from which a browser may call the EHR standards door (CORS)."""

from __future__ import annotations

import re

from sqlalchemy import select

from policy_service.database.tables.directory import EhrClientRow
from policy_service.errors import ServiceError
from policy_service.services.desk import Desk

ORIGIN = re.compile(r"https?://[a-z0-9.-]{1,200}(:[0-9]{1,5})?", re.ASCII)
"""An origin as browsers send it (RFC 6454): scheme, host, and a port that is not the usual one."""


def is_allowed_origin(desk: Desk, origin: str) -> bool:
    """Whether a client in use is registered with this origin; False too where none can be read."""
    if not ORIGIN.fullmatch(origin):
        return False
    query = select(EhrClientRow.allowed_origins).where(
        EhrClientRow.withdrawn_at.is_(None), EhrClientRow.allowed_origins != ""
    )
    try:
        with desk.database.directory() as session:
            return any(origin in listed.split() for listed in session.scalars(query))
    except ServiceError:
        return False
