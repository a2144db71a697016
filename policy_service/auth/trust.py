"""Registered EHR clients by what their tokens say: (issuer, tenant), or the client's own id."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from policy_service.auth.ehr_keys import principal_of_client
from policy_service.auth.jwks import FetchedKeys, PublicKey, read_key_set
from policy_service.auth.jwts import UNPROVEN, Rules, Token, TokenRefused, verify
from policy_service.database.tables.directory import EhrClientRow
from policy_service.database.tables.ehr_trust import EhrIssuerRow, EhrPublicKeyRow
from policy_service.database.types import is_id
from policy_service.domain.principals import Principal
from policy_service.services.desk import Desk


@dataclass(frozen=True, slots=True)
class TrustedClient:
    """A client in use, the public keys registered for it, and where it publishes more."""

    principal: Principal
    keys: tuple[PublicKey, ...]
    jwks_url: str | None


@dataclass(frozen=True, slots=True)
class Proof:
    """Who made a token, and by which of its keys."""

    principal: Principal
    key: PublicKey


def client_of_issuer(desk: Desk, issuer: str, tenant: str) -> TrustedClient | None:
    """The client an (issuer, tenant) of CDS Hooks tokens stands for, if it is registered."""
    query = (
        select(EhrClientRow)
        .join(EhrIssuerRow, EhrIssuerRow.ehr_client_id == EhrClientRow.id)
        .where(
            EhrIssuerRow.issuer == issuer,
            EhrIssuerRow.tenant == tenant,
            EhrIssuerRow.withdrawn_at.is_(None),
            EhrClientRow.withdrawn_at.is_(None),
        )
    )
    with desk.database.directory() as session:
        return _trusted(session, session.scalars(query).first(), desk.clock())


def client_by_id(desk: Desk, client_id: str) -> TrustedClient | None:
    """The client of that id (SMART's client_id), if it is in use."""
    if not is_id(client_id):
        return None
    query = select(EhrClientRow).where(
        EhrClientRow.id == client_id, EhrClientRow.withdrawn_at.is_(None)
    )
    with desk.database.directory() as session:
        return _trusted(session, session.scalars(query).first(), desk.clock())


def _trusted(session: Session, row: EhrClientRow | None, now: datetime) -> TrustedClient | None:
    if row is None:
        return None
    keys = session.scalars(
        select(EhrPublicKeyRow.jwk).where(
            EhrPublicKeyRow.ehr_client_id == row.id,
            or_(EhrPublicKeyRow.retires_at.is_(None), EhrPublicKeyRow.retires_at > now),
        )
    )
    return TrustedClient(principal_of_client(row), tuple(map(stored_key, keys)), row.jwks_url)


@lru_cache(maxsize=256)
def stored_key(jwk: str) -> PublicKey:
    """A key as it was stored; it was checked when it was registered."""
    return read_key_set(jwk)[0]


def prove(client: TrustedClient | None, token: Token, rules: Rules, fetched: FetchedKeys) -> Proof:
    """The client, whose key signed the token and whose claims hold. TokenRefused otherwise."""
    if client is None:
        raise TokenRefused(UNPROVEN)
    require_registered_address(client, token)
    return Proof(client.principal, verify(token, keys_for(client, token, fetched), rules))


def require_registered_address(client: TrustedClient, token: Token) -> None:
    """A `jku` must be the one registered, letter by letter. It is never requested for its own."""
    if token.jku is not None and token.jku != client.jwks_url:
        raise TokenRefused(UNPROVEN)


def keys_for(client: TrustedClient, token: Token, fetched: FetchedKeys) -> Sequence[PublicKey]:
    """The registered keys; those at the registered address only where none is registered."""
    if client.keys or client.jwks_url is None:
        return client.keys
    return fetched.of(client.principal.id, client.jwks_url, str(token.header["kid"]))


def as_stored(key: PublicKey) -> str:
    """The text a key is kept as."""
    return json.dumps(key.as_jwk(), sort_keys=True)
