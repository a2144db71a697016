"""EHRs registered with the standing cast's practice, and the servers they have."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url

from tests.cast import World, world_like
from tests.interop.conformance.backend import Backend
from tests.interop.conformance.ehr import Ehr
from tests.interop.conformance.fhir_server import FhirServer, serving_fhir
from tests.interop.conformance.registering import (
    Registration,
    name_people,
    register,
    register_backend,
)
from tests.interop.conformance.tokens import es384, key_of
from tests.services.loopback import Host, web_server

ISSUER = "https://ehr.example.org"


@pytest.fixture(scope="session")
def named_cast(sqlite_cast: World, tmp_path_factory: pytest.TempPathFactory) -> World:
    """The standing cast, whose people the EHR has names for; to copy."""
    made = _copy(sqlite_cast, tmp_path_factory.mktemp("named"))
    with made.writing() as context:
        name_people(context, made)
    made.desk.database.dispose()
    return made


def _copy(made: World, folder: Path) -> World:
    file = Path(make_url(made.settings.database_url).database or "")
    copy = shutil.copy(file, folder / "world.sqlite3")
    return world_like(made, f"sqlite:///{copy}", folder)


@pytest.fixture(scope="module")
def shared_world(named_cast: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One for all tests of a module: for what no earlier call changes."""
    made = _copy(named_cast, tmp_path_factory.mktemp("shared"))
    yield made
    made.desk.database.dispose()


@pytest.fixture
def sqlite_world(named_cast: World, tmp_path: Path) -> Iterator[World]:
    """One for this test alone."""
    made = _copy(named_cast, tmp_path)
    yield made
    made.desk.database.dispose()


@pytest.fixture(scope="module")
def ehr(shared_world: World) -> Ehr:
    """A live EHR that signs with ES384."""
    return register(shared_world, ISSUER, es384())


@pytest.fixture
def fresh_ehr(sqlite_world: World) -> Ehr:
    """The same in a world of its own."""
    return register(sqlite_world, ISSUER, es384())


@pytest.fixture(scope="module")
def clients(shared_world: World) -> dict[str, Ehr]:
    """A live EHR for each algorithm."""
    return {
        alg: register(shared_world, f"https://{alg.lower()}.example.org", key_of(alg))
        for alg in ("ES384", "RS384")
    }


@pytest.fixture(scope="module")
def silent_ehr(shared_world: World) -> Ehr:
    """An EHR in silent mode."""
    silent = Registration(is_silent=True)
    return register(shared_world, "https://silent.example.org", es384(), silent)


@pytest.fixture
def fhir_server() -> Iterator[FhirServer]:
    """The FHIR server that is configured for `fetching_ehr`."""
    with serving_fhir() as server:
        yield server


@pytest.fixture
def stranger_server() -> Iterator[FhirServer]:
    """A server that is configured for nobody."""
    with serving_fhir() as server:
        yield server


@pytest.fixture
def key_host() -> Iterator[Host]:
    """Where a client publishes its keys."""
    with web_server() as host:
        yield host


@pytest.fixture
def fetching_ehr(sqlite_world: World, fhir_server: FhirServer) -> Ehr:
    """An EHR whose FHIR server may be asked, on this machine."""
    return register(sqlite_world, ISSUER, es384(), Registration(fhir_server=fhir_server.url))


@pytest.fixture(scope="module")
def backend(shared_world: World) -> Backend:
    """A SMART client that holds everything and signs with ES384."""
    return register_backend(shared_world, "a backend", es384())


@pytest.fixture
def fresh_backend(sqlite_world: World) -> Backend:
    """The same in a world of its own."""
    return register_backend(sqlite_world, "a backend", es384())


@pytest.fixture(scope="module")
def backends(shared_world: World) -> dict[str, Backend]:
    """A SMART client for each algorithm."""
    return {alg: register_backend(shared_world, alg, key_of(alg)) for alg in ("ES384", "RS384")}
