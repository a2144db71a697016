"""Tables, one file per concept. Importing this package registers them all."""

from policy_service.database.tables import (
    accounts,
    audit,
    care,
    decisions,
    directory,
    duties,
    events,
    jobs,
    matching,
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
    "decisions",
    "directory",
    "duties",
    "events",
    "jobs",
    "matching",
    "packs",
    "people",
    "previews",
    "registry",
    "reviews",
    "screenings",
    "ties",
]
