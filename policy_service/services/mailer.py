"""Mail to officers: that something waits, and a link. Nothing of what happened, whatever it was.

Every mail is the same, byte for byte, but for its recipient, its date and its message id: mail is
read on telephones, forwarded and kept by others. TLS is required, with the server's name checked.
"""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid

PATIENCE = 15.0
"""Seconds a mail server has for each answer."""
SUBJECT = "Something waits for you in the boundary-policy console"
_TEXT = """\
Something you asked to be told about has happened.

Sign in to see it: {link}

This mail says nothing else on purpose. You choose in the console what you get mail about.
"""


class NotMailed(Exception):
    """The server could not be reached, or refused. The message is the class of what went wrong."""


@dataclass(frozen=True, slots=True)
class Mailer:
    """One mail server. `security` is smtps, smtp (STARTTLS) or smtp+plain (this machine alone)."""

    security: str
    host: str
    port: int
    sender: str
    link: str
    user: str = ""
    password: str = field(default="", repr=False)
    ca_file: str | None = None

    def send(self, recipient: str, at: datetime) -> None:
        """Hand one mail to the server. NotMailed where it did not take it."""
        try:
            with self._connected() as server:
                if self.user:
                    server.login(self.user, self.password)
                server.send_message(self.message(recipient, at))
        except (OSError, smtplib.SMTPException) as error:
            raise NotMailed(type(error).__name__) from error

    def message(self, recipient: str, at: datetime) -> EmailMessage:
        """The mail."""
        mail = EmailMessage(policy=SMTP)
        mail["From"], mail["To"], mail["Subject"] = self.sender, recipient, SUBJECT
        mail["Date"] = format_datetime(at)
        mail["Message-ID"] = make_msgid(domain=self.sender.rpartition("@")[2])
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(_TEXT.format(link=self.link), cte="7bit")
        return mail

    def _connected(self) -> smtplib.SMTP:
        if self.security == "smtps":
            return smtplib.SMTP_SSL(self.host, self.port, timeout=PATIENCE, context=self._trust())
        server = smtplib.SMTP(self.host, self.port, timeout=PATIENCE)
        if self.security == "smtp":
            try:
                server.starttls(context=self._trust())
            except (OSError, smtplib.SMTPException):
                server.close()
                raise
        return server

    def _trust(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if self.ca_file is not None:
            context.load_verify_locations(self.ca_file)
        return context
