"""The witness over HTTP: `POST /add-checkpoint`, and what it knows for whoever asks.

The standard library's server, one thread a connection: a witness gets a request a second at most.
Put a proxy that speaks https in front where the network between is not trusted; what is sent is
public and signed, so nobody on the way can forge it or learn of anybody.
"""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import structlog

from policy_service.audit.witness.cosigner import Reply, Witness

MOST_BYTES = 64 * 1024
"""The longest request: 63 proof lines and a checkpoint have a tenth of this."""
PATIENCE = 10.0
"""Seconds a connection may be silent."""
_log = structlog.get_logger()


class WitnessServer(ThreadingHTTPServer):
    """Serves one witness until `shutdown`."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], witness: Witness) -> None:
        super().__init__(address, _Handler)
        self.witness = witness


class _Handler(BaseHTTPRequestHandler):
    server: WitnessServer
    protocol_version = "HTTP/1.1"
    server_version = "policy-service-witness"
    sys_version = ""
    timeout = PATIENCE

    def do_POST(self) -> None:
        """`/add-checkpoint`."""
        if self.path != "/add-checkpoint":
            self._send(Reply(404, "only /add-checkpoint is posted to\n"), close=True)
            return
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > MOST_BYTES:
            self._send(Reply(400, f"at most {MOST_BYTES} bytes, with Content-Length\n"), close=True)
            return
        reply = self.server.witness.add_checkpoint(self.rfile.read(int(length)))
        _log.info("submission answered", status=reply.status)
        self._send(reply)

    def do_GET(self) -> None:
        """`/` what the witness knows; `/checkpoint?origin=…` the newest head it cosigned."""
        asked = urlsplit(self.path)
        if asked.path == "/":
            self._send(Reply(200, self.server.witness.standing()))
        elif asked.path == "/checkpoint":
            self._send(self._checkpoint(parse_qs(asked.query).get("origin", [""])[0]))
        else:
            self._send(Reply(404, "there is / and /checkpoint?origin=ORIGIN\n"))

    def _checkpoint(self, origin: str) -> Reply:
        note = self.server.witness.latest(origin) if origin in self.server.witness.logs else None
        return Reply(200, note.to_text()) if note else Reply(404, "no head of that origin\n")

    def _send(self, reply: Reply, *, close: bool = False) -> None:
        body = reply.body.encode()
        self.close_connection = self.close_connection or close
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are logged where they are answered, and not a second time here."""
