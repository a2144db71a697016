"""Social-media accounts and connections: clinicians state them, clients' handles meet them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from policy_service.database.tables.accounts import AccountRow, ConnectionRow
from policy_service.domain.accounts import AccountKind, ConnectionState, Direction
from policy_service.errors import Conflict, FieldError
from policy_service.ledger.canonical import canonical_bytes, parse_strict
from policy_service.services.context import Context
from policy_service.services.parties import named_person, refusal, require_period, tell
from policy_service.services.revisions import add_first, current, revise, withdraw
from policy_service.services.touch import touch_people

INITIATORS = ("clinician", "client")


@dataclass(frozen=True, slots=True)
class AccountForm:
    """An account; `kind` None while nobody said what it is for."""

    platform: str
    handle: str
    kind: AccountKind | None = None


@dataclass(frozen=True, slots=True)
class ConnectionForm:
    """A connection from a known account to a handle; `since` is a partial date."""

    account_id: str
    far_platform: str
    far_handle: str
    direction: Direction
    state: ConnectionState
    initiator: str | None = None
    since: str | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """An opened account."""

    id: str
    person_id: str
    platform: str
    handle: str
    kind: str | None


def handle_key(context: Context, platform: str, handle: str) -> int:
    """HMAC of a platform and handle, so that handles meet without being kept in clear."""
    name = handle.strip().removeprefix("@")
    return context.keyring.match_key(f"account:{platform.strip().casefold()}:{name.casefold()}")


def add_account(context: Context, person_id: str, form: AccountForm) -> str:
    """Record a person's account; returns its id. Conflict when the person has it already."""
    person = named_person(context, person_id, "/person_id")
    account_id, key = context.new_id(), handle_key(context, form.platform, form.handle)
    _refuse_twin(context, person.id, key)
    body = canonical_bytes({"platform": form.platform, "handle": form.handle})
    add_first(
        context,
        AccountRow,
        id=account_id,
        person_id=person.id,
        platform=form.platform,
        kind=form.kind.value if form.kind else None,
        handle_key=key,
        sealed=context.keyring.seal(context.session, person.id, body, _where(account_id)),
    )
    told = {
        "id": account_id,
        "platform": form.platform,
        "handle": form.handle,
        "kind": form.kind.value if form.kind else None,
    }
    tell(context, "account.added", person.id, told)
    touch_people(context, [person.id])
    return account_id


def _refuse_twin(context: Context, person_id: str, key: int) -> None:
    twin = select(AccountRow.id).where(
        AccountRow.person_id == person_id,
        AccountRow.handle_key == key,
        AccountRow.is_current.is_(True),
        AccountRow.is_withdrawn.is_(False),
    )
    if context.session.scalars(twin).first() is not None:
        raise Conflict(errors=[FieldError("/handle", "This account is recorded already.")])


def classify_account(context: Context, account_id: str, kind: AccountKind) -> None:
    """Say what the account is for; mixed counts as personal."""
    row = revise(context, current(context, AccountRow, account_id), kind=kind.value)
    told = {"id": row.id, "revision": row.revision, "kind": kind.value}
    tell(context, "account.classified", row.person_id, told)
    touch_people(context, [row.person_id])


def withdraw_account(context: Context, account_id: str, reason: str) -> None:
    """The account is not this person's, or is gone; its connections count no more."""
    row = withdraw(context, current(context, AccountRow, account_id), reason)
    told = {"id": row.id, "revision": row.revision, "reason": reason}
    tell(context, "account.withdrawn", row.person_id, told)
    touch_people(context, [row.person_id])


def connect(context: Context, form: ConnectionForm) -> str:
    """Record a connection; returns its id. Of the far side only the handle's key is kept."""
    near = _account_row(context, form.account_id)
    if form.initiator not in (None, *INITIATORS):
        raise refusal("/initiator", "This word is not allowed.", INITIATORS)
    require_period(form.since, None, ("/since", "/since"))
    row = add_first(
        context,
        ConnectionRow,
        account_id=near.id,
        far_handle_key=handle_key(context, form.far_platform, form.far_handle),
        direction=form.direction.value,
        initiator=form.initiator,
        state=form.state.value,
        since=form.since,
    )
    _tell_connection(context, "connection.recorded", row, near)
    return row.id


def change_connection(context: Context, connection_id: str, state: ConnectionState) -> None:
    """The request was accepted or declined, or the connection was removed."""
    old = current(context, ConnectionRow, connection_id)
    row = revise(context, old, state=state.value)
    _tell_connection(
        context, "connection.changed", row, current(context, AccountRow, row.account_id)
    )


def withdraw_connection(context: Context, connection_id: str, reason: str) -> None:
    """The connection never was."""
    row = withdraw(context, current(context, ConnectionRow, connection_id), reason)
    near = current(context, AccountRow, row.account_id)
    _tell_connection(context, "connection.withdrawn", row, near)


def _account_row(context: Context, account_id: str) -> AccountRow:
    row = context.session.scalars(
        select(AccountRow).where(
            AccountRow.id == account_id,
            AccountRow.is_current.is_(True),
            AccountRow.is_withdrawn.is_(False),
        )
    ).first()
    if row is None:
        raise refusal("/account_id", "No account of this practice has this id.")
    return row


def _tell_connection(context: Context, action: str, row: ConnectionRow, near: AccountRow) -> None:
    told = {
        "id": row.id,
        "revision": row.revision,
        "account": near.id,
        "direction": row.direction,
        "initiator": row.initiator,
        "state": row.state,
        "since": row.since,
        "reason": row.reason,
    }
    tell(context, action, near.person_id, told)
    touch_people(context, [near.person_id])


def accounts_of(context: Context, person_id: str) -> list[Account]:
    """A person's accounts as they stand, opened, in the order they were recorded."""
    rows = context.session.scalars(
        select(AccountRow)
        .where(
            AccountRow.person_id == person_id,
            AccountRow.is_current.is_(True),
            AccountRow.is_withdrawn.is_(False),
        )
        .order_by(AccountRow.recorded_at, AccountRow.id)
    )
    return [_open(context, row) for row in rows]


def read_account(context: Context, account_id: str) -> Account:
    """One account, withdrawn or not. NotFound for another practice's."""
    return _open(context, current(context, AccountRow, account_id))


def connections_of(context: Context, account_id: str) -> list[ConnectionRow]:
    """The connections of an account as they stand, in the order they were recorded."""
    rows = select(ConnectionRow).where(
        ConnectionRow.account_id == account_id,
        ConnectionRow.is_current.is_(True),
        ConnectionRow.is_withdrawn.is_(False),
    )
    return list(context.session.scalars(rows.order_by(ConnectionRow.recorded_at, ConnectionRow.id)))


def _open(context: Context, row: AccountRow) -> Account:
    raw = context.keyring.open(context.session, row.person_id, row.sealed, _where(row.id))
    body: Any = parse_strict(raw)
    return Account(row.id, row.person_id, body["platform"], body["handle"], row.kind)


def _where(account_id: str) -> tuple[str, str, str]:
    return ("account", account_id, "sealed")
