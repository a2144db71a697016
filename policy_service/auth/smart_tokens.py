"""SMART Backend Services: an assertion in, an access token of five minutes out.

Access tokens are opaque: only their hash is kept, so that withdrawing a client, or the key an
assertion was signed by, ends them at once.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, select

from policy_service.auth.ehr_keys import principal_of_client
from policy_service.auth.jwks import FetchedKeys
from policy_service.auth.jwts import Rules, Token, TokenRefused, read_token
from policy_service.auth.replays import use_once
from policy_service.auth.smart_scopes import Granted, grantable
from policy_service.auth.trust import Proof, client_by_id, prove
from policy_service.database.tables.directory import EhrClientRow
from policy_service.database.tables.ehr_trust import AccessTokenRow
from policy_service.domain.principals import Principal
from policy_service.errors import Unauthenticated
from policy_service.services.desk import Desk

LIFETIME = timedelta(seconds=300)
"""SMART App Launch 2.2, "Backend Services": expires_in at most 300."""
FURTHEST_END = timedelta(minutes=5)
TOKEN_FORM = re.compile(r"pst_[A-Za-z0-9_-]{43}", re.ASCII)
_LONGEST_SCOPE = 1000
_REQUIRED = ("iss", "sub", "aud", "exp", "jti")


class ScopeRefused(Exception):
    """None of the scopes that were asked for can be granted to this client."""


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """What a client asks the token endpoint for. `client_id` is optional beside an assertion."""

    assertion: str
    scope: str
    client_id: str = ""


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """An access token, told once, and what it may do."""

    token: str
    scope: str


@dataclass(frozen=True, slots=True)
class TokenIssuer:
    """Gives access tokens to registered clients. One per process, wired by `app`."""

    desk: Desk
    audiences: frozenset[str]
    """Our issuer and the address of the token endpoint: libraries send the one or the other."""
    fetched: FetchedKeys

    def issue(self, asked: TokenRequest) -> IssuedToken:
        """A new access token. TokenRefused means invalid_client, ScopeRefused invalid_scope."""
        proof = self._prove(asked)
        scope = grantable(asked.scope[:_LONGEST_SCOPE], proof.principal.scopes)
        if not scope:
            raise ScopeRefused("None of the scopes asked for can be granted to this client.")
        return IssuedToken(_open(self.desk, proof, scope), scope)

    def _prove(self, asked: TokenRequest) -> Proof:
        token = read_token(asked.assertion, _REQUIRED)
        require_own_name(token, asked.client_id)
        rules = Rules(self.audiences, self.desk.clock(), furthest_end=FURTHEST_END)
        proof = prove(client_by_id(self.desk, token.name("iss")), token, rules, self.fetched)
        use_once(self.desk, "smart", token)
        return proof


def require_own_name(token: Token, client_id: str) -> None:
    """`iss` and `sub` are the client_id, also where it stands beside the assertion."""
    said = token.name("iss")
    if token.name("sub") != said or client_id not in ("", said):
        raise TokenRefused("iss and sub must both be the client_id.")


def _open(desk: Desk, proof: Proof, scope: str) -> str:
    token, now = f"pst_{secrets.token_urlsafe(32)}", desk.clock()
    with desk.database.directory(write=True) as session:
        session.execute(delete(AccessTokenRow).where(AccessTokenRow.expires_at <= now))
        session.add(
            AccessTokenRow(
                token_hash=_hash(token),
                practice_id=proof.principal.practice_id,
                ehr_client_id=proof.principal.id,
                key_thumbprint=proof.key.thumbprint,
                scope=scope,
                created_at=now,
                expires_at=now + LIFETIME,
            )
        )
    return token


def find_token(desk: Desk, token: str) -> tuple[Principal, Granted]:
    """Whose access token this is, and what it grants. Unauthenticated for whatever is wrong."""
    with desk.database.directory() as session:
        found = session.execute(
            select(AccessTokenRow, EhrClientRow)
            .join(EhrClientRow, EhrClientRow.id == AccessTokenRow.ehr_client_id)
            .where(AccessTokenRow.token_hash == _hash(token))
        ).first()
    if found is None:
        raise Unauthenticated
    row, client = found
    if row.expires_at <= desk.clock() or client.withdrawn_at is not None:
        raise Unauthenticated
    principal = principal_of_client(client)
    return principal, Granted.read(row.scope, principal.scopes)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
