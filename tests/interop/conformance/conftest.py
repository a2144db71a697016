"""EHRs registered with the standing cast's practice, and the servers they have."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cast import World
from tests.interop.conformance.backend import Backend
from tests.interop.conformance.ehr import Ehr
from tests.interop.conformance.fhir_server import FhirServer, serving_fhir
from tests.interop.conformance.registering import Registration, register, register_backend
from tests.interop.conformance.tokens import es384, key_of
from tests.services.loopback import Host, web_server

ISSUER = "https://ehr.example.org"


@pytest.fixture
def ehr(sqlite_world: World) -> Ehr:
    """A live EHR that signs with ES384."""
    return register(sqlite_world, ISSUER, es384())


@pytest.fixture
def clients(sqlite_world: World) -> dict[str, Ehr]:
    """A live EHR for each algorithm."""
    return {
        alg: register(sqlite_world, f"https://{alg.lower()}.example.org", key_of(alg))
        for alg in ("ES384", "RS384")
    }


@pytest.fixture
def silent_ehr(sqlite_world: World) -> Ehr:
    """An EHR in silent mode."""
    return register(sqlite_world, ISSUER, es384(), Registration(is_silent=True))


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


@pytest.fixture
def backend(sqlite_world: World) -> Backend:
    """A SMART client that holds everything and signs with ES384."""
    return register_backend(sqlite_world, "a backend", es384())


@pytest.fixture
def backends(sqlite_world: World) -> dict[str, Backend]:
    """A SMART client for each algorithm."""
    return {alg: register_backend(sqlite_world, alg, key_of(alg)) for alg in ("ES384", "RS384")}
