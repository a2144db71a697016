"""Mail to officers: a link and no content, over TLS, one for much, again if it fails."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

import pytest

from policy_service.database.tables.directory import LoginRow
from policy_service.domain.principals import Principal, Role
from policy_service.errors import InvalidRequest, NotAllowed
from policy_service.services.mailer import Mailer, NotMailed
from policy_service.services.mailing import QUIET, choose_mail, own_mail_choice
from policy_service.worker import Worker
from tests.cast import World
from tests.console.office import add_login
from tests.services.loopback import certificate_for
from tests.services.webhooks.post import open_a_case

LINK = "https://policy.example/console/notices"
NOW = datetime(2026, 3, 2, tzinfo=UTC)
ALL = ("case.opened", "standing.changed", "duty.due", "clearance.reached")


@dataclass
class MailServer:
    """A small SMTP server: what it took, and what it says to a recipient."""

    port: int = 0
    tls: ssl.SSLContext | None = None
    offers_tls: bool = True
    answer: str = "250 ok"
    mails: list[tuple[str, str]] = field(default_factory=list)
    secured: list[bool] = field(default_factory=list)

    def serve(self, connected: socket.socket, secured: bool) -> None:
        """One conversation (RFC 5321, RFC 3207)."""
        file = connected.makefile("rwb")
        recipient = ""

        def say(line: str) -> None:
            file.write(line.encode() + b"\r\n")
            file.flush()

        say("220 mail.example")
        while line := file.readline().decode().strip():
            verb = line.partition(" ")[0].upper()
            if verb == "EHLO":
                say("250-mail.example" if self._may_secure(secured) else "250 mail.example")
                if self._may_secure(secured):
                    say("250 STARTTLS")
            elif verb == "STARTTLS" and self.tls is not None:
                say("220 go on")
                connected = self.tls.wrap_socket(connected, server_side=True)
                file, secured = connected.makefile("rwb"), True
            elif verb == "RCPT":
                recipient = line
                say(self.answer)
            elif verb == "DATA":
                say("354 go on")
                text = b"".join(iter(file.readline, b".\r\n")).decode()
                self.mails.append((recipient, text))
                self.secured.append(secured)
                say("250 taken")
            else:
                say("221 bye" if verb == "QUIT" else "250 ok")
                if verb == "QUIT":
                    break
        file.close()
        connected.close()

    def _may_secure(self, secured: bool) -> bool:
        return self.tls is not None and self.offers_tls and not secured


@contextmanager
def mail_server(tls: ssl.SSLContext | None = None, at_once: bool = False) -> Iterator[MailServer]:
    server = MailServer(tls=tls)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server.port = listening.getsockname()[1]

        def accept() -> None:
            while True:
                try:
                    connected, _ = listening.accept()
                except OSError:
                    return
                try:
                    if at_once and tls is not None:
                        connected = tls.wrap_socket(connected, server_side=True)
                    server.serve(connected, at_once)
                except OSError:
                    connected.close()

        thread = Thread(target=accept)
        thread.start()
        yield server
        listening.shutdown(socket.SHUT_RDWR)
    thread.join()


def _mailer(port: int, security: str = "smtp+plain", **more: str) -> Mailer:
    host = more.pop("host", "127.0.0.1")
    return Mailer(security, host, port, "policy@practice.example", LINK, **more)


def _officer(world: World, name: str = "olga", role: Role = Role.COMPLIANCE) -> Principal:
    add_login(world, name, role)
    return Principal(
        world.practice_id, world.ids[f"account:{name.title()}"], name, frozenset({role})
    )


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as serving:
        yield serving


@pytest.fixture
def world_with_mail(sqlite_world: World, server: MailServer) -> World:
    sqlite_world.desk.mailer = _mailer(server.port)
    return sqlite_world


def _asks(world: World, *kinds: str) -> Principal:
    officer = _officer(world)
    with world.writing(officer) as context:
        choose_mail(context, kinds or ALL)
    return officer


def test_a_mail_says_that_something_waits_links_and_says_nothing_else(
    world_with_mail: World, server: MailServer
) -> None:
    _asks(world_with_mail)
    world_with_mail.check("alma", "tomas")
    assert server.mails == []
    Worker(world_with_mail.desk).run_due()
    [(recipient, mail)] = server.mails
    assert "olga@example.org" in recipient
    assert LINK in mail
    known = [*world_with_mail.ids.values(), "Reyes", "Tomas", "Alma", "case", "relative", "Elm"]
    assert [word for word in known if word.lower() in mail.lower()] == []


def _without_stamps(mail: str) -> str:
    return re.sub(r"(?m)^(Date|Message-ID|To):.*$", "", mail)


def test_mails_about_different_things_are_the_same_bytes(
    world_with_mail: World, server: MailServer
) -> None:
    _asks(world_with_mail)
    world_with_mail.check("alma", "tomas")
    Worker(world_with_mail.desk).run_due()
    world_with_mail.clock.advance(days=90)  # duties fall due
    Worker(world_with_mail.desk).run_due()
    assert len(server.mails) >= 2
    assert len({_without_stamps(mail) for _, mail in server.mails}) == 1


def test_the_comparison_of_bytes_would_notice_a_word() -> None:
    mailer = _mailer(25)
    one = _without_stamps(mailer.message("a@b.example", NOW).as_string())
    other = replace(mailer, link=f"{LINK}/tomas").message("a@b.example", NOW).as_string()
    assert one != _without_stamps(other)


def test_however_much_happens_there_is_one_mail_and_the_next_waits(
    world_with_mail: World, server: MailServer
) -> None:
    _asks(world_with_mail)
    world_with_mail.check("alma", "tomas")
    open_a_case(world_with_mail)
    Worker(world_with_mail.desk).run_due()
    assert len(server.mails) == 1
    world_with_mail.clock.advance(days=90)
    Worker(world_with_mail.desk).run_due()
    assert len(server.mails) == 2
    assert QUIET.total_seconds() == 900


def test_only_what_was_chosen_is_mailed(world_with_mail: World, server: MailServer) -> None:
    _asks(world_with_mail, "clearance.reached")
    world_with_mail.check("alma", "tomas")
    Worker(world_with_mail.desk).run_due()
    assert server.mails == []


def test_nobody_is_mailed_about_a_case_of_their_own(
    world_with_mail: World, server: MailServer
) -> None:
    officer = _asks(world_with_mail)
    with world_with_mail.desk.database.directory(write=True) as session:
        session.get_one(LoginRow, officer.id).clinician_id = world_with_mail.ids["alma"]
    world_with_mail.check("alma", "tomas")
    Worker(world_with_mail.desk).run_due()
    assert server.mails == []


def test_a_server_that_refuses_is_asked_again_later(
    world_with_mail: World, server: MailServer
) -> None:
    officer = _asks(world_with_mail, "case.opened")
    server.answer = "450 not now"
    world_with_mail.check("alma", "tomas")
    Worker(world_with_mail.desk).run_due()
    with world_with_mail.reading(officer) as context:
        choice = own_mail_choice(context)
    assert (choice.said, choice.sent_at) == ("SMTPRecipientsRefused", None)
    server.answer = "250 ok"
    Worker(world_with_mail.desk).run_due()
    assert server.mails == []  # not yet due
    world_with_mail.clock.advance(minutes=1)
    Worker(world_with_mail.desk).run_due()
    assert len(server.mails) == 1
    with world_with_mail.reading(officer) as context:
        assert own_mail_choice(context).failing_since is None


@pytest.mark.parametrize("role", [Role.CLINICIAN, Role.ADMIN, Role.INTAKE, Role.AUDITOR])
def test_mail_is_for_officers(sqlite_world: World, role: Role) -> None:
    with sqlite_world.writing(sqlite_world.account(role)) as context, pytest.raises(NotAllowed):
        choose_mail(context, ALL)


def test_an_unknown_kind_is_refused(sqlite_world: World) -> None:
    with sqlite_world.writing() as context, pytest.raises(InvalidRequest):
        choose_mail(context, ["case.closed"])


@pytest.mark.parametrize("security", ["smtp", "smtps"])
def test_tls_is_spoken_and_the_servers_name_is_checked(tmp_path: Path, security: str) -> None:
    authority, context = certificate_for("127.0.0.1", tmp_path)
    with mail_server(context, at_once=security == "smtps") as server:
        trusting = _mailer(server.port, security, ca_file=str(authority))
        trusting.send("olga@example.org", NOW)
        assert server.secured == [True]
        with pytest.raises(NotMailed, match="SSLCertVerificationError"):
            _mailer(server.port, security).send("olga@example.org", NOW)
        with pytest.raises(NotMailed, match="SSLCertVerificationError"):
            replace(trusting, host="localhost").send("olga@example.org", NOW)
    assert len(server.mails) == 1


def test_a_server_that_offers_no_tls_is_sent_nothing(tmp_path: Path) -> None:
    _, context = certificate_for("127.0.0.1", tmp_path)
    with mail_server(context) as server:
        server.offers_tls = False
        with pytest.raises(NotMailed, match="SMTPNotSupportedError"):
            _mailer(server.port, "smtp").send("olga@example.org", NOW)
    assert server.mails == []
