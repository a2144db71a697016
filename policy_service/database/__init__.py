"""The database: engines, practice-bound sessions, column types, tables, migrations.

database = Database("sqlite:///practice.sqlite3")
with database.read(practice_id) as session: ...
with database.write(practice_id) as session: ...
"""

from policy_service.database.base import Base, Directory, PracticeOwned
from policy_service.database.engines import EngineOptions
from policy_service.database.guard import ForeignPractice, PracticeUnbound, ReadOnly, practice_of
from policy_service.database.session import Database

__all__ = [
    "Base",
    "Database",
    "Directory",
    "EngineOptions",
    "ForeignPractice",
    "PracticeOwned",
    "PracticeUnbound",
    "ReadOnly",
    "practice_of",
]
