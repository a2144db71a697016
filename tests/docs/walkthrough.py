"""A page whose blocks are run, in order, against a live service.

```http    is sent as it stands; under it: Answers NNN; keep `part` as `name`
```python  is run in one namespace for the whole page, with URL, BASE and API_KEY in it
```sh      is run in one scratch folder for the whole page

Under a block of the last two may stand: Prints `text`. (somewhere in its output), and: Keep what
it prints as `name`. `{{name}}` stands for a value kept before; `{{now}}` is there from the
beginning. A request to CDS Hooks bears a token made by the function `signed` of the page itself.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests

BLOCK = re.compile(
    r"^```(?P<kind>http|python|sh)\n(?P<code>.*?)^```\n\n(?P<under>[^\n]*(?:\n[^\n`#|]+)*)?",
    re.MULTILINE | re.DOTALL,
)
ANSWERS = re.compile(r"Answers (?P<status>\d{3})")
KEEP = re.compile(r"keep `(?P<part>[\w.]+)` as `(?P<name>\w+)`")
KEEP_PRINTED = re.compile(r"Keep what it prints as `(?P<name>\w+)`")
PRINTS = re.compile(r"Prints `(?P<text>[^`]+)`")
SHEBANG = "set -euo pipefail\n"
TIMEOUT_SECONDS = 120
ISSUER = "https://ehr.example.org/fhir"


@dataclass(frozen=True)
class Block:
    """One block of the page: where it stands, what it is, and what is said under it."""

    line: int
    kind: str
    code: str
    under: str


@dataclass
class Walk:
    """Somebody who follows the page: what they kept so far, and where they are."""

    url: str
    key: str
    folder: Path
    environment: dict[str, str]
    kept: dict[str, str] = field(default_factory=dict)
    namespace: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        self.kept |= {"now": now}
        self.namespace |= {"URL": self.url, "BASE": self.url, "API_KEY": self.key}

    def follow(self, block: Block) -> None:
        """Run one block; AssertionError where it does not do what the page says."""
        where = f"line {block.line}"
        code = self._filled(block.code)
        if block.kind == "http":
            self._send(block, code, where)
            return
        printed = self._run_python(code) if block.kind == "python" else self._run_sh(code, where)
        for wanted in PRINTS.finditer(block.under):
            assert self._filled(wanted["text"]) in printed, f"{where}: printed {printed!r}"
        for keep in KEEP_PRINTED.finditer(block.under):
            self.kept[keep["name"]] = self.namespace[keep["name"]] = printed.strip()

    def _filled(self, text: str) -> str:
        return re.sub(r"\{\{(\w+)\}\}", lambda found: self.kept[found[1]], text)

    def _send(self, block: Block, code: str, where: str) -> None:
        head, _, body = code.partition("\n\n")
        first, *lines = head.strip().splitlines()
        method, path = first.split(" ", 1)
        headers = {"Authorization": f"Bearer {self._bearer(path)}"}
        if body.strip():
            headers["Content-Type"] = "application/json"
        headers |= dict(line.split(": ", 1) for line in lines)
        answer = requests.request(
            method,
            self.url + path,
            headers={name: text for name, text in headers.items() if text != "none"},
            data=body.strip("\n").encode() or None,
            timeout=TIMEOUT_SECONDS,
            allow_redirects=False,
        )
        said = ANSWERS.search(block.under)
        assert said, f"{where}: a request without an answer under it"
        assert answer.status_code == int(said["status"]), f"{where}: {answer.text}"
        for keep in KEEP.finditer(block.under):
            self.kept[keep["name"]] = _part(answer.json(), keep["part"])

    def _bearer(self, path: str) -> str:
        if not path.startswith("/cds-services"):
            return self.key
        return str(self.namespace["signed"](ISSUER, self.url + path))

    def _run_python(self, code: str) -> str:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed), contextlib.chdir(self.folder):
            exec(compile(code, "docs/integrating.md", "exec"), self.namespace)  # noqa: S102 - the page's own
        made = self.namespace.items()
        self.kept |= {name: text for name, text in made if isinstance(text, str)}
        return printed.getvalue()

    def _run_sh(self, code: str, where: str) -> str:
        folder = Path(sys.executable).parent
        script = SHEBANG + code.replace(".venv/bin/", f"{folder}/")
        given = {**os.environ, **self.environment}
        given["PATH"] = f"{folder}:{given['PATH']}"
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=self.folder,
            env=given,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
        assert done.returncode == 0, f"{where}: {done.stdout}{done.stderr}"
        return done.stdout


def blocks_of(text: str) -> Iterator[Block]:
    """The blocks of a page in order. Anything in a fence of these kinds is one."""
    for found in BLOCK.finditer(text):
        line = text[: found.start()].count("\n") + 1
        yield Block(line, found["kind"], found["code"], found["under"] or "")


def fences(text: str) -> int:
    """How many blocks there are to be found."""
    return len(re.findall(r"^```(?:http|python|sh)$", text, re.MULTILINE))


def _part(body: Any, path: str) -> str:
    for name in path.split("."):
        body = body[int(name)] if isinstance(body, list) else body[name]
    return str(body)
