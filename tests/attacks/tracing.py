"""strace on a process that decides and signs: counting its calls, and making one of them fail."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.attacks.children import Child, Place, take_orders
from tests.attacks.survey import Heard
from tests.cast import World
from tests.conftest import skip_tier

CALLS = ("pwrite64", "write", "sendto", "fsync", "fdatasync", "rename", "ftruncate")
"""What append, seal and sign ask of the system when something is to be kept."""
_CALL = re.compile(rf"\b({'|'.join(CALLS)})\(")


@pytest.fixture
def strace(pytestconfig: pytest.Config) -> str:
    """Debian's strace, if it may attach to a process of ours."""
    path = shutil.which("strace")
    if path is None:
        skip_tier(pytestconfig, "strace", "Debian's package strace is not installed")
    probe = subprocess.run([str(path), "true"], capture_output=True, text=True, check=False)
    if probe.returncode:
        skip_tier(pytestconfig, "strace", f"tracing is not permitted: {probe.stderr[-200:]}")
    return str(path)


@contextmanager
def _attached(strace: str, pid: int, *more: str) -> Iterator[None]:
    """Trace a process from now on, until its end or ours."""
    command = [strace, "-f", "-p", str(pid), *more]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as tracer:
        assert tracer.stderr is not None
        said = tracer.stderr.readline()
        assert "attached" in said, said
        yield
        tracer.terminate()


@dataclass
class Traced:
    """A process that decides and signs at each order, under strace; begun anew when it ends."""

    strace: str
    world: World
    heard: Heard
    child: Child | None = None

    def order(self, *more: str) -> str:
        """One decision and one head; returns what strace wrote down."""
        log = Path(self.world.settings.key_dir.parent) / "calls"
        child = self.child or self._begin()
        with _attached(self.strace, child.pid, "-o", str(log), *more):
            child.go()
            self._listen(child)
        return log.read_text(errors="replace")

    def _begin(self) -> Child:
        self.child = Child.start(take_orders, Place.of(self.world))
        self._listen(self.child)
        return self.child

    def _listen(self, child: Child) -> None:
        """Until the order is carried out, or the process is at its end."""
        try:
            while (said := child.said.recv())[0] != "done":
                self.heard.take([said])
        except EOFError:
            child.rest()
            self.child = None

    def end(self) -> None:
        """No more orders."""
        if self.child is not None:
            self.heard.take(self.child.kill())

    def count(self) -> Counter[str]:
        """The calls of one decision and one head."""
        return Counter(_CALL.findall(self.order("-e", f"trace={','.join(CALLS)}")))

    def fail_each(self, call: str) -> int:
        """Every call of that name fails once with an I/O error; returns how many did."""
        number = 0
        while True:
            inject = f"inject={call}:error=EIO:when={number + 1}"
            log = self.order("-e", f"trace={call}", "-e", inject)
            if "(INJECTED)" not in log:
                return number
            number += 1
