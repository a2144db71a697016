"""Outgoing connections: what is refused before a connection, and what an answer may not do."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from policy_service.services.address_rules import Address, AddressRules
from policy_service.services.outbound import (
    AddressRefused,
    AnswerTooLarge,
    NotReached,
    Outbound,
    OutboundError,
    Request,
    TookTooLong,
)
from tests.services.loopback import Host, certificate_for, rude_server, web_server

HERE = AddressRules(loopback=True)
FORMS = [
    "{s}://127.0.0.1:{p}/",
    "{s}://localhost:{p}/",
    "{s}://LOCALHOST.:{p}/",
    "{s}://127.1:{p}/",
    "{s}://2130706433:{p}/",
    "{s}://0x7f000001:{p}/",
    "{s}://0x7f.0.0.1:{p}/",
    "{s}://0177.0.0.1:{p}/",
    "{s}://017700000001:{p}/",
    "{s}://0.0.0.0:{p}/",
    "{s}://0:{p}/",
    "{s}://[::1]:{p}/",
    "{s}://[::]:{p}/",
    "{s}://[::ffff:127.0.0.1]:{p}/",
    "{s}://[::ffff:7f00:1]:{p}/",
    "{s}://[::127.0.0.1]:{p}/",
    "{s}://[64:ff9b::7f00:1]:{p}/",
    "{s}://[2002:7f00:1::]:{p}/",
    "{s}://[0:0:0:0:0:0:0:1]:{p}/",
    "{s}://user@127.0.0.1:{p}/",
    "{s}://user:word@127.0.0.1:{p}/",
    "{s}://example.com@127.0.0.1:{p}/",
    "{s}://127.0.0.1:{p}#@example.com/",
    "{s}://127.0.0.1:{p}\\@example.com/",
    "{s}://example.com\\@127.0.0.1:{p}/",
    "{s}://127.0.0.1 :{p}/",
    "{s}://127.0.0.1\t:{p}/",
    "{s}://127.0.0.1%00.example.com:{p}/",
    "{s}://127.0.0.%31:{p}/",
    "{s}:127.0.0.1:{p}/",
    "{s}:/127.0.0.1:{p}/",
    "{s}:///127.0.0.1:{p}/",
    "//127.0.0.1:{p}/",
    "127.0.0.1:{p}/",
    "ftp://127.0.0.1:{p}/",
    "file:///etc/hostname",
    "gopher://127.0.0.1:{p}/_GET",
    "{s}://①②⑦.0.0.1:{p}/",
    "{s}://127。0。0。1:{p}/",
    "{s}://[fe80::1%25lo]:{p}/",
    "{s}://127.0.0.1:{p}0000/",
    "{s}://127.0.0.1:-1/",
]
URLS = [form.replace("{s}", scheme) for form in FORMS for scheme in ("http", "https")]


@pytest.fixture
def host() -> Iterator[Host]:
    with web_server() as serving:
        yield serving


@pytest.mark.parametrize("form", sorted(set(URLS)), ids=ascii)
def test_no_form_of_this_machines_address_reaches_it(form: str, host: Host) -> None:
    with pytest.raises(OutboundError):
        Outbound().fetch(Request(form.replace("{p}", str(host.port)), seconds=2))
    assert host.received == []


def test_the_guard_is_what_kept_it_away(host: Host) -> None:
    """Control: the same requests arrive where the operator opened loopback."""
    for form in ("http://127.0.0.1:{p}/", "http://2130706433:{p}/", "http://localhost:{p}/"):
        Outbound(HERE).fetch(Request(form.replace("{p}", str(host.port))))
    assert len(host.received) == 3


@pytest.mark.parametrize(
    "text",
    ["10.0.0.1", "169.254.169.254", "224.0.0.1", "240.0.0.1", "::ffff:10.0.0.1", "fd00:ec2::254"],
)
def test_a_name_with_one_forbidden_address_is_refused_before_any_connection(text: str) -> None:
    def mixed(_host: str, _port: int) -> list[Address]:
        return [ip_address("8.8.8.8"), ip_address(text)]

    with pytest.raises(AddressRefused, match="refused, its address is"):
        Outbound(lookup=mixed).fetch(Request("https://mixed.example/"))


class Rebinding:
    """A name server that answers harmlessly once and with loopback ever after."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.asked = 0

    def __call__(self, _host: str, _port: int) -> list[Address]:
        self.asked += 1
        return [ip_address(self.answers.pop(0))]


def test_a_name_is_looked_up_once_and_that_very_address_is_connected_to(host: Host) -> None:
    names = Rebinding("127.0.0.1", "10.0.0.1")
    answer = Outbound(HERE, lookup=names).fetch(Request(host.url("/a?b=1", "ehr.example")))
    assert (answer.status, names.asked) == (200, 1)
    assert host.received[0].headers["host"] == f"ehr.example:{host.port}"
    assert host.received[0].path == "/a?b=1"


def test_a_second_request_is_judged_by_its_own_lookup(host: Host) -> None:
    outbound = Outbound(HERE, lookup=Rebinding("127.0.0.1", "10.0.0.1"))
    outbound.fetch(Request(host.url(host="ehr.example")))
    with pytest.raises(AddressRefused, match="private"):
        outbound.fetch(Request(host.url(host="ehr.example")))


def test_plain_http_is_refused_away_from_loopback_even_in_a_listed_network() -> None:
    rules = AddressRules(networks=(ip_network("10.0.0.0/8"),), loopback=True)
    outbound = Outbound(rules, lookup=Rebinding("10.0.0.1"))
    with pytest.raises(AddressRefused, match="https://"):
        outbound.fetch(Request("http://ehr.example/"))


def test_a_redirect_is_an_answer_and_is_not_followed(host: Host) -> None:
    with web_server() as inside:
        host.status, host.headers = 302, {"Location": inside.url()}
        answer = Outbound(HERE).fetch(Request(host.url()))
        assert (answer.status, answer.is_success) == (302, False)
        assert inside.received == []


def test_no_proxy_of_the_environment_is_asked(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    with web_server() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "https_proxy"):
            monkeypatch.setenv(name, proxy.url())
        assert Outbound(HERE).fetch(Request(host.url())).is_success
        assert proxy.received == []


def test_method_headers_and_body_arrive_and_the_answer_comes_back(host: Host) -> None:
    host.status, host.body, host.headers = 201, b'{"a": 1}', {"X-Seen": "yes"}
    asked = Request(host.url("/hook"), "POST", {"X-One": "1", "Host": "elsewhere"}, b"body")
    answer = Outbound(HERE).fetch(asked)
    assert (answer.status, answer.body, answer.headers["x-seen"]) == (201, b'{"a": 1}', "yes")
    [came] = host.received
    assert (came.method, came.body, came.headers["x-one"]) == ("POST", b"body", "1")
    assert came.headers["host"] == f"127.0.0.1:{host.port}"


def test_a_header_cannot_smuggle_another(host: Host) -> None:
    with pytest.raises(OutboundError):
        Outbound(HERE).fetch(Request(host.url(), headers={"X-One": "1\r\nX-Two: 2"}))
    assert host.received == []


def test_an_answer_over_the_limit_is_not_used(host: Host) -> None:
    host.body = b"x" * 1000
    assert Outbound(HERE).fetch(Request(host.url(), most_bytes=1000)).is_success
    with pytest.raises(AnswerTooLarge):
        Outbound(HERE).fetch(Request(host.url(), most_bytes=999))


def test_an_endless_answer_is_cut_at_the_limit() -> None:
    said = b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 5000
    with rude_server(said, drip=b"x") as port, pytest.raises(AnswerTooLarge):
        Outbound(HERE).fetch(Request(f"http://127.0.0.1:{port}/", most_bytes=4000))


@pytest.mark.parametrize(
    "said", [b"", b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n"]
)
def test_a_peer_that_sends_byte_after_byte_holds_nobody_longer_than_the_limit(said: bytes) -> None:
    with rude_server(said, drip=b"x") as port, pytest.raises(TookTooLong):
        Outbound(HERE).fetch(Request(f"http://127.0.0.1:{port}/", seconds=0.3))


def test_a_name_server_that_never_answers_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:

        def waiting(_host: str, _port: int) -> list[Address]:
            silent.accept()[0].close()
            return []

        with pytest.raises(TookTooLong):
            Outbound(HERE, lookup=waiting).fetch(Request("https://slow.example/", seconds=0.2))
        socket.create_connection(silent.getsockname()).close()


@pytest.mark.parametrize(
    "said", [b"", b"no http at all\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"]
)
def test_what_is_no_whole_answer_is_none(said: bytes) -> None:
    with rude_server(said) as port, pytest.raises(NotReached):
        Outbound(HERE).fetch(Request(f"http://127.0.0.1:{port}/"))


def test_nobody_listening_is_not_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closing:
        port = closing.getsockname()[1]
    with pytest.raises(NotReached, match="ConnectionRefusedError"):
        Outbound(HERE).fetch(Request(f"http://127.0.0.1:{port}/"))


def test_tls_is_checked_against_the_name_that_was_asked_for(tmp_path: Path) -> None:
    authority, context = certificate_for("ehr.example", tmp_path)
    with web_server(context) as serving:
        trusting = Outbound(HERE, authority, lambda _host, _port: [ip_address("127.0.0.1")])
        assert trusting.fetch(Request(serving.url(host="ehr.example", scheme="https"))).is_success
        with pytest.raises(NotReached, match="SSLCertVerificationError"):
            trusting.fetch(Request(serving.url(host="other.example", scheme="https")))


def test_a_certificate_of_an_unknown_authority_is_refused(tmp_path: Path) -> None:
    _, context = certificate_for("127.0.0.1", tmp_path)
    with web_server(context) as serving:
        with pytest.raises(NotReached, match="SSLCertVerificationError"):
            Outbound(HERE).fetch(Request(serving.url(scheme="https")))
        assert serving.received == []


def test_an_address_is_examined_before_it_is_stored() -> None:
    outbound = Outbound()
    assert outbound.examine("https://ehr.example/hooks?x=1").path == "/hooks?x=1"
    for url in ("http://ehr.example/", "https://10.0.0.1/", "https://[::1]/", "ehr.example"):
        with pytest.raises(AddressRefused):
            outbound.examine(url)


def test_an_operators_own_address_may_be_anywhere(host: Host) -> None:
    assert Outbound().for_operators_own().fetch(Request(host.url())).is_success


def test_what_is_said_of_a_failure_holds_no_path_and_no_header(host: Host) -> None:
    secret = "s3cr3t"
    asked = Request(f"https://127.0.0.1:{host.port}/{secret}", headers={"Authorization": secret})
    with pytest.raises(OutboundError) as refused:
        Outbound().fetch(asked)
    assert secret not in str(refused.value)
