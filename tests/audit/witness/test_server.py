"""The witness over HTTP, on loopback."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from urllib.parse import quote

import pytest

from policy_service.audit.witness.book import Book
from policy_service.audit.witness.server import MOST_BYTES, WitnessServer
from tests.audit.witness.logs import Log, witness_of
from tests.ledger.keys import ORIGIN


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[http.client.HTTPConnection]:
    book = Book(tmp_path / "state")
    with WitnessServer(("127.0.0.1", 0), witness_of(book)) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        opened = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=20)
        yield opened
        opened.close()
        server.shutdown()
        thread.join()
    book.close()


def _ask(
    connection: http.client.HTTPConnection, method: str, path: str, body: bytes | None = None
) -> tuple[int, str]:
    connection.request(method, path, body)
    response = connection.getresponse()
    return response.status, response.read().decode()


def test_heads_are_cosigned_over_one_kept_connection(
    connection: http.client.HTTPConnection,
) -> None:
    log = Log(20)
    assert _ask(connection, "POST", "/add-checkpoint", log.body(0, 9))[0] == 200
    status, line = _ask(connection, "POST", "/add-checkpoint", log.body(9))
    assert (status, line[:2]) == (200, "— ")
    assert _ask(connection, "POST", "/add-checkpoint", log.body(9, 12)) == (409, "20\n")


def test_the_newest_head_can_be_asked_for(connection: http.client.HTTPConnection) -> None:
    path = f"/checkpoint?origin={quote(ORIGIN, safe='')}"
    assert _ask(connection, "GET", path)[0] == 404
    _, line = _ask(connection, "POST", "/add-checkpoint", Log(9).body(0))
    assert _ask(connection, "GET", path) == (200, Log(9).note() + line)
    assert _ask(connection, "GET", "/checkpoint?origin=elsewhere")[0] == 404


def test_its_front_page_says_what_it_knows(connection: http.client.HTTPConnection) -> None:
    status, text = _ask(connection, "GET", "/")
    assert status == 200
    assert f"log {ORIGIN} nothing yet" in text


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("/elsewhere", b"", 404),
        ("/add-checkpoint", b"nonsense", 400),
    ],
    ids=["another path", "nonsense"],
)
def test_a_wrong_request_is_refused(
    connection: http.client.HTTPConnection, path: str, body: bytes, expected: int
) -> None:
    assert _ask(connection, "POST", path, body)[0] == expected


@pytest.mark.parametrize(
    ("header", "value"),
    [("Content-Length", str(MOST_BYTES + 1)), ("Transfer-Encoding", "chunked")],
    ids=["too long", "of unknown length"],
)
def test_a_body_is_refused_by_its_header(
    connection: http.client.HTTPConnection, header: str, value: str
) -> None:
    connection.putrequest("POST", "/add-checkpoint")
    connection.putheader(header, value)
    connection.endheaders()
    assert connection.getresponse().status == 400
