"""API keys of EHR clients: shown once, kept as a hash, found by a public prefix, expiring."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from policy_service.database.tables.directory import EhrClientRow
from policy_service.domain.principals import Principal, Role, Scope
from policy_service.errors import Unauthenticated
from policy_service.services.desk import Desk
from policy_service.services.ehr_clients import SILENT

_FORM = re.compile(r"psk_([0-9a-f]{12})_([A-Za-z0-9_-]{43})", re.ASCII)
LONGEST_DAYS = 365


@dataclass(frozen=True, slots=True)
class NewEhrClient:
    """An EHR that may ask. `days` until its key expires, at most a year."""

    practice_id: str
    name: str
    scopes: frozenset[Scope]
    days: int = 90


def issue_key(desk: Desk, new: NewEhrClient) -> str:
    """Register an EHR client; returns its key, which is never shown again."""
    if not 1 <= new.days <= LONGEST_DAYS:
        raise ValueError(f"days: allowed is 1 to {LONGEST_DAYS}")
    prefix, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    with desk.database.directory(write=True) as session:
        session.add(
            EhrClientRow(
                id=desk.new_id(),
                practice_id=new.practice_id,
                name=new.name,
                key_prefix=prefix,
                key_hash=_hash(secret),
                scopes=" ".join(sorted(new.scopes)),
                expires_at=desk.clock() + timedelta(days=new.days),
                created_at=desk.clock(),
            )
        )
    return f"psk_{prefix}_{secret}"


def revoke_key(desk: Desk, prefix: str) -> bool:
    """Revoke at once; False if no key has this prefix."""
    with desk.database.directory(write=True) as session:
        row = session.scalars(select(EhrClientRow).filter_by(key_prefix=prefix)).first()
        if row is not None:
            row.revoked_at = row.revoked_at or desk.clock()
        return row is not None


def authenticate(desk: Desk, authorization: str | None) -> Principal:
    """The EHR client of a Bearer key. Unauthenticated, and nothing more, for whatever is wrong."""
    kind, _, key = (authorization or "").partition(" ")
    form = _FORM.fullmatch(key.strip())
    if kind.lower() != "bearer" or form is None:
        raise Unauthenticated
    with desk.database.directory() as session:
        row = session.scalars(select(EhrClientRow).filter_by(key_prefix=form[1])).first()
    # The comparison runs for an unknown prefix too, so that time does not tell the two apart.
    known = (row.key_hash if row is not None else None) or _hash("")
    matches = hmac.compare_digest(known, _hash(form[2]))
    if row is None or not matches or not _is_in_use(row, desk.clock()):
        raise Unauthenticated
    return principal_of_client(row)


def _is_in_use(row: EhrClientRow, now: datetime) -> bool:
    expired = row.expires_at is None or row.expires_at <= now
    return not (expired or row.revoked_at or row.withdrawn_at)


def principal_of_client(row: EhrClientRow) -> Principal:
    """What an EHR client proves, by whichever of its credentials."""
    return Principal(
        practice_id=row.practice_id,
        id=row.id,
        name=row.name,
        roles=frozenset({Role.EHR}),
        scopes=_scopes(row.scopes.split()),
        is_silent=row.mode == SILENT,
        answer_hours=row.answer_hours,
    )


def _scopes(words: Iterable[str]) -> frozenset[Scope]:
    return frozenset(Scope(word) for word in words)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
