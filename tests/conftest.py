"""Fixtures for all tests. Choose the smallest that has what you need; else build it in the test.

`database_url`, `database`   an empty migrated database of this test's own, once on SQLite and once
                             on PostgreSQL
`sqlite_url`, `postgresql_url`   the same on one of the two
`bare_database_url`          without migrations: no table at all, on both
`module_database_url`        one for all tests of the module, on both
`world`                      a service with the standing cast of tests/cast.py, on both;
                             `sqlite_world`, `postgresql_world` on one of the two; `twin_world` a
                             second like `world`
`chromium`                   path of Debian's Chromium

A tier that this machine cannot run is skipped and named at the end of the run. With
POLICY_TEST_REQUIRE=postgresql,browser,foreign,strace,gnuhealth such a skip is a failure.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser, sync_playwright
from sqlalchemy import URL, Engine, create_engine, make_url, text
from sqlalchemy.pool import NullPool

from policy_service.database import Database, engines, migrate
from policy_service.database.engines import EngineOptions
from tests.cast import World, empty_world, populate, world_like
from tests.postgresql_server import NoServer, Server, running_server

CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

BACKENDS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]
# No deadline: machines are slow at times, and no test here is about time.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")
_missing = pytest.StashKey[dict[str, str]]()
_found = pytest.StashKey[dict[str, str]]()


def pytest_configure(config: pytest.Config) -> None:
    """Keep what was found and what was missing for the summary."""
    config.stash[_missing], config.stash[_found] = {}, {}


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A process of several tells the one that prints the summary."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["tiers"] = [session.config.stash[_found], session.config.stash[_missing]]


@pytest.hookimpl(optionalhook=True)  # of xdist
def pytest_testnodedown(node: Any) -> None:
    """What a process told before it ended; nothing if it crashed."""
    told = getattr(node, "workeroutput", {}).get("tiers", [{}, {}])
    for kept, more in zip((_found, _missing), told, strict=True):
        node.config.stash[kept].update(more)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which tiers ran on what, and which did not run."""
    config = terminalreporter.config
    for tier, source in config.stash[_found].items():
        terminalreporter.write_line(f"{tier}: ran on {source}")
    for tier, reason in config.stash[_missing].items():
        terminalreporter.write_line(f"{tier}: SKIPPED, {reason}", yellow=True)


@pytest.hookimpl(tryfirst=True)  # before -m picks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever needs a PostgreSQL or a browser carries the mark of its tier."""
    for item in items:
        names = getattr(item, "fixturenames", ())
        if "postgresql_server" in names:
            item.add_marker("postgresql")
        if "chromium" in names:
            item.add_marker("browser")


def skip_tier(config: pytest.Config, tier: str, reason: str) -> None:
    """Skip, or fail where POLICY_TEST_REQUIRE names the tier."""
    config.stash[_missing][tier] = reason
    if tier in os.environ.get("POLICY_TEST_REQUIRE", "").split(","):
        pytest.fail(f"{tier} is required here: {reason}", pytrace=False)
    pytest.skip(f"{tier}: {reason}")


@pytest.fixture(scope="session", autouse=True)
def _statements_are_compiled_once() -> Iterator[None]:
    """Once in a process: SQLAlchemy does it once an engine, and each test has an engine."""
    make, first = engines.create, dict[str, Engine]()

    def create(url: str, options: EngineOptions) -> Engine:
        engine = make(url, options)
        known = first.setdefault(engine.dialect.name, engine)
        engine.dialect = engine.pool._dialect = known.dialect
        engine._compiled_cache = known._compiled_cache
        engine._compiled_cache.capacity = 5000
        return engine

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engines, "create", create)
        yield


@pytest.fixture(scope="session")
def postgresql_server(pytestconfig: pytest.Config) -> Iterator[Server]:
    """One server per run (per worker under xdist)."""
    try:
        with running_server() as server:
            pytestconfig.stash[_found]["postgresql"] = server.source
            yield server
    except NoServer as error:
        skip_tier(pytestconfig, "postgresql", str(error))


@pytest.fixture(scope="session")
def chromium(pytestconfig: pytest.Config) -> str:
    """Debian's Chromium; no browser is ever downloaded."""
    path = shutil.which("chromium")
    if path is None:
        skip_tier(pytestconfig, "browser", "Debian's package chromium is not installed")
    pytestconfig.stash[_found]["browser"] = str(path)
    return str(path)


@pytest.fixture(scope="session")
def running_browser(chromium: str) -> Iterator[Browser]:
    """One Chromium for all tests of a process: Playwright's loop runs once in each."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file to copy."""
    path = tmp_path_factory.mktemp("template") / "migrated.sqlite3"
    migrate.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgresql_template(postgresql_server: Server) -> Iterator[str]:
    """A migrated database to copy."""
    with _postgresql_copy(postgresql_server, "template1") as url:
        migrate.upgrade(url)
        yield str(make_url(url).database)


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A fresh migrated SQLite file."""
    return _sqlite_copy(sqlite_template, tmp_path)


@pytest.fixture
def postgresql_url(postgresql_server: Server, postgresql_template: str) -> Iterator[str]:
    """A fresh migrated PostgreSQL database."""
    with _postgresql_copy(postgresql_server, postgresql_template) as url:
        yield url


@pytest.fixture(params=BACKENDS)
def database_url(request: pytest.FixtureRequest) -> str:
    """A fresh migrated database, on SQLite and on PostgreSQL."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """The same, opened."""
    opened = Database(database_url)
    yield opened
    opened.dispose()


@pytest.fixture(params=BACKENDS)
def bare_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without any table, on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'bare.sqlite3'}"
        return
    with _postgresql_copy(request.getfixturevalue("postgresql_server"), "template1") as url:
        yield url


@pytest.fixture(scope="module", params=BACKENDS)
def module_database_url(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """A migrated database for all tests of one module, on SQLite and on PostgreSQL."""
    template = request.getfixturevalue(f"{request.param}_template")
    if request.param == "sqlite":
        yield _sqlite_copy(template, tmp_path_factory.mktemp("module"))
        return
    with _postgresql_copy(request.getfixturevalue("postgresql_server"), template) as url:
        yield url


def _sqlite_copy(template: Path, folder: Path) -> str:
    copy = shutil.copy(template, folder / f"{uuid4().hex}.sqlite3")
    return f"sqlite:///{copy}"


@contextmanager
def _postgresql_copy(server: Server, template: str) -> Iterator[str]:
    name = f"t_{uuid4().hex}"
    _administer(server.url, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    try:
        yield server.url.set(database=name).render_as_string(hide_password=False)
    finally:
        _administer(server.url, f'DROP DATABASE "{name}" WITH (FORCE)')


def _administer(url: URL, statement: str) -> None:
    engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


@pytest.fixture(scope="session")
def sqlite_cast(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> World:
    """The standing cast, to copy."""
    folder = tmp_path_factory.mktemp("cast")
    made = populate(empty_world(_sqlite_copy(sqlite_template, folder), folder))
    made.desk.database.dispose()
    return made


@pytest.fixture(scope="session")
def postgresql_cast(
    postgresql_server: Server, postgresql_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """The standing cast in two practices, to copy."""
    with _postgresql_copy(postgresql_server, postgresql_template) as url:
        made = populate(empty_world(url, tmp_path_factory.mktemp("cast")))
        made.desk.database.dispose()
        yield made


@contextmanager
def _copy_of_the_cast(
    request: pytest.FixtureRequest, backend: str, folder: Path
) -> Iterator[World]:
    """A world of its own: a copy of the cast's database and keys."""
    cast: World = request.getfixturevalue(f"{backend}_cast")
    folder.mkdir(exist_ok=True)
    with ExitStack() as stack:
        url = make_url(cast.settings.database_url)
        if backend == "sqlite":
            own = _sqlite_copy(Path(str(url.database)), folder)
        else:
            server = request.getfixturevalue("postgresql_server")
            own = stack.enter_context(_postgresql_copy(server, str(url.database)))
        made = world_like(cast, own, folder)
        stack.callback(made.desk.database.dispose)
        yield made


@pytest.fixture(params=BACKENDS)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """The standing cast (tests/cast.py) in a service of its own, on both databases."""
    with _copy_of_the_cast(request, request.param, tmp_path) as made:
        yield made


@pytest.fixture
def sqlite_world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """The same on SQLite alone, for what does not depend on the database."""
    with _copy_of_the_cast(request, "sqlite", tmp_path) as made:
        yield made


@pytest.fixture
def postgresql_world(
    request: pytest.FixtureRequest, postgresql_server: Server, tmp_path: Path
) -> Iterator[World]:
    """The same on PostgreSQL alone, where Dana has a practice of her own."""
    with _copy_of_the_cast(request, "postgresql", tmp_path) as made:
        yield made


@pytest.fixture
def twin_world(request: pytest.FixtureRequest, world: World, tmp_path: Path) -> Iterator[World]:
    """A second world like `world`, on the same kind of database: for paired worlds."""
    with _copy_of_the_cast(request, world.desk.database.dialect, tmp_path / "twin") as made:
        yield made
