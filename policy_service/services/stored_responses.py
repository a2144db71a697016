"""Idempotency: the same key with the same request gives the response that was given first.

A response may be lost after its decision committed; the retry must find it, not decide again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, delete, insert, select
from sqlalchemy.exc import IntegrityError

from policy_service.database.tables.decisions import StoredResponseRow
from policy_service.errors import IdempotencyMismatch
from policy_service.services.context import Context
from policy_service.vault.blind import same_digest

KEPT = timedelta(hours=72)
LONGEST_KEY = 200
"""Characters of a caller's key."""


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """The caller's key and a keyed digest of what it asked."""

    key: str
    fingerprint: bytes


@dataclass(frozen=True, slots=True)
class Response:
    """A response as bytes, so that a replay is byte-equal. `location` is a path or empty."""

    status: int
    body: bytes
    location: str = ""


class TwinFound(Exception):
    """Another request with this key was faster; its response is there to be replayed."""


def find_response(
    context: Context, key: IdempotencyKey | None, owner: str | None = None
) -> Response | None:
    """The stored response of this key. IdempotencyMismatch when it was another request's.

    `owner`: the person under whose key it was stored, if not the practice's.
    """
    if key is None:
        return None
    row = context.session.scalars(select(StoredResponseRow).where(*_mine(context, key))).first()
    if row is None or row.expires_at <= context.now or row.sealed is None or row.status is None:
        return None
    if not same_digest(row.fingerprint, key.fingerprint):
        raise IdempotencyMismatch
    raw = context.keyring.open(context.session, owner, row.sealed, _where(context, key))
    location, _, body = raw.partition(b"\n")
    return Response(row.status, body, location.decode())


def reserve(context: Context, key: IdempotencyKey | None) -> None:
    """Claim the key, first thing in the write transaction; TwinFound when it is taken."""
    if key is None:
        return
    context.session.execute(
        delete(StoredResponseRow)
        .where(*_mine(context, key), StoredResponseRow.expires_at <= context.now)
        .execution_options(synchronize_session=False)
    )
    row = {
        "practice_id": context.practice_id,
        "ehr_client_id": context.principal.id,
        "key": key.key,
        "fingerprint": key.fingerprint,
        "expires_at": context.now + KEPT,
    }
    try:
        context.session.execute(insert(StoredResponseRow), [row])
    except IntegrityError as error:
        raise TwinFound from error


def store_response(
    context: Context, key: IdempotencyKey | None, response: Response, owner: str | None = None
) -> None:
    """Keep the response beside its decision, sealed: under a person's key where it is theirs."""
    if key is None:
        return
    raw = response.location.encode() + b"\n" + response.body
    row = context.session.scalars(select(StoredResponseRow).where(*_mine(context, key))).one()
    row.status = response.status
    row.sealed = context.keyring.seal(context.session, owner, raw, _where(context, key))
    context.session.flush()


def _mine(context: Context, key: IdempotencyKey) -> tuple[ColumnElement[bool], ...]:
    return (
        StoredResponseRow.practice_id == context.practice_id,
        StoredResponseRow.ehr_client_id == context.principal.id,
        StoredResponseRow.key == key.key,
    )


def _where(context: Context, key: IdempotencyKey) -> tuple[str, str, str]:
    return ("stored_response", f"{context.principal.id}/{key.key}", "sealed")
