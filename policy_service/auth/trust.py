"""Registered EHR clients by what their tokens say: (issuer, tenant), or the client's own id."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import Select, and_, bindparam, or_, select

from policy_service.auth.ehr_keys import principal_of_client
from policy_service.auth.jwks import FetchedKeys, PublicKey, read_key_set
from policy_service.auth.jwts import UNPROVEN, Rules, Token, TokenRefused, verify
from policy_service.database.tables.directory import EhrClientRow
from policy_service.database.tables.ehr_trust import EhrIssuerRow, EhrPublicKeyRow
from policy_service.database.types import is_id
from policy_service.domain.principals import Principal
from policy_service.services.desk import Desk

_Lines = Select[EhrClientRow, str]


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


_WITH_KEYS = (
    select(EhrClientRow, EhrPublicKeyRow.jwk)
    .outerjoin(
        EhrPublicKeyRow,
        and_(
            EhrPublicKeyRow.ehr_client_id == EhrClientRow.id,
            or_(
                EhrPublicKeyRow.retires_at.is_(None), EhrPublicKeyRow.retires_at > bindparam("now")
            ),
        ),
    )
    .where(EhrClientRow.withdrawn_at.is_(None))
)
"""A client in use, a line for each key that is good now. Built once: every call asks it."""
_OF_ISSUER = _WITH_KEYS.join(EhrIssuerRow, EhrIssuerRow.ehr_client_id == EhrClientRow.id).where(
    EhrIssuerRow.issuer == bindparam("issuer"),
    EhrIssuerRow.tenant == bindparam("tenant"),
    EhrIssuerRow.withdrawn_at.is_(None),
)
_OF_ID = _WITH_KEYS.where(EhrClientRow.id == bindparam("client_id"))


def client_of_issuer(desk: Desk, issuer: str, tenant: str) -> TrustedClient | None:
    """The client an (issuer, tenant) of CDS Hooks tokens stands for, if it is registered."""
    return _trusted(desk, _OF_ISSUER, {"issuer": issuer, "tenant": tenant})


def client_by_id(desk: Desk, client_id: str) -> TrustedClient | None:
    """The client of that id (SMART's client_id), if it is in use."""
    return _trusted(desk, _OF_ID, {"client_id": client_id}) if is_id(client_id) else None


def _trusted(desk: Desk, query: _Lines, named: dict[str, str]) -> TrustedClient | None:
    with desk.database.directory() as session:
        lines = session.execute(query, {**named, "now": desk.clock()}).all()
    if not lines:
        return None
    row = lines[0][0]
    keys = tuple(stored_key(jwk) for _, jwk in lines if jwk is not None)
    return TrustedClient(principal_of_client(row), keys, row.jwks_url)


@lru_cache(maxsize=256)
def stored_key(jwk: str) -> PublicKey:
    """A key as it was stored; it was checked when it was registered."""
    return read_key_set(jwk)[0]


def prove(client: TrustedClient | None, token: Token, rules: Rules, fetched: FetchedKeys) -> Proof:
    """The client, whose key signed the token and whose claims hold. TokenRefused otherwise.

    A token of nobody we know is verified too, against no key: the time it takes tells nothing.
    """
    keys: Sequence[PublicKey] = ()
    if client is not None and is_registered_address(client, token):
        keys = keys_for(client, token, fetched)
    key = verify(token, keys, rules)
    if client is None:
        raise TokenRefused(UNPROVEN)
    return Proof(client.principal, key)


def is_registered_address(client: TrustedClient, token: Token) -> bool:
    """A `jku` must be the one registered, letter by letter. It is never requested for its own."""
    return token.jku is None or token.jku == client.jwks_url


def keys_for(client: TrustedClient, token: Token, fetched: FetchedKeys) -> Sequence[PublicKey]:
    """The registered keys; those at the registered address only where none is registered."""
    if client.keys or client.jwks_url is None:
        return client.keys
    return fetched.of(client.principal.id, client.jwks_url, str(token.header["kid"]))


def as_stored(key: PublicKey) -> str:
    """The text a key is kept as."""
    return json.dumps(key.as_jwk(), sort_keys=True)
