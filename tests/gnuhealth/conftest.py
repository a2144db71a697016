"""A live GNU Health and a live service beside it, on SQLite and on PostgreSQL."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from tests.conftest import BACKENDS, skip_tier
from tests.gnuhealth.hospital import Hospital, python_folder
from tests.gnuhealth.practice import ANNA, BEN, MARCO, Practice
from tests.postgresql_server import Server


@pytest.fixture(scope="session")
def gnuhealth_installed(pytestconfig: pytest.Config) -> None:
    """GNU Health in a Python of its own, as requirements-gnuhealth.txt pins it."""
    if not (python_folder() / "trytond").is_file():
        skip_tier(pytestconfig, "gnuhealth", "make gnuhealth has not installed it")


@pytest.fixture(scope="session")
def sqlite_hospital(
    gnuhealth_installed: None, tmp_path_factory: pytest.TempPathFactory
) -> Hospital:
    """An installed and seeded GNU Health to copy: one for all workers of a run."""
    folder = tmp_path_factory.getbasetemp()
    shared = (folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder) / "gnuhealth-made"
    shared.mkdir(exist_ok=True)
    made = Hospital(shared)
    with (shared / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (shared / "people.json").exists():
            made.install()
    made.people = json.loads((shared / "people.json").read_text(encoding="utf-8"))
    return made


def copy_of(template: Hospital, folder: Path) -> Hospital:
    """A GNU Health of a test's own."""
    folder.mkdir()
    shutil.copy(template.folder / "gh.sqlite", folder / "gh.sqlite")
    shutil.copy(template.folder / "password", folder / "password")
    return Hospital(folder, people=template.people)


@pytest.fixture
def postgresql_hospital(
    gnuhealth_installed: None, postgresql_server: Server, tmp_path: Path
) -> Iterator[Hospital]:
    """An installed and seeded GNU Health on PostgreSQL."""
    name = f"gh_{uuid4().hex}"
    engine = create_engine(postgresql_server.url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    url = postgresql_server.url.set(drivername="postgresql", database="")
    folder = tmp_path / "gnuhealth"
    folder.mkdir()
    made = Hospital(folder, uri=url.render_as_string(hide_password=False), database=name)
    made.install()
    yield made
    made.stop()
    with engine.connect() as connection:
        connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))


@pytest.fixture(params=BACKENDS)
def both(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Hospital, Practice]]:
    """GNU Health and the service, each on the same kind of database, each live."""
    if request.param == "sqlite":
        hospital = copy_of(request.getfixturevalue("sqlite_hospital"), tmp_path / "gnuhealth")
    else:
        hospital = request.getfixturevalue("postgresql_hospital")
    url = str(request.getfixturevalue(f"{request.param}_url"))
    yield from beside_each_other(hospital, url, tmp_path)


@pytest.fixture
def on_sqlite(
    sqlite_hospital: Hospital, sqlite_url: str, tmp_path: Path
) -> Iterator[tuple[Hospital, Practice]]:
    """The same on SQLite alone."""
    hospital = copy_of(sqlite_hospital, tmp_path / "gnuhealth")
    yield from beside_each_other(hospital, sqlite_url, tmp_path)


def beside_each_other(
    hospital: Hospital, service_database: str, folder: Path
) -> Iterator[tuple[Hospital, Practice]]:
    """Anna disclosed her brother Marco; Ben has no ties. Both servers run."""
    practice = Practice.open(service_database, folder)
    try:
        practice.register("anna", ANNA, hospital)
        practice.register("ben", BEN, hospital)
        practice.disclose("anna", "BRO", MARCO)
        practice.work()
        hospital.service_url = practice.served.url
        hospital.give_key(practice.front_desk_key)
        hospital.start()
        yield hospital, practice
    finally:
        hospital.stop()
        practice.close()
