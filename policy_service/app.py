"""The only place that wires: settings, desk, doors, error handlers."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any

import orjson
import structlog
from flask import Flask, Response
from flask.json.provider import JSONProvider
from structlog.tracebacks import ExceptionDictTransformer

from policy_service import refusals
from policy_service.api import problems, register_rest
from policy_service.api.openapi import RestApi
from policy_service.audit.guard import LogGuard, set_guard
from policy_service.audit.published import PublishedHeads
from policy_service.audit.remote_signer import RemoteSigner, SignerSocket
from policy_service.audit.witness.client import WitnessAddress
from policy_service.console import keep_sessions, register_console
from policy_service.console.uploads import InMemoryRequest
from policy_service.database.engines import EngineOptions
from policy_service.database.session import Database
from policy_service.interop import REFUSERS, check_credentials, register_interop
from policy_service.ledger.cosignature import Cosigner
from policy_service.ledger.errors import NoteRefused
from policy_service.ledger.note import Changeover, Signer
from policy_service.matching.model import default_model
from policy_service.policy.registry import load_shipped_packs
from policy_service.services.address_rules import AddressRules
from policy_service.services.desk import Desk
from policy_service.services.erasing.reapplying import reapply
from policy_service.services.mailer import Mailer
from policy_service.services.match_state import ModelShelf
from policy_service.services.outbound import Outbound
from policy_service.settings import WITNESSES, InvalidSetting, Settings
from policy_service.vault.erasure_list import ErasureList
from policy_service.vault.keys import Key, KeyRing
from policy_service.vault.keystore import open_signing_key
from policy_service.vault.log_keys import LogKeyFolder

_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
        "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
}


class OrjsonProvider(JSONProvider):
    """Flask's JSON by orjson."""

    def dumps(self, obj: Any, **_: Any) -> str:
        """Compact JSON text."""
        return orjson.dumps(obj).decode()

    def loads(self, s: str | bytes, **_: Any) -> Any:
        """ValueError on malformed JSON."""
        return orjson.loads(s)


def utc_now() -> datetime:
    """The one clock of the service."""
    return datetime.now(UTC)


def create_app(settings: Settings | None = None, clock: Callable[[], datetime] = utc_now) -> Flask:
    """Build the application. Raises InvalidSetting before anything is opened."""
    settings = settings or Settings.from_environment(os.environ)
    return app_over(create_desk(settings, clock), settings)


def app_over(desk: Desk, settings: Settings) -> Flask:
    """The application over a desk."""
    return stand_on(doors(), desk, settings)


def doors() -> Flask:
    """Every address with what answers it; nothing of a desk or of settings, so it can be copied."""
    app = Flask("policy_service", static_folder=None)
    app.json = OrjsonProvider(app)
    app.request_class = InMemoryRequest
    app.config.update(
        API_TITLE="policy_service",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/v1",
    )
    register_rest(app, RestApi(app))
    register_interop(app)
    register_console(app)
    refusals.register(app, (problems.REFUSER, *REFUSERS), problems.REFUSER)
    app.after_request(_harden)
    return app


def stand_on(app: Flask, desk: Desk, settings: Settings) -> Flask:
    """Give the doors what they answer from."""
    app.config.update(
        SECRET_KEY=settings.secret_key,
        MAX_CONTENT_LENGTH=settings.max_body_bytes,
    )
    configure_log(settings.log_level)
    app.extensions["policy_service"] = desk
    app.extensions["policy_service_settings"] = settings
    check_credentials(app, desk, settings)
    keep_sessions(app, settings)
    return app


def configure_log(level: str) -> None:
    """JSON lines on stderr. Tracebacks carry no local variables: those hold names and keys."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False)),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
    )


def create_desk(settings: Settings, clock: Callable[[], datetime] = utc_now) -> Desk:
    """What one process holds for all requests; also used by the CLI and the worker."""
    options = EngineOptions(
        pool_size=settings.database_pool_size,
        statement_timeout_ms=settings.statement_timeout_ms,
    )

    signer = SignerSocket(settings.log_signer) if settings.log_signer else None

    files = LogKeyFolder(settings.key_dir)
    log_key = _remote_keys(signer) if signer else _local_keys(files)

    desk = Desk(
        database=Database(settings.database_url, options),
        kek=KeyRing(Key(settings.kek)),
        packs=load_shipped_packs(),
        models=ModelShelf(default_model()),
        clock=clock,
        receipt_key=open_signing_key(settings.key_dir, "receipt", "policy-service/receipt"),
        log_key=log_key,
        log_keys=None if signer else files,
        erasures=ErasureList(settings.key_dir),
        on_open=reapply,
        attestation_months=settings.attestation_months,
        witnesses=_witnesses(settings),
        outbound=_outbound(settings),
        mailer=_mailer(settings),
    )
    heads, anchors = PublishedHeads(settings.key_dir), (signer,) if signer else ()
    set_guard(desk.database, LogGuard(heads, desk.row_mac_key, anchors))
    return desk


def _local_keys(folder: LogKeyFolder) -> Callable[[str], Signer]:
    """Log keys in files: what signs now, by origin, also when it has just been changed."""

    def log_key(origin: str) -> Signer:
        current, *previous = folder.keys(origin).signing
        return Changeover(current, previous[0]) if previous else current

    return log_key


def _remote_keys(signer: SignerSocket) -> Callable[[str], Signer]:
    @cache
    def log_key(origin: str) -> Signer:
        return RemoteSigner(origin, signer)

    return log_key


def _witnesses(settings: Settings) -> tuple[WitnessAddress, ...]:
    try:
        return tuple(
            WitnessAddress(url, Cosigner.from_vkey(vkey)) for url, vkey in settings.witnesses
        )
    except NoteRefused as error:
        raise InvalidSetting(WITNESSES.name, f"{WITNESSES.allowed} ({error})") from error


def _mailer(settings: Settings) -> Mailer | None:
    """The link is that of the page that lists what happened, the same in every mail."""
    mail, ca_file = settings.mail, settings.outbound.ca_file
    if mail is None:
        return None
    return Mailer(
        security=mail.security,
        host=mail.host,
        port=mail.port,
        sender=mail.sender,
        link=f"{settings.public_base_url}/console/notices",
        user=mail.user,
        password=mail.password,
        ca_file=str(ca_file) if ca_file else None,
    )


def _outbound(settings: Settings) -> Outbound:
    allowed = settings.outbound
    return Outbound(AddressRules(allowed.networks, allowed.loopback), allowed.ca_file)


def _harden(response: Response) -> Response:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    return response
