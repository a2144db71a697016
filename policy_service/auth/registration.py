"""Register an EHR client that proves itself by signed tokens; rotate its keys; withdraw it.

Configuration only: an issuer, public keys or the address they are published at, a web origin.
Every change is an entry of the practice's log, and takes effect with the next request.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select, update
from sqlalchemy.exc import IntegrityError

from policy_service.audit.log import Owned
from policy_service.auth.client_forms import ClientForm, checked_keys, keys_of
from policy_service.auth.jwks import PublicKey
from policy_service.auth.trust import as_stored
from policy_service.database.tables.directory import EhrClientRow
from policy_service.database.tables.ehr_trust import (
    AccessTokenRow,
    EhrIssuerRow,
    EhrPublicKeyRow,
)
from policy_service.database.types import is_id
from policy_service.domain.people import clean_text
from policy_service.errors import Conflict, FieldError, InvalidRequest, NotFound
from policy_service.ledger.canonical import Json
from policy_service.services.context import Context
from policy_service.services.ehr_clients import ehr_client, require_keeper
from policy_service.services.outbound import Outbound

LONGEST_OVERLAP = timedelta(days=90)


def register_client(context: Context, outbound: Outbound, form: ClientForm) -> str:
    """Register it; returns its id, which is its client_id at the token endpoint.

    For officers and administrators. InvalidRequest names each field that is wrong; Conflict where
    the issuer and tenant are taken.
    """
    require_keeper(context)
    keys = checked_keys(outbound, form)
    row = EhrClientRow(
        id=context.new_id(),
        practice_id=context.practice_id,
        name=clean_text(form.name),
        scopes=" ".join(sorted(form.scopes)),
        allowed_origins=" ".join(form.origins),
        jwks_url=form.jwks_url or None,
        created_at=context.now,
    )
    context.session.add(row)
    context.session.flush()
    if form.issuer:
        _add_issuer(context, row.id, form.issuer, form.tenant)
    _add_keys(context, row.id, keys)
    _log(context, "ehr_client.registered", row, _said(form, keys))
    return row.id


def _said(form: ClientForm, keys: Iterable[PublicKey]) -> dict[str, Json]:
    return {
        "issuer": form.issuer,
        "tenant": form.tenant,
        "scopes": sorted(form.scopes),
        "origins": list(form.origins),
        "jwks_url": form.jwks_url,
        "keys": _named(keys),
    }


def _named(keys: Iterable[PublicKey]) -> Json:
    return [{"kid": key.kid, "thumbprint": key.thumbprint} for key in keys]


def _add_issuer(context: Context, client_id: str, issuer: str, tenant: str) -> None:
    row = EhrIssuerRow(
        id=context.new_id(),
        practice_id=context.practice_id,
        ehr_client_id=client_id,
        issuer=issuer,
        tenant=tenant,
        created_at=context.now,
    )
    context.session.add(row)
    try:
        context.session.flush()
    except IntegrityError as error:
        raise Conflict("This issuer and tenant are registered already.") from error


def _add_keys(context: Context, client_id: str, keys: Iterable[PublicKey]) -> None:
    for key in keys:
        context.session.add(
            EhrPublicKeyRow(
                id=context.new_id(),
                practice_id=context.practice_id,
                ehr_client_id=client_id,
                kid=key.kid,
                algorithm=key.algorithm,
                jwk=as_stored(key),
                thumbprint=key.thumbprint,
                added_at=context.now,
            )
        )


def rotate_keys(context: Context, client_id: str, jwks: str, overlap: timedelta) -> datetime:
    """Bring in new keys; those before stay good for the overlap. Returns when they end.

    A key that is in the new set again stays for good. With no overlap the tokens that the old keys
    got end at once too.
    """
    require_keeper(context)
    row = client_row(context, client_id)
    keys = _new_keys(jwks, overlap)
    old = {key.thumbprint: key for key in keys_in_use(context, client_id)}
    fresh = [key for key in keys if key.thumbprint not in old]
    _refuse_same_names(fresh, old)
    ends = context.now + overlap
    staying = _prints(keys)
    leaving = [known for print_, known in old.items() if print_ not in staying]
    for known in leaving:
        known.retires_at = min(known.retires_at or ends, ends)
    for print_ in staying & old.keys():
        old[print_].retires_at = None
    if not overlap:
        _end_tokens(context, client_id, [known.thumbprint for known in leaving])
    _add_keys(context, row.id, fresh)
    said: dict[str, Json] = {
        "keys": _named(keys),
        "leaving": [known.thumbprint for known in leaving],
        "overlap_seconds": int(overlap.total_seconds()),
    }
    _log(context, "ehr_client.keys_rotated", row, said)
    return ends


def _prints(keys: Iterable[PublicKey]) -> set[str]:
    return {key.thumbprint for key in keys}


def _new_keys(jwks: str, overlap: timedelta) -> list[PublicKey]:
    keys, wrong = keys_of(jwks)
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        said = f"0 to {LONGEST_OVERLAP.days} days are allowed."
        wrong.append(FieldError("/overlap_days", said))
    if wrong:
        raise InvalidRequest(errors=wrong)
    return keys


def _refuse_same_names(fresh: list[PublicKey], old: Mapping[str, EhrPublicKeyRow]) -> None:
    """A kid names one key: with two of a name neither would be accepted."""
    taken = {(known.kid, known.algorithm) for known in old.values()}
    twice = [key.kid for key in fresh if (key.kid, key.algorithm) in taken]
    if twice:
        said = f"Another key in use is named {twice[0]}: give the new key a kid of its own."
        raise InvalidRequest(errors=[FieldError("/jwks", said)])


def withdraw_key(context: Context, client_id: str, key_id: str) -> None:
    """End one key now, with the access tokens that were got by it."""
    require_keeper(context)
    row = client_row(context, client_id)
    key = context.session.get(EhrPublicKeyRow, key_id) if is_id(key_id) else None
    if key is None or key.ehr_client_id != row.id:
        raise NotFound
    key.retires_at = min(key.retires_at or context.now, context.now)
    _end_tokens(context, row.id, [key.thumbprint])
    said: dict[str, Json] = {"kid": key.kid, "thumbprint": key.thumbprint}
    _log(context, "ehr_client.key_withdrawn", row, said)


def withdraw_client(context: Context, client_id: str) -> None:
    """End every credential of the client now: tokens, keys, issuer, API key, web origin."""
    require_keeper(context)
    row = client_row(context, client_id)
    row.withdrawn_at = row.withdrawn_at or context.now
    context.session.execute(
        update(EhrIssuerRow)
        .where(EhrIssuerRow.ehr_client_id == row.id, EhrIssuerRow.withdrawn_at.is_(None))
        .values(withdrawn_at=context.now)
    )
    context.session.execute(delete(AccessTokenRow).where(AccessTokenRow.ehr_client_id == row.id))
    _log(context, "ehr_client.withdrawn", row, {})


def _end_tokens(context: Context, client_id: str, thumbprints: list[str]) -> None:
    context.session.execute(
        delete(AccessTokenRow).where(
            AccessTokenRow.ehr_client_id == client_id,
            AccessTokenRow.key_thumbprint.in_(thumbprints),
        )
    )


def client_row(context: Context, client_id: str) -> EhrClientRow:
    """An EHR client of this practice that is in use. NotFound for any other."""
    row = ehr_client(context, client_id) if is_id(client_id) else None
    if row is None or row.withdrawn_at is not None:
        raise NotFound
    return row


def issuers_in_use(context: Context, client_id: str) -> list[EhrIssuerRow]:
    """What tokens of CDS Hooks calls may stand for the client."""
    query = select(EhrIssuerRow).where(
        EhrIssuerRow.ehr_client_id == client_id, EhrIssuerRow.withdrawn_at.is_(None)
    )
    return list(context.session.scalars(query.order_by(EhrIssuerRow.issuer, EhrIssuerRow.tenant)))


def keys_in_use(context: Context, client_id: str) -> list[EhrPublicKeyRow]:
    """The public keys of a client that are good now, newest first."""
    query = select(EhrPublicKeyRow).where(
        EhrPublicKeyRow.ehr_client_id == client_id,
        or_(EhrPublicKeyRow.retires_at.is_(None), EhrPublicKeyRow.retires_at > context.now),
    )
    ordered = query.order_by(EhrPublicKeyRow.added_at.desc(), EhrPublicKeyRow.kid)
    return list(context.session.scalars(ordered))


def _log(context: Context, action: str, row: EhrClientRow, said: Mapping[str, Json]) -> None:
    value: dict[str, Json] = {"client": row.id, **said}
    context.log(action, {"ehr_client": Owned(value)})
