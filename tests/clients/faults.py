"""A bad line between a client and the real service: it loses, cuts, delays and garbles answers."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

PASS, LOSE, CUT, HOLD, TRICKLE = "pass", "lose", "cut", "hold", "trickle"
BUSY = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: %d\r\nContent-Length: 0\r\n\r\n"
ENOUGH_SECONDS = 20


def says(body: bytes, status: bytes = b"201 Created") -> bytes:
    """A whole reply with this body, made up by the line."""
    return b"HTTP/1.1 %b\r\nContent-Length: %d\r\n\r\n%b" % (status, len(body), body)


@dataclass
class BadLine:
    """A port of its own before the service's. `faults` are used up one a connection, then PASS.

    A fault is one of the words above, or the bytes to reply without asking the service. `service`
    is the port behind it; `requests` are what came, as it came.
    """

    service: int
    faults: list[str | bytes] = field(default_factory=list)
    requests: list[bytes] = field(default_factory=list)
    is_over: threading.Event = field(default_factory=threading.Event)
    listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))

    @property
    def url(self) -> str:
        """Where the client believes the service to be."""
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def run(self) -> None:
        """Take connections until the line is closed."""
        while not self.is_over.is_set():
            try:
                caller, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(caller,), daemon=True).start()

    def _serve(self, caller: socket.socket) -> None:
        with caller, suppress(OSError):
            request = _read_message(caller)
            if not request:
                return
            self.requests.append(request)
            self._reply(caller, request, self.faults.pop(0) if self.faults else PASS)

    def _reply(self, caller: socket.socket, request: bytes, fault: str | bytes) -> None:
        if isinstance(fault, bytes):
            caller.sendall(fault)
            return
        if fault == HOLD:
            self.is_over.wait(ENOUGH_SECONDS)
            return
        answer = self._from_service(request)
        if fault == PASS:
            caller.sendall(answer)
        elif fault == CUT:
            caller.sendall(answer[: -len(answer) // 4])
        elif fault == TRICKLE:
            for at in range(len(answer)):
                caller.sendall(answer[at : at + 1])
                if self.is_over.wait(0.02):
                    return

    def _from_service(self, request: bytes) -> bytes:
        with socket.create_connection(("127.0.0.1", self.service), ENOUGH_SECONDS) as service:
            service.sendall(request)
            return _read_message(service)


def _read_message(connection: socket.socket) -> bytes:
    """Headers and the body that they announce; less where the other side hangs up."""
    raw = b""
    while b"\r\n\r\n" not in raw:
        piece = connection.recv(65_536)
        if not piece:
            return raw
        raw += piece
    head, _, body = raw.partition(b"\r\n\r\n")
    length = next(
        (
            int(line.partition(b":")[2])
            for line in head.lower().split(b"\r\n")
            if line.startswith(b"content-length:")
        ),
        0,
    )
    while len(body) < length:
        piece = connection.recv(65_536)
        if not piece:
            break
        body += piece
    return head + b"\r\n\r\n" + body


@contextmanager
def bad_line(service: int) -> Iterator[BadLine]:
    """A line that is closed when the test is over."""
    line = BadLine(service)
    thread = threading.Thread(target=line.run, daemon=True)
    thread.start()
    try:
        yield line
    finally:
        line.is_over.set()
        with suppress(OSError):
            line.listener.shutdown(socket.SHUT_RDWR)
        line.listener.close()
        thread.join()
