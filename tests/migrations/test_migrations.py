"""Migrations: one line of numbered steps that go up and down on both databases."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.engine.interfaces import ReflectedIndex
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from policy_service.database import Base, engines, migrate, tables
from policy_service.services.duties import attestation_duty

VERSIONS = migrate.ROOT / "migrations" / "versions"
NUMBERED = re.compile(r"(\d{4})_[a-z0-9_]+\.py")


def _differences(connection: Connection, models: type[DeclarativeBase]) -> list[object]:
    options = {"compare_type": True, "render_as_batch": True}
    return compare_metadata(MigrationContext.configure(connection, opts=options), models.metadata)


def _schema(url: str) -> dict[str, object]:
    """Every table but Alembic's own, with its columns, keys and indexes."""
    engine = engines.create(url, migrate.OPTIONS)
    with engine.connect() as connection:
        found = inspect(connection)
        names = sorted(set(found.get_table_names()) - {"alembic_version"})
        seen: dict[str, object] = {
            name: (
                [(column["name"], str(column["type"])) for column in found.get_columns(name)],
                found.get_pk_constraint(name),
                found.get_foreign_keys(name),
                # A partial index's condition is a clause that equals only itself.
                [_as_text(index) for index in found.get_indexes(name)],
            )
            for name in names
        }
    engine.dispose()
    return seen


def _as_text(index: ReflectedIndex) -> dict[str, object]:
    options = index.get("dialect_options", {})
    return {**index, "dialect_options": {name: str(value) for name, value in options.items()}}


def test_there_is_at_most_one_head() -> None:
    assert len(migrate.scripts().get_heads()) <= 1


def test_steps_are_numbered_without_gaps_and_named_like_their_revision() -> None:
    files = sorted(path.name for path in VERSIONS.glob("*.py"))
    matches = [NUMBERED.fullmatch(name) for name in files]
    assert all(matches), files
    numbers = [match.group(1) for match in matches if match]
    assert numbers == [f"{number:04d}" for number in range(1, len(files) + 1)]
    revisions = [step.revision for step in migrate.scripts().walk_revisions()]
    assert sorted(revisions) == numbers


def test_up_down_up_ends_in_the_same_schema(bare_database_url: str) -> None:
    migrate.upgrade(bare_database_url)
    assert migrate.current(bare_database_url) == migrate.head()
    first = _schema(bare_database_url)
    migrate.downgrade(bare_database_url, "base")
    assert _schema(bare_database_url) == {}
    assert migrate.current(bare_database_url) is None
    migrate.upgrade(bare_database_url)
    assert _schema(bare_database_url) == first


def test_upgrading_twice_changes_nothing(bare_database_url: str) -> None:
    migrate.upgrade(bare_database_url)
    first = _schema(bare_database_url)
    migrate.upgrade(bare_database_url)
    assert _schema(bare_database_url) == first


def test_models_equal_the_migrated_schema(database_url: str) -> None:
    assert tables.__doc__
    engine = engines.create(database_url, migrate.OPTIONS)
    with engine.connect() as connection:
        assert _differences(connection, Base) == []
    engine.dispose()


def test_a_model_without_a_migration_is_noticed(database_url: str) -> None:
    class Other(DeclarativeBase):
        pass

    class Forgotten(Other):
        __tablename__ = "forgotten"
        id: Mapped[int] = mapped_column(primary_key=True)

    engine = engines.create(database_url, migrate.OPTIONS)
    with engine.connect() as connection:
        found = _differences(connection, Other)
    engine.dispose()
    assert any(entry[0] == "add_table" for entry in found if isinstance(entry, tuple))


def test_the_command_line_reads_the_same_url(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from alembic.config import main

    path = tmp_path / "by-command.sqlite3"
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{path}")
    monkeypatch.chdir(migrate.ROOT)
    main(["upgrade", "head"])
    assert path.exists()
    assert migrate.current(f"sqlite:///{path}") == migrate.head()


def test_duties_to_attest_are_taken_over_with_the_key_the_service_gives_them(
    bare_database_url: str,
) -> None:
    migrate.upgrade(bare_database_url, "0002")
    clinician = "11111111-1111-4111-8111-111111111111"
    with closing_engine(bare_database_url) as engine, engine.begin() as connection:
        for number, done_at in ((1, None), (2, None), (3, "2026-01-05 00:00:00+00:00")):
            connection.execute(_OLD_DUTY, _old_duty(clinician, number, done_at))
    migrate.upgrade(bare_database_url)
    with closing_engine(bare_database_url) as engine, engine.connect() as connection:
        rows = connection.execute(
            text("SELECT id, key, state, next_step_on, closed_at FROM duty ORDER BY id")
        ).all()
    assert {row.key for row in rows} == {attestation_duty(clinician).key}
    assert [row.state for row in rows] == ["open", "not_applicable", "done"]
    assert [row.next_step_on for row in rows] == ["2026-01-01", None, None]
    assert [row.closed_at is None for row in rows] == [True, False, False]


_OLD_DUTY = text(
    "INSERT INTO duty (practice_id, id, kind, clinician_id, raised_at, due_on, done_at) "
    "VALUES (:practice, :id, 'attest', :clinician, :raised_at, '2026-01-15', :done_at)"
)


def _old_duty(clinician: str, number: int, done_at: str | None) -> dict[str, str | None]:
    practice = "22222222-2222-4222-8222-222222222222"
    duty = f"33333333-3333-4333-8333-33333333333{number}"
    raised_at = f"2026-01-0{number} 00:00:00+00:00"
    return {
        "practice": practice,
        "id": duty,
        "clinician": clinician,
        "raised_at": raised_at,
        "done_at": done_at,
    }


@contextmanager
def closing_engine(url: str) -> Iterator[Engine]:
    engine = engines.create(url, migrate.OPTIONS)
    yield engine
    engine.dispose()
