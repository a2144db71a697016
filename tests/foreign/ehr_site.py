"""An EHR's web site on loopback: a page that plays a CDS Hooks client, and its FHIR server.

The client's packages come as npm installed them; the page only says where their files are.
"""

from __future__ import annotations

import json
import mimetypes
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from tests.interop.conformance.fhir_server import found_in
from tests.interop.conformance.hooks import RESOURCES, Json, encounter
from tests.services.loopback import serving

NODE = Path(__file__).parent / "node"
PACKAGES = {
    "@medplum/core": "/node_modules/@medplum/core/dist/esm/index.mjs",
    "jose": "/node_modules/jose/dist/webapi/index.js",
}
SESSION = {"Encounter/encounter-1": encounter("tomas", "alma")}
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>EHR</title>
<script type="importmap">%s</script>
<script type="module">
import { play } from "/cds_client.mjs";
const shown = document.createElement("pre");
try {
  const given = await (await fetch("/play.json")).json();
  shown.textContent = JSON.stringify(await play(given));
} catch (error) {
  shown.textContent = JSON.stringify({ error: error.message, outcome: error.outcome });
}
shown.id = "told";
document.body.append(shown);
</script><body></body></html>"""


@dataclass
class EhrSite:
    """What the page is to play, and the records the FHIR server holds."""

    port: int = 0
    play: Json = field(default_factory=dict)
    resources: Mapping[str, Json] = field(default_factory=lambda: RESOURCES | SESSION)
    asked: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Its origin."""
        return f"http://127.0.0.1:{self.port}"

    def answer(self, path: str) -> tuple[int, str, bytes]:
        """Status, media type and body for a path."""
        if path == "/":
            imports = json.dumps({"imports": PACKAGES})
            return 200, "text/html", (PAGE % imports).encode()
        if path == "/play.json":
            return 200, "application/json", json.dumps(self.play).encode()
        if path.startswith("/fhir/"):
            self.asked.append(path)
            status, found = found_in(self.resources, path.removeprefix("/fhir"))
            return status, "application/fhir+json", json.dumps(found).encode()
        return self._file(path)

    def _file(self, path: str) -> tuple[int, str, bytes]:
        file = (NODE / path.lstrip("/")).resolve()
        if not (file.is_relative_to(NODE) and file.is_file()):
            return 404, "text/plain", b""
        kind = "text/javascript" if file.suffix in (".mjs", ".js") else _kind(file)
        return 200, kind, file.read_bytes()


def _kind(file: Path) -> str:
    return mimetypes.guess_type(file.name)[0] or "application/octet-stream"


def _handler(site: EhrSite) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, kind, body = site.answer(self.path)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    return Handler


@contextmanager
def serving_site() -> Iterator[EhrSite]:
    """The site on a free port of 127.0.0.1."""
    site = EhrSite()
    with serving(_handler(site)) as site.port:
        yield site
