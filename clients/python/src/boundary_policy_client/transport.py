"""One HTTP exchange with nothing but the standard library, over within its time.

No redirect is followed: the key would go with it. Plain http is for loopback alone.
"""

from __future__ import annotations

import http.client
import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Timer
from typing import Any
from urllib.parse import urlsplit

MOST_BYTES = 16 * 1024 * 1024
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_PIECE = 65_536


class NoReply(Exception):
    """Nothing came that can be called an answer; the message says what happened instead."""


@dataclass(frozen=True)
class Reply:
    """Status, headers by lower-case name, and the whole body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Message:
    """A request to be sent."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes | None = None

    @classmethod
    def json(cls, path: str, body: Mapping[str, Any], headers: Mapping[str, str]) -> Message:
        """A POST of JSON."""
        raw = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        return cls("POST", path, {**headers, "Content-Type": "application/json"}, raw)


@dataclass(frozen=True)
class Address:
    """Where the service is. ValueError for plain http to anywhere but this machine."""

    host: str
    port: int | None
    is_https: bool
    prefix: str = ""
    tls: ssl.SSLContext | None = field(default=None, repr=False)

    @classmethod
    def of(cls, url: str, tls: ssl.SSLContext | None = None) -> Address:
        """Read `https://host[:port][/prefix]`."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query:
            raise ValueError("url: https://HOST[:PORT] is expected")
        if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
            raise ValueError("url: http is for this machine alone; the key would travel in clear")
        is_https = parts.scheme == "https"
        return cls(parts.hostname, parts.port, is_https, parts.path.rstrip("/"), tls)

    def connect(self, seconds: float) -> http.client.HTTPConnection:
        """A connection that was not opened yet."""
        if self.is_https:
            tls = self.tls or ssl.create_default_context()
            return http.client.HTTPSConnection(self.host, self.port, timeout=seconds, context=tls)
        return http.client.HTTPConnection(self.host, self.port, timeout=seconds)


def exchange(address: Address, message: Message, seconds: float) -> Reply:
    """Send and read the whole reply. NoReply after `seconds`, or where it is no whole reply.

    A server that trickles bytes would outlast the time of every single read, so a timer shuts the
    connection when the time of all is over. Looking up the host's name is the one part not timed.
    """
    if seconds <= 0:
        raise NoReply("there was no time left to ask")
    connection = address.connect(seconds)
    late = _Late(connection)
    timer = Timer(seconds, late.cut)
    timer.daemon = True
    timer.start()
    try:
        reply = _exchange(address, connection, message)
    except (OSError, http.client.HTTPException) as error:
        raise NoReply(late.reason or _reason(error)) from error
    finally:
        timer.cancel()
        connection.close()
    if late.reason:  # shut meanwhile: what was read may look whole and is not
        raise NoReply(late.reason)
    return reply


def _exchange(address: Address, connection: http.client.HTTPConnection, message: Message) -> Reply:
    connection.request(
        message.method, address.prefix + message.path, message.body, dict(message.headers)
    )
    response = connection.getresponse()
    body = _whole_body(response)
    headers = {name.lower(): value for name, value in response.getheaders()}
    return Reply(response.status, headers, body)


def _whole_body(response: http.client.HTTPResponse) -> bytes:
    """All of it: http.client takes an early end for the end when it reads by pieces."""
    expected = response.length
    pieces, size = [], 0
    while piece := response.read(_PIECE):
        pieces.append(piece)
        size += len(piece)
        if size > MOST_BYTES:
            raise NoReply(f"the answer is longer than {MOST_BYTES} bytes")
    if expected is not None and size != expected:
        raise NoReply("the answer was cut short")
    return b"".join(pieces)


class _Late:
    """Shuts a connection whose time is over, and remembers that it did."""

    def __init__(self, connection: http.client.HTTPConnection) -> None:
        self._connection = connection
        self.reason = ""

    def cut(self) -> None:
        self.reason = "the service did not answer in time"
        socket = self._connection.sock
        if socket is not None:
            try:
                socket.shutdown(2)
            except OSError:
                return  # it was closed already


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "the service did not answer in time"
    if isinstance(error, http.client.IncompleteRead):
        return "the answer was cut short"
    if isinstance(error, http.client.HTTPException):
        return "the answer is no HTTP"
    return "the service cannot be reached"
