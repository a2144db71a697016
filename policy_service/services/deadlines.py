"""One deadline for a whole exchange over a socket.

A socket's own timeout starts anew with every byte: a peer that sends one byte a second keeps its
caller for as long as it likes. Here every read and write has only what is left of the whole.
"""

from __future__ import annotations

import io
import socket
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class DeadlinePassed(Exception):
    """No time is left."""


class Deadline:
    """So many seconds from now, by a clock that nobody sets."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """The seconds that are left, more than 0; raises DeadlinePassed where there are none."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise DeadlinePassed
        return left


class DeadlineChannel:
    """What `http.client` needs of a socket, under a deadline.

    Closing it does nothing: whoever opened the socket closes it, after the answer was read.
    """

    def __init__(self, connected: socket.socket, deadline: Deadline) -> None:
        self._connected, self._deadline = connected, deadline

    def sendall(self, chunk: bytes) -> None:
        """Send all of it."""
        self._connected.settimeout(self._deadline.left())
        self._connected.sendall(chunk)

    def receive_into(self, buffer: WriteableBuffer) -> int:
        """Number of bytes received; 0 at the end."""
        self._connected.settimeout(self._deadline.left())
        return self._connected.recv_into(buffer)

    def makefile(self, _mode: str = "rb") -> io.BufferedReader:
        """The answer as a file."""
        return io.BufferedReader(_Receiving(self))

    def close(self) -> None:
        """Nothing; see above."""


class _Receiving(io.RawIOBase):
    def __init__(self, channel: DeadlineChannel) -> None:
        self._channel = channel

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        return self._channel.receive_into(buffer)
