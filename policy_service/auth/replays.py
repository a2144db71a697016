"""A token is used once: what was used stands in the database, for all workers and restarts."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from sqlalchemy import bindparam, delete, insert
from sqlalchemy.exc import IntegrityError

from policy_service.auth.jwts import SKEW, Token, TokenRefused
from policy_service.database.tables.ehr_trust import SeenTokenRow
from policy_service.services.desk import Desk

_KEPT_AFTER = SKEW + timedelta(hours=1)
"""Longer than a token is accepted, so that a clock set back an hour opens nothing."""
_FORGET = (
    delete(SeenTokenRow)
    .where(SeenTokenRow.expires_at <= bindparam("now"))
    .execution_options(synchronize_session=False)
)
_NOTE = insert(SeenTokenRow)


def use_once(desk: Desk, kind: str, token: Token) -> None:
    """Note a verified token of this kind. TokenRefused if its issuer sent this jti before.

    NotReady where it cannot be noted: then it is not accepted either. It is on the disk no later
    than the record of what the token was used for, which is committed after it.
    """
    row = {"digest": _digest(kind, token), "expires_at": token.expires_at + _KEPT_AFTER}
    try:
        with desk.database.directory_ahead() as session:
            session.execute(_FORGET, {"now": desk.clock()})
            session.execute(_NOTE, row)
    except IntegrityError as error:
        raise TokenRefused("The token's jti was used before. Make a new token.") from error


def _digest(kind: str, token: Token) -> str:
    """One size for every issuer and jti; neither may hold a NUL, which parts them."""
    said = "\0".join((kind, token.name("iss"), token.name("jti")))
    return hashlib.sha256(said.encode()).hexdigest()
