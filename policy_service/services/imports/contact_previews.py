"""Imports as they are looked at: their clinician sees a sample, officers numbers, nobody else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from policy_service.audit.log import Owned
from policy_service.database.tables.accounts import ConnectionRow
from policy_service.database.tables.contacts import ContactImportRow, ContactRow
from policy_service.domain.principals import Role
from policy_service.errors import NotAllowed
from policy_service.ledger.canonical import parse_strict
from policy_service.services.accounts import Account, accounts_of
from policy_service.services.context import Context
from policy_service.services.imports.contact_states import STORED, import_row, sealed_at
from policy_service.services.imports.known_contacts import Origin, newest_stored
from policy_service.services.old_contacts import OldContacts, old_contacts
from policy_service.services.parties import clinician_row

MOST_LISTED = 100
_READERS = (Role.COMPLIANCE, Role.APPROVER, Role.AUDITOR)


@dataclass(frozen=True, slots=True)
class OpenImport:
    """An import with what its clinician may see of it; the sample is gone once it was decided on.

    `may_undo`: it is stored, and the newest of its source.
    """

    row: ContactImportRow
    sample: tuple[Mapping[str, Any], ...]
    refused: tuple[Mapping[str, Any], ...]
    is_whole: bool
    may_undo: bool
    account: Account | None


@dataclass(frozen=True, slots=True)
class AccountContacts:
    """An account with the number of its connections in each state."""

    account: Account
    states: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class OwnContacts:
    """The clinician's page: accounts, address books with their entries counted, imports."""

    accounts: tuple[AccountContacts, ...]
    books: Mapping[str, int]
    imports: tuple[ContactImportRow, ...]
    old: tuple[OldContacts, ...]
    """Contacts in whom nobody can be recognised before they are imported again."""


def open_import(context: Context, clinician_id: str, import_id: str) -> OpenImport:
    """One import, for the clinician whose contacts it holds. NotFound for anybody else's."""
    row = import_row(context, import_id, clinician_id=clinician_id)
    person_id = clinician_row(context, clinician_id).person_id
    preview: Any = {}
    if row.sealed is not None:
        where = sealed_at(row.id)
        preview = parse_strict(context.keyring.open(context.session, person_id, row.sealed, where))
    newest = newest_stored(context, Origin(clinician_id, row.source, row.account_id))
    known = {account.id: account for account in accounts_of(context, person_id)}
    return OpenImport(
        row=row,
        sample=tuple(preview.get("sample", ())),
        refused=tuple(preview.get("refused", ())),
        is_whole=bool(preview.get("is_whole", True)),
        may_undo=row.state == STORED and newest is not None and newest.id == row.id,
        account=known.get(row.account_id or ""),
    )


def own_contacts(context: Context, clinician_id: str) -> OwnContacts:
    """What a clinician has imported, in numbers: names are kept nowhere."""
    person_id = clinician_row(context, clinician_id).person_id
    states = _states(context, person_id)
    return OwnContacts(
        accounts=tuple(
            AccountContacts(account, states.get(account.id, {}))
            for account in accounts_of(context, person_id)
        ),
        books=_books(context, clinician_id),
        imports=tuple(imports_of(context, clinician_id)),
        old=tuple(one for one in old_contacts(context) if one.clinician_id == clinician_id),
    )


def _states(context: Context, person_id: str) -> dict[str, Counter[str]]:
    rows = context.session.execute(
        select(ConnectionRow.account_id, ConnectionRow.state, func.count())
        .where(ConnectionRow.is_current.is_(True), ConnectionRow.is_withdrawn.is_(False))
        .where(ConnectionRow.account_id.in_([one.id for one in accounts_of(context, person_id)]))
        .group_by(ConnectionRow.account_id, ConnectionRow.state)
    )
    states: dict[str, Counter[str]] = {}
    for account_id, state, count in rows:
        states.setdefault(account_id, Counter())[state] = count
    return states


def _books(context: Context, clinician_id: str) -> dict[str, int]:
    rows = context.session.execute(
        select(ContactRow.source, func.count())
        .where(
            ContactRow.clinician_id == clinician_id,
            ContactRow.account_id.is_(None),
            ContactRow.is_current.is_(True),
            ContactRow.is_withdrawn.is_(False),
            ContactRow.is_listed.is_(True),
        )
        .group_by(ContactRow.source)
        .order_by(ContactRow.source)
    )
    return dict(rows.all())


def imports_of(context: Context, clinician_id: str) -> list[ContactImportRow]:
    """A clinician's imports, the newest first."""
    rows = select(ContactImportRow).where(ContactImportRow.clinician_id == clinician_id)
    newest = rows.order_by(ContactImportRow.at.desc(), ContactImportRow.id).limit(MOST_LISTED)
    return list(context.session.scalars(newest))


def imports_made(context: Context) -> list[ContactImportRow]:
    """Every clinician's imports in numbers, for officers, the newest first. The look is logged."""
    if not context.principal.has(*_READERS):
        raise NotAllowed("This needs a compliance officer, an approver or an auditor.")
    newest = select(ContactImportRow).order_by(ContactImportRow.at.desc(), ContactImportRow.id)
    rows = list(context.session.scalars(newest.limit(MOST_LISTED)))
    context.log("contacts.counted", {"query": Owned({"shown": len(rows)})})
    return rows
