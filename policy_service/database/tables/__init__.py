"""Tables, one file per concept. Importing this package registers them all."""

from policy_service.database.tables import (
    accounts,
    audit,
    care,
    contacts,
    decisions,
    directory,
    duties,
    events,
    jobs,
    packs,
    people,
    previews,
    registry,
    reviews,
    screenings,
    ties,
)

__all__ = [
    "accounts",
    "audit",
    "care",
    "contacts",
    "decisions",
    "directory",
    "duties",
    "events",
    "jobs",
    "packs",
    "people",
    "previews",
    "registry",
    "reviews",
    "screenings",
    "ties",
]
