"""The one place that opens an outgoing connection to a configured host, and what it refuses.

An address in a form, a webhook or a key set may point anywhere, also into the network the service
stands in (server-side request forgery, OWASP API7:2023). So: https only (plain http to this machine
alone, and only where the operator allows it); the name is looked up once, every address it has is
judged by `AddressRules`, and the connection goes to one of those very addresses, so that a second
answer of the name server changes nothing; no redirect is followed; no proxy of the environment is
asked; the certificate must be of the host's name; size and time of the whole exchange are bounded.
"""

from __future__ import annotations

import http.client
import re
import socket
import ssl
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from urllib.parse import SplitResult, urlsplit

from policy_service.services.address_rules import (
    OPERATORS_OWN,
    Address,
    AddressRules,
    readable_address,
)
from policy_service.services.deadlines import Deadline, DeadlineChannel, DeadlinePassed

_PORTS = {"https": 443, "http": 80}
_NAME = re.compile(r"[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?")
_VISIBLE = re.compile(r"[!-~]+")
Lookup = Callable[[str, int], list[Address]]
"""Every address of a name; OSError where it has none."""


class OutboundError(Exception):
    """No answer was had. The message names host and cause, never a path, a header or a body."""


class AddressRefused(OutboundError):
    """The address may not be reached. No connection was opened."""


class NotReached(OutboundError):
    """No connection, no TLS with the right name, or no HTTP answer at its end."""


class TookTooLong(NotReached):
    """The whole exchange did not end in the time it had."""


class AnswerTooLarge(OutboundError):
    """The answer is larger than the request allows; none of it is used."""


@dataclass(frozen=True, slots=True)
class Request:
    """What to ask. `seconds` bounds the exchange from lookup to last byte, `most_bytes` the body.

    Header names are sent as given; Host, Content-Length and Connection are ours.
    """

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    seconds: float = 5.0
    most_bytes: int = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whatever its status; a redirect is an answer. Header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_success(self) -> bool:
        """A status of the 200s."""
        return 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class Target:
    """The host a URL names, and what to ask it."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """The Host header: the port only where it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


def look_up(host: str, port: int) -> list[Address]:
    """The system's resolver, once."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = (ip_address(str(entry[4][0]).partition("%")[0]) for entry in found)
    return list(dict.fromkeys(addresses))


def read_target(url: str) -> Target:
    """The parts of a URL. AddressRefused where it is not plainly https://host[:port]/path."""
    parts = _split(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise AddressRefused("allowed is an address that begins with https:// and a host")
    if parts.username is not None or parts.password is not None or "#" in url:
        raise AddressRefused("allowed is an address without a user, a password or a #fragment")
    host = parts.hostname
    if readable_address(host) is None and not _NAME.fullmatch(host):
        raise AddressRefused(
            "allowed is a host of letters, digits, dots and hyphens, or an address"
        )
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, host, _port(parts), path)


def _split(url: str) -> SplitResult:
    """A backslash or a space is read differently by different programs: neither may stand here."""
    if not _VISIBLE.fullmatch(url) or "\\" in url or len(url) > 2000:
        raise AddressRefused("allowed are at most 2000 visible ASCII characters, no backslash")
    try:
        return urlsplit(url)
    except ValueError:
        raise AddressRefused("allowed is an address that begins with https:// and a host") from None


def _port(parts: SplitResult) -> int:
    try:
        port = parts.port or _PORTS[parts.scheme]
    except ValueError:
        raise AddressRefused("allowed is a port from 1 to 65535") from None
    return port


@dataclass(frozen=True, slots=True)
class Outbound:
    """Outgoing requests under one set of rules. Made once, by `app`; every part of it is constant.

    `ca_file` holds certificate authorities trusted besides those of the system.
    """

    rules: AddressRules = field(default_factory=AddressRules)
    ca_file: Path | None = None
    lookup: Lookup = look_up

    def fetch(self, request: Request) -> Answer:
        """One request, one answer. Raises an OutboundError where there is none."""
        deadline = Deadline(request.seconds)
        target = read_target(request.url)
        try:
            with closing(self._connect(target, deadline)) as connected:
                return _exchange(DeadlineChannel(connected, deadline), target, request)
        except (TimeoutError, DeadlinePassed):
            raise TookTooLong(f"{target.host} took over {request.seconds:g} seconds") from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise NotReached(f"{target.host}: {type(error).__name__}") from error

    def examine(self, url: str) -> Target:
        """What can be said of an address before it is stored: its form, and a written-out address.

        A name is judged when it is looked up, for each request anew.
        """
        target = read_target(url)
        written = readable_address(target.host)
        if written is not None:
            self._judge(target, [written])
        elif target.scheme != "https" and not (self.rules.loopback or self.rules.plain):
            raise AddressRefused("allowed is an address that begins with https://")
        return target

    def for_operators_own(self) -> Outbound:
        """The same for an address that the operator wrote into the settings."""
        return replace(self, rules=OPERATORS_OWN)

    def _connect(self, target: Target, deadline: Deadline) -> socket.socket:
        addresses = self._addresses(target, deadline)
        self._judge(target, addresses)
        connected = _open_one(addresses, target.port, deadline)
        if target.scheme == "http":
            return connected
        try:
            connected.settimeout(deadline.left())
            return _trust(self.ca_file).wrap_socket(connected, server_hostname=target.host)
        except BaseException:
            connected.close()
            raise

    def _addresses(self, target: Target, deadline: Deadline) -> list[Address]:
        written = readable_address(target.host)
        return [written] if written else _look_up_in_time(self.lookup, target, deadline)

    def _judge(self, target: Target, addresses: list[Address]) -> None:
        """One forbidden address among many is enough: whoever owns the name chose to mix them."""
        for address in addresses:
            refused = self.rules.refusal(address)
            if refused is not None:
                raise AddressRefused(f"{target.host} is refused, its address is {refused}")
            if target.scheme == "http" and not self.rules.allows_plain(address):
                raise AddressRefused("allowed is an address that begins with https://")


def _look_up_in_time(lookup: Lookup, target: Target, deadline: Deadline) -> list[Address]:
    """The resolver has no time limit of its own, so it is waited for on a thread that may stay."""
    found: SimpleQueue[list[Address] | OSError] = SimpleQueue()

    def look() -> None:
        try:
            found.put(lookup(target.host, target.port))
        except (OSError, ValueError) as error:  # ValueError: a name the resolver cannot encode
            found.put(OSError(str(error)))

    Thread(target=look, name="lookup", daemon=True).start()
    try:
        answer = found.get(timeout=deadline.left())
    except Empty:
        raise DeadlinePassed from None
    if isinstance(answer, OSError) or not answer:
        raise NotReached(f"{target.host}: no address of that name was found")
    return answer


def _open_one(addresses: list[Address], port: int, deadline: Deadline) -> socket.socket:
    """The first that answers; each has all the time that is left."""
    failed: OSError | None = None
    for address in addresses:
        try:
            return socket.create_connection((str(address), port), timeout=deadline.left())
        except OSError as error:
            failed = error
    raise failed or OSError


@cache
def _trust(ca_file: Path | None) -> ssl.SSLContext:
    """TLS 1.2 and later; certificate and host name are always checked. Reading it takes a while."""
    context = ssl.create_default_context()
    if ca_file is not None:
        context.load_verify_locations(ca_file)
    return context


class _OverChannel(http.client.HTTPConnection):
    """Speaks HTTP over a connection that is open already: it never opens one."""

    auto_open = 0

    def __init__(self, channel: DeadlineChannel, target: Target) -> None:
        super().__init__(target.host, target.port)
        self.sock = channel


def _exchange(channel: DeadlineChannel, target: Target, request: Request) -> Answer:
    connection = _OverChannel(channel, target)
    headers = {**request.headers, "Host": target.authority, "Connection": "close"}
    connection.request(request.method, target.path, request.body, headers)
    response = connection.getresponse()
    body = response.read(request.most_bytes + 1)
    if len(body) > request.most_bytes:
        raise AnswerTooLarge(f"{target.host} answered more than {request.most_bytes} bytes")
    if response.length:  # fewer bytes than announced
        raise http.client.IncompleteRead(body, response.length)
    received = {name.lower(): value for name, value in response.getheaders()}
    return Answer(response.status, received, body)
