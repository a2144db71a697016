"""What an operator can set, read once from the environment and then frozen.

A value that makes no sense stops the start with a message that names the variable and what is
allowed. An unknown `POLICY_…` variable stops it too: a typing error must not silently leave a
default in force. docs/settings.md lists the same variables; a test keeps the two in step.
"""

from __future__ import annotations

import base64
import binascii
import difflib
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from policy_service.settings.mail import MAIL, MailSettings
from policy_service.settings.outgoing import OUTGOING, OutboundSettings
from policy_service.settings.reading import InvalidSetting, Variable, one_of, switch, whole

KEK_BYTES = 32
SECRET_KEY_CHARACTERS = 32
LOG_LEVELS = ("debug", "info", "warning", "error")
# Variables of the test tools share the prefix and are none of the service's business.
_FOREIGN_PREFIXES = ("POLICY_TEST_",)
_THIS_MACHINE = ("127.0.0.1", "::1", "localhost", "0.0.0.0")  # noqa: S104  # compared, not bound

__all__ = ["VARIABLES", "InvalidSetting", "Settings", "Variable"]

DATABASE_URL = Variable(
    "DATABASE_URL",
    "sqlite:///policy_service.sqlite3",
    "sqlite:///FILE or postgresql://…",
    "Where everything is kept. One SQLite file holds one practice; PostgreSQL holds many.",
)
KEK = Variable(
    "POLICY_KEK",
    None,
    "the base64 of 32 random bytes, unless POLICY_KEK_FILE is set",
    "The key that wraps every other key. Losing it loses everything sealed.",
)
KEK_FILE = Variable(
    "POLICY_KEK_FILE",
    None,
    "a file readable by its owner alone that holds the base64 of 32 random bytes",
    "The same key in a file. Set this or POLICY_KEK, not both.",
)
KEY_DIR = Variable(
    "POLICY_KEY_DIR",
    "var/keys",
    "a folder",
    "Holds the log's signing key and the receipt key; never in the database.",
)
SECRET_KEY = Variable(
    "POLICY_SECRET_KEY",
    None,
    "at least 32 characters, or nothing",
    "Signs the console's form tokens. Derived from the KEK where it is not set.",
)
PUBLIC_BASE_URL = Variable(
    "POLICY_PUBLIC_BASE_URL",
    "http://127.0.0.1:8000",
    "https://… without a path; http://… to this machine itself alone",
    "The address others reach the service by: links, problem types, the audience of tokens.",
)
IDLE = Variable(
    "POLICY_SESSION_IDLE_MINUTES",
    "15",
    "a whole number from 1 to 120",
    "A console session ends after so many minutes without a request.",
)
ABSOLUTE = Variable(
    "POLICY_SESSION_ABSOLUTE_MINUTES",
    "720",
    "a whole number from 1 to 1440, and not under POLICY_SESSION_IDLE_MINUTES",
    "A console session ends so many minutes after login whatever happens.",
)
COOKIE_SECURE = Variable(
    "POLICY_COOKIE_SECURE",
    "true",
    "true or false",
    "Send the session cookie over https alone. `make run` sets false, for plain loopback.",
)
MAX_BODY = Variable(
    "POLICY_MAX_BODY_BYTES",
    "262144",
    "a whole number from 1024 to 16777216",
    "The largest request body, in bytes.",
)
MAX_UPLOAD = Variable(
    "POLICY_MAX_UPLOAD_BYTES",
    "16777216",
    "a whole number from 1024 to 268435456",
    "The largest roster or contact upload, in bytes.",
)
ATTESTATION = Variable(
    "POLICY_ATTESTATION_MONTHS",
    "12",
    "a whole number from 1 to 36",
    "How many months a clinician's attestation stays in force.",
)
LOG_LEVEL = Variable(
    "POLICY_LOG_LEVEL", "info", ", ".join(LOG_LEVELS), "How much is written to the service's log."
)
POOL_SIZE = Variable(
    "POLICY_DATABASE_POOL_SIZE",
    "4",
    "a whole number from 2 to 64",
    "Connections one worker keeps; PostgreSQL never gets more from it.",
)
STATEMENT_TIMEOUT = Variable(
    "POLICY_STATEMENT_TIMEOUT_MS",
    "5000",
    "a whole number from 100 to 600000",
    "PostgreSQL stops a statement after so many milliseconds.",
)
WITNESSES = Variable(
    "POLICY_WITNESSES",
    "",
    "http://… or https://… and a vkey for each witness, several apart by commas",
    "Where new heads of the log are submitted to be cosigned (docs/witness.md).",
)
METRICS_TOKEN = Variable(
    "POLICY_METRICS_TOKEN",
    None,
    "32 to 200 printable characters without spaces, or nothing",
    "What a monitor sends as a bearer token to read /metrics; without it there is no such address.",
)

UNSIGNED_ALARM = Variable(
    "POLICY_UNSIGNED_ALARM_SECONDS",
    "10",
    "a whole number from 2 to 3600",
    "`/health` turns red when an entry of a log is under no signed head for longer.",
)
LOG_SIGNER = Variable(
    "POLICY_LOG_SIGNER",
    "",
    "unix:PATH, or nothing",
    "Socket of the process that holds the logs' keys (docs/operating.md); empty: this one does.",
)
ROSTER_FOLDER = Variable(
    "POLICY_ROSTER_FOLDER",
    "",
    "a path that begins with /, or nothing",
    "Folder in whose subfolder SLUG the worker looks for a practice's rosters (docs/roster.md).",
)

VARIABLES: tuple[Variable, ...] = (
    DATABASE_URL,
    KEK,
    KEK_FILE,
    KEY_DIR,
    SECRET_KEY,
    PUBLIC_BASE_URL,
    IDLE,
    ABSOLUTE,
    COOKIE_SECURE,
    MAX_BODY,
    MAX_UPLOAD,
    ATTESTATION,
    LOG_LEVEL,
    POOL_SIZE,
    STATEMENT_TIMEOUT,
    WITNESSES,
    UNSIGNED_ALARM,
    LOG_SIGNER,
    METRICS_TOKEN,
    ROSTER_FOLDER,
    *OUTGOING,
    *MAIL,
)


@dataclass(frozen=True)
class Settings:
    """The settings of one running service. Keys stay out of its repr."""

    database_url: str
    kek: bytes = field(repr=False)
    secret_key: str = field(repr=False)
    key_dir: Path
    public_base_url: str
    session_idle_minutes: int
    session_absolute_minutes: int
    cookie_secure: bool
    max_body_bytes: int
    max_upload_bytes: int
    attestation_months: int
    log_level: str
    database_pool_size: int
    statement_timeout_ms: int
    witnesses: tuple[tuple[str, str], ...] = ()
    """Address and vkey of each; what a vkey is, the ledger knows."""
    unsigned_alarm_seconds: int = 10
    log_signer: Path | None = None
    """Socket of the signer process; None: this process signs."""
    metrics_token: str = field(default="", repr=False)
    roster_folder: Path | None = None
    outbound: OutboundSettings = field(default_factory=OutboundSettings)
    mail: MailSettings | None = None
    """None: no mail server is configured."""

    @classmethod
    def from_environment(cls, env: Mapping[str, str]) -> Settings:
        """Read every variable; raises InvalidSetting on the first that makes no sense."""
        _refuse_unknown(env)
        kek = _kek(env)
        idle = whole(env, IDLE, 1, 120)
        return cls(
            database_url=database_url_from(env),
            kek=kek,
            secret_key=_secret_key(env, kek),
            key_dir=Path(KEY_DIR.read(env)),
            public_base_url=_base_url(env),
            session_idle_minutes=idle,
            session_absolute_minutes=whole(env, ABSOLUTE, idle, 1440),
            cookie_secure=switch(env, COOKIE_SECURE),
            max_body_bytes=whole(env, MAX_BODY, 1024, 16 * 1024**2),
            max_upload_bytes=whole(env, MAX_UPLOAD, 1024, 256 * 1024**2),
            attestation_months=whole(env, ATTESTATION, 1, 36),
            log_level=one_of(env, LOG_LEVEL, LOG_LEVELS),
            database_pool_size=whole(env, POOL_SIZE, 2, 64),
            statement_timeout_ms=whole(env, STATEMENT_TIMEOUT, 100, 600_000),
            witnesses=_witnesses(env),
            unsigned_alarm_seconds=whole(env, UNSIGNED_ALARM, 2, 3600),
            log_signer=_signer_socket(env),
            metrics_token=_metrics_token(env),
            roster_folder=_roster_folder(env),
            outbound=OutboundSettings.from_environment(env),
            mail=MailSettings.from_environment(env),
        )


def database_url_from(env: Mapping[str, str]) -> str:
    """The database URL alone, for migrations, which need no key."""
    url = DATABASE_URL.read(env)
    in_file = url.startswith("sqlite:///") and len(url) > len("sqlite:///")
    if not in_file and not url.startswith(("postgresql://", "postgresql+psycopg://")):
        raise InvalidSetting(DATABASE_URL.name, DATABASE_URL.allowed)
    if ":memory:" in url:
        # Every connection would get a database of its own, and nothing would be kept.
        raise InvalidSetting(DATABASE_URL.name, "sqlite:///FILE (a file, not :memory:)")
    return url


def _refuse_unknown(env: Mapping[str, str]) -> None:
    known = [variable.name for variable in VARIABLES]
    for name in env:
        if not name.startswith("POLICY_") or name.startswith(_FOREIGN_PREFIXES) or name in known:
            continue
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.8)
        hint = f" (did you mean {near[0]}?)" if near else ""
        raise InvalidSetting(name, f"only a setting that docs/settings.md lists{hint}")


def _kek(env: Mapping[str, str]) -> bytes:
    """Exactly one of the two variables; 32 bytes in base64."""
    inline, named = env.get(KEK.name, "").strip(), env.get(KEK_FILE.name, "").strip()
    if bool(inline) == bool(named):
        raise InvalidSetting(f"{KEK.name} or {KEK_FILE.name}", "exactly one of the two")
    if inline:
        return _key_bytes(inline, KEK)
    return _key_bytes(_private_text(Path(named)), KEK_FILE)


def _private_text(path: Path) -> str:
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidSetting(KEK_FILE.name, KEK_FILE.allowed) from error
    if mode & 0o077:
        raise InvalidSetting(KEK_FILE.name, f"{KEK_FILE.allowed} (chmod 600)")
    return text


def _key_bytes(text: str, variable: Variable) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidSetting(variable.name, variable.allowed) from error
    if len(key) != KEK_BYTES:
        raise InvalidSetting(variable.name, variable.allowed)
    return key


def _secret_key(env: Mapping[str, str], kek: bytes) -> str:
    """Derived by HMAC-SHA256 with a label of its own, so it tells nothing of the KEK."""
    given = env.get(SECRET_KEY.name, "").strip()
    if given and len(given) < SECRET_KEY_CHARACTERS:
        raise InvalidSetting(SECRET_KEY.name, SECRET_KEY.allowed)
    return given or hmac.new(kek, b"policy_service/form-tokens/v1", hashlib.sha256).hexdigest()


def _metrics_token(env: Mapping[str, str]) -> str:
    given = env.get(METRICS_TOKEN.name, "").strip()
    plain = given.isascii() and given.isprintable() and " " not in given
    if given and not (plain and 32 <= len(given) <= 200):
        raise InvalidSetting(METRICS_TOKEN.name, METRICS_TOKEN.allowed)
    return given


def _base_url(env: Mapping[str, str]) -> str:
    url = PUBLIC_BASE_URL.read(env).rstrip("/")
    parts = urlsplit(url)
    # CDS Hooks 2.0 and SMART App Launch 2.2 ask for TLS; only this machine itself needs none.
    schemes = ("http", "https") if parts.hostname in _THIS_MACHINE else ("https",)
    if parts.scheme not in schemes or not parts.netloc or parts.path or parts.query:
        raise InvalidSetting(PUBLIC_BASE_URL.name, PUBLIC_BASE_URL.allowed)
    return url


def _witnesses(env: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Pairs of address and vkey; no address and no vkey twice."""
    found = [each.split() for each in WITNESSES.read(env).split(",") if each.strip()]
    for pair in found:
        parts = urlsplit(pair[0])
        if len(pair) != 2 or parts.scheme not in ("http", "https") or not parts.hostname:
            raise InvalidSetting(WITNESSES.name, WITNESSES.allowed)
    for column in zip(*found, strict=True):
        if len(set(column)) != len(column):
            raise InvalidSetting(WITNESSES.name, "each witness once")
    return tuple((address.rstrip("/"), vkey) for address, vkey in found)


def _roster_folder(env: Mapping[str, str]) -> Path | None:
    value = ROSTER_FOLDER.read(env)
    if value and not value.startswith("/"):
        raise InvalidSetting(ROSTER_FOLDER.name, ROSTER_FOLDER.allowed)
    return Path(value) if value else None


def _signer_socket(env: Mapping[str, str]) -> Path | None:
    value = LOG_SIGNER.read(env)
    scheme, _, path = value.partition(":")
    if value and (scheme != "unix" or not path.startswith("/")):
        raise InvalidSetting(LOG_SIGNER.name, "unix: and a path that begins with /, or nothing")
    return Path(path) if value else None
