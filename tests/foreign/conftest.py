"""Verifiers that strangers wrote, built or found once a run (docs/design/audit-log.md)."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from policy_service.database import Database
from tests.conftest import skip_tier
from tests.foreign.logs import WrittenOut, write_out

HERE = Path(__file__).parent
GOPATH = Path("/usr/share/gocode")
PATIENCE = 120
"""Seconds a verifier may take: one that hangs has refused to answer, and the test fails."""
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def written_out(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[WrittenOut]:
    """A true log and a fork at each size (tests/foreign/logs.py)."""
    folder = tmp_path_factory.mktemp("written-out")
    copy = shutil.copy(sqlite_template, folder / "log.sqlite3")
    database = Database(f"sqlite:///{copy}")
    yield write_out(database, folder)
    database.dispose()
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def go_verifier(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """golang.org/x/mod/sumdb, from Debian's packages alone: no module is downloaded."""
    if shutil.which("go") is None or not (GOPATH / "src/golang.org/x/mod/sumdb").is_dir():
        skip_tier(
            pytestconfig, "foreign", "Debian's golang-go or golang-golang-x-mod-dev is missing"
        )
    folder = tmp_path_factory.mktemp("go")
    env = os.environ | {"GO111MODULE": "off", "GOPATH": str(GOPATH), "GOFLAGS": ""}
    env |= {"GOCACHE": str(folder / "cache"), "GOTOOLCHAIN": "local"}
    build = ["go", "build", "-o", str(folder / "verify"), "."]
    subprocess.run(build, cwd=HERE / "go", env=env, check=True, timeout=600)
    return _runner([str(folder / "verify")])


@pytest.fixture(scope="session")
def sigstore_verifier(pytestconfig: pytest.Config) -> Run:
    """@sigstore/verify, as tests/foreign/node/package-lock.json pins it."""
    return _script(pytestconfig, "@sigstore/verify", "verify.js")


@pytest.fixture(scope="session")
def openid_client(pytestconfig: pytest.Config) -> Run:
    """openid-client as a SMART backend service (tests/foreign/node/smart.mjs)."""
    return _script(pytestconfig, "openid-client", "smart.mjs")


@pytest.fixture(scope="session")
def medplum(pytestconfig: pytest.Config) -> Run:
    """@medplum/core as a CDS Hooks client (tests/foreign/node/cds.mjs)."""
    return _script(pytestconfig, "@medplum/core", "cds.mjs")


def _script(config: pytest.Config, package: str, script: str) -> Run:
    """A script over a package from npm, as tests/foreign/node/package-lock.json pins it."""
    if shutil.which("node") is None or not (HERE / "node/node_modules" / package).is_dir():
        skip_tier(config, "foreign", f"make foreign-node has not installed {package}")
    return _runner(["node", str(HERE / "node" / script)])


def _runner(command: list[str]) -> Run:
    def run(*arguments: str | Path, **more: Any) -> subprocess.CompletedProcess[str]:
        given = [*command, *map(str, arguments)]
        return subprocess.run(given, capture_output=True, text=True, timeout=PATIENCE, **more)

    return run


@pytest.fixture(scope="session")
def fhir_validators(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """fhir.js and Medplum's validator, as tests/foreign/fhir/package-lock.json pins them.

    The BALP profiles are compiled once a run by FSH Sushi, against the R4 definitions that Medplum
    ships, in a home of its own. It asks for newer packages and gets no answer.
    """
    tools = HERE / "fhir/node_modules"
    if shutil.which("node") is None or not (tools / "@medplum/core").is_dir():
        skip_tier(pytestconfig, "foreign", "make foreign-node has not installed fhir and medplum")
    home = tmp_path_factory.mktemp("sushi")
    core = home / ".fhir/packages/hl7.fhir.r4.core#4.0.1/package"
    _node(home, HERE / "fhir/core.cjs", core)
    guide = home / "guide"
    (guide / "input/fsh").mkdir(parents=True)
    shutil.copy(HERE / "fhir/sushi-config.yaml", guide)
    shutil.copy(HERE / "fhir/balp.fsh", guide / "input/fsh")
    _node(home, tools / "fsh-sushi/dist/app.js", "build", guide, "--snapshot")
    return _runner(
        ["node", str(HERE / "fhir/validate.cjs"), str(guide / "fsh-generated/resources")]
    )


def _node(home: Path, *command: str | Path) -> None:
    """Run a Node program with a home of its own and no way out."""
    nowhere = "http://127.0.0.1:9"
    env = os.environ | {"HOME": str(home), "https_proxy": nowhere, "http_proxy": nowhere}
    subprocess.run(
        ["node", *map(str, command)],
        env=env,
        check=True,
        capture_output=True,
        timeout=PATIENCE,
    )
