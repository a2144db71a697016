"""The mail server that mail to officers goes through."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from email_validator import EmailNotValidError, validate_email

from policy_service.settings.reading import InvalidSetting, Variable

SERVER = Variable(
    "POLICY_SMTP",
    "",
    "smtps://HOST[:465] (TLS at once), smtp://HOST[:587] (STARTTLS, required), "
    "smtp+plain://127.0.0.1:PORT (a relay on this machine), or nothing",
    "The mail server for mail to officers; without it no mail is offered.",
)
USER = Variable("POLICY_SMTP_USER", "", "a user name, or nothing", "Who signs in to it.")
PASSWORD_FILE = Variable(
    "POLICY_SMTP_PASSWORD_FILE",
    "",
    "a file readable by its owner alone, or nothing",
    "Holds the password of POLICY_SMTP_USER, on one line.",
)
SENDER = Variable(
    "POLICY_MAIL_FROM",
    "",
    "an e-mail address; required with POLICY_SMTP",
    "The address that mail is sent from.",
)
MAIL: tuple[Variable, ...] = (SERVER, USER, PASSWORD_FILE, SENDER)
_PORTS = {"smtps": 465, "smtp": 587, "smtp+plain": 25}
_THIS_MACHINE = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True)
class MailSettings:
    """`security` is smtps, smtp (STARTTLS) or smtp+plain, which reaches this machine alone."""

    security: str
    host: str
    port: int
    sender: str
    user: str = ""
    password: str = field(default="", repr=False)

    @classmethod
    def from_environment(cls, env: Mapping[str, str]) -> MailSettings | None:
        """None where no server is set. Raises InvalidSetting."""
        url = SERVER.read(env)
        if not url:
            return None
        parts = urlsplit(url)
        try:
            port = parts.port or _PORTS.get(parts.scheme, 0)
        except ValueError:
            port = 0
        host = parts.hostname or ""
        extra = parts.path or parts.query or parts.fragment or parts.username
        is_local = parts.scheme != "smtp+plain" or host in _THIS_MACHINE
        if parts.scheme not in _PORTS or not (host and port and is_local) or extra:
            raise InvalidSetting(SERVER.name, SERVER.allowed)
        return cls(parts.scheme, host, port, _sender(env), USER.read(env), _password(env))


def _sender(env: Mapping[str, str]) -> str:
    try:
        found = validate_email(SENDER.read(env), check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise InvalidSetting(SENDER.name, SENDER.allowed) from error
    return found.normalized


def _password(env: Mapping[str, str]) -> str:
    """Needed where there is a user, refused where there is none."""
    user, file = USER.read(env), PASSWORD_FILE.read(env)
    if bool(user) != bool(file):
        raise InvalidSetting(PASSWORD_FILE.name, "set together with POLICY_SMTP_USER, or neither")
    if not file:
        return ""
    try:
        is_open, text = Path(file).stat().st_mode & 0o077, Path(file).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidSetting(PASSWORD_FILE.name, PASSWORD_FILE.allowed) from error
    if is_open or not text:
        raise InvalidSetting(PASSWORD_FILE.name, f"{PASSWORD_FILE.allowed} (chmod 600)")
    return text
