"""People's sessions: kept on the server, found by a random token of which only the hash is kept.

Flask-Login is a thin adapter over them: its user id is the session's token, its own session
protection is off (it trusts a header that anyone may send) and there is no remember-me cookie.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from flask import Flask
from flask_login import LoginManager, UserMixin
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from policy_service.audit.log import Owned
from policy_service.auth.throttle import Throttle
from policy_service.database.tables.directory import ConsoleSessionRow, LoginRow, PracticeRow
from policy_service.domain.principals import Principal
from policy_service.errors import Unauthenticated
from policy_service.services.desk import Desk
from policy_service.services.logins import principal_of
from policy_service.services.passwords import password_matches
from policy_service.settings import Settings

TOKEN_BYTES = 32
_TOUCH = timedelta(seconds=20)
"""A request within this time of the last does not write: idle time is counted to 20 s."""
WRONG = "The e-mail address or the password is not right."


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long a session lasts without a request, and at the most."""

    idle: timedelta
    absolute: timedelta

    @classmethod
    def of(cls, settings: Settings) -> Lifetimes:
        """As the operator set them."""
        return cls(
            timedelta(minutes=settings.session_idle_minutes),
            timedelta(minutes=settings.session_absolute_minutes),
        )


@dataclass(frozen=True, slots=True)
class Attempt:
    """Someone signs in. `practice` is a slug; needed only where there are several practices."""

    email: str
    password: str = field(repr=False)
    address: str
    practice: str = ""


class ConsoleUser(UserMixin):  # type: ignore[misc]  # flask_login ships no types
    """What Flask-Login hands around: a principal and the token of its session."""

    def __init__(self, token: str, principal: Principal) -> None:
        self.token = token
        self.principal = principal

    def get_id(self) -> str:
        """The session's token, which Flask-Login keeps in the signed cookie."""
        return self.token


def login_manager(app: Flask, sessions: Callable[[], tuple[Desk, Lifetimes]]) -> LoginManager:
    """Hang Flask-Login on the application, over the sessions of the request's desk."""
    manager = LoginManager()
    manager.session_protection = None

    @manager.user_loader  # type: ignore[untyped-decorator]
    def load(token: str) -> ConsoleUser | None:
        desk, lifetimes = sessions()
        principal = find_session(desk, token, lifetimes)
        return None if principal is None else ConsoleUser(token, principal)

    manager.init_app(app)
    return manager


def sign_in(desk: Desk, throttle: Throttle, attempt: Attempt, lifetimes: Lifetimes) -> str:
    """A new session's token. Unauthenticated with one text for whatever is wrong."""
    now, account = desk.clock(), attempt.email.strip().lower()
    throttle.require_room(account, attempt.address, now)
    with desk.database.directory() as session:
        row = _find_login(session, account, attempt.practice.strip())
    matches = password_matches(None if row is None else row.password_hash, attempt.password)
    if row is None or not matches or row.disabled_at is not None:
        throttle.note_failure(account, attempt.address, now)
        raise Unauthenticated(WRONG)
    throttle.forget(account)
    return _open_session(desk, row, lifetimes)


def _find_login(session: Session, email: str, slug: str) -> LoginRow | None:
    query = (
        select(LoginRow)
        .join(PracticeRow, PracticeRow.id == LoginRow.practice_id)
        .where(LoginRow.email == email)
    )
    if slug:
        query = query.where(PracticeRow.slug == slug)
    found = list(session.scalars(query.limit(2)))
    return found[0] if len(found) == 1 else None


def _open_session(desk: Desk, row: LoginRow, lifetimes: Lifetimes) -> str:
    token = secrets.token_urlsafe(TOKEN_BYTES)
    principal = principal_of(row)
    with desk.writing(principal) as context:
        context.session.execute(
            delete(ConsoleSessionRow).where(ConsoleSessionRow.expires_at <= context.now)
        )
        context.session.add(
            ConsoleSessionRow(
                token_hash=_hash(token),
                practice_id=row.practice_id,
                login_id=row.id,
                authenticated_at=context.now,
                seen_at=context.now,
                expires_at=context.now + lifetimes.absolute,
            )
        )
        context.log("session.opened", {"login": Owned({"login": row.id})})
    return token


def find_session(desk: Desk, token: str, lifetimes: Lifetimes) -> Principal | None:
    """Who a token belongs to, with the roles of this moment; None once the session is over."""
    now = desk.clock()
    with desk.database.directory() as session:
        found = session.execute(
            select(ConsoleSessionRow, LoginRow)
            .join(LoginRow, LoginRow.id == ConsoleSessionRow.login_id)
            .where(ConsoleSessionRow.token_hash == _hash(token))
        ).first()
    if found is None:
        return None
    row, login = found
    if _is_over(row, now, lifetimes) or login.disabled_at is not None:
        _delete(desk, token)
        return None
    if now - row.seen_at >= _TOUCH:
        _touch(desk, token, now)
    return principal_of(login)


def _is_over(row: ConsoleSessionRow, now: datetime, lifetimes: Lifetimes) -> bool:
    return now >= row.expires_at or now - row.seen_at >= lifetimes.idle


def _touch(desk: Desk, token: str, now: datetime) -> None:
    with desk.database.directory(write=True) as session:
        row = session.get(ConsoleSessionRow, _hash(token))
        if row is not None:
            row.seen_at = now


def sign_out(desk: Desk, token: str, principal: Principal) -> None:
    """End the session: its cookie is worth nothing from now on, wherever it was copied to."""
    with desk.writing(principal) as context:
        context.session.execute(
            delete(ConsoleSessionRow).where(ConsoleSessionRow.token_hash == _hash(token))
        )
        context.log("session.closed", {"login": Owned({"login": principal.id})})


def _delete(desk: Desk, token: str) -> None:
    with desk.database.directory(write=True) as session:
        session.execute(
            delete(ConsoleSessionRow).where(ConsoleSessionRow.token_hash == _hash(token))
        )


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
